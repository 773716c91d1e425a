import Foundation
import Testing

/// Thirty users who rate twenty films, each twelve of them: the odd ones like odd films, the even ones even films.
enum Fixtures {
  static let users = 30
  static let films = 20

  static let ratings: String = {
    var lines = ["user,item,rating,timestamp"]
    for user in 1...users {
      for film in 1...films where (user * 7 + film * 3 + film / 5) % 5 < 3 {
        let likes = user % 2 == film % 2
        lines.append("p\(user),f\(film),\((likes ? 4 : 1) + user / 2 % 2),\(900_000_000 + user * 1000 + film)")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }()

  static let items: String =
    "itemId,title,genres\n"
    + (1...films).map { "f\($0),\"Film, number \($0) (\(1980 + $0))\",\($0 % 2 == 1 ? "Drama|War" : "Comedy")\n" }
    .joined()

  /// A folder with `ratings.csv`, `items.csv` and the default pair trained on them, `pair.kindred`.
  static let folder: Folder = {
    let folder = Folder()
    folder.write(ratings, to: "ratings.csv")
    folder.write(items, to: "items.csv")
    _ = try? kindred(
      "train", "--ratings", folder["ratings.csv"], "--items", folder["items.csv"], "--model", folder["pair.kindred"])
    return folder
  }()

  static let ratingsFile = folder["ratings.csv"]
  static let itemsFile = folder["items.csv"]
  static let model = folder["pair.kindred"]

  /// The example of the project's own folder.
  static let notebook: String = {
    var folder = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { folder.deleteLastPathComponent() }
    return folder.appendingPathComponent("Examples/notebook.csv").path
  }()

  static let algorithms = [
    "sgd", "als", "implicit-als", "ease", "graph-filter", "item-knn", "bayesian", "popularity", "bias", "mean",
  ]
}

/// The fields of an object in order of their names.
func fields(_ object: [String: Any]) -> [String] { object.keys.sorted() }
