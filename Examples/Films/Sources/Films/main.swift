import Foundation
import Kindred

typealias Films = Recommender<String, String>

/// The model beside the ratings, trained first where there is none.
func recommender(ratings: String, items: String) async throws -> Films {
  let path = ratings + ".kindred"
  if FileManager.default.fileExists(atPath: path) { return try Films(contentsOf: path) }
  var interactions = try Interactions<String, String>(contentsOf: ratings)
  interactions.itemCatalog = try Catalog(contentsOf: items)
  let films = try await Films.train(on: interactions)
  try films.write(to: path)
  return films
}

let arguments = CommandLine.arguments.dropFirst()
guard arguments.count == 2, let ratings = arguments.first, let items = arguments.last else {
  print("Usage: films RATINGS ITEMS")
  exit(64)
}

do {
  let films = try await recommender(ratings: ratings, items: items)
  var liked: [String: Float] = [:]
  print("Type the id of a film you like:")
  while let id = readLine(), !id.isEmpty {
    guard films.knows(item: id) else {
      print("There is no film '\(id)'.")
      continue
    }
    liked[id] = 5
    print("You like \(films.itemCatalog[id]?.title ?? id). Then see:")
    for next in films.recommendations(forHistory: liked, limit: 5) {
      print("  \(next.item)\t\(films.itemCatalog[next.item]?.title ?? "")")
    }
  }
} catch {
  print(error)
  exit(1)
}
