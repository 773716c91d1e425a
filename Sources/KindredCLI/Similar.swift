import ArgumentParser
import Foundation
import Kindred
import KindredJSON

struct Similar: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the items most similar to an item, or the users most similar to a user.",
    discussion: """
      EXAMPLE:
        kindred similar --model films.kindred --item 318
        kindred similar --model films.kindred --user 42
      """)

  @OptionGroup var model: ModelOptions
  @Option(help: "The item, by its id or its title.") var item: String?
  @Option(help: "The user.") var user: String?
  @Option(help: "The maximum number of items or users to show.") var limit = 10

  func validate() throws {
    guard (item == nil) != (user == nil) else { throw ValidationError("Give --item or --user.") }
    guard limit > 0 else { throw ValidationError("--limit must be 1 or more.") }
  }

  func run() throws {
    let recommender = try model.load()
    if let text = item {
      let item = try recommender.requireItem(text)
      let neighbors = recommender.items(similarTo: item, limit: limit).filter { $0.score != 0 }
      if neighbors.isEmpty {
        let algorithm = recommender.provenance.ranking?.algorithm ?? "its algorithm"
        guard recommender.holdsSimilarities else {
          let reason =
            algorithm == Blend.name ? "\(algorithm) learned none from these data" : "it was trained by \(algorithm)"
          throw Failure(.badData, "\(model.model) has no similarities of items: \(reason)")
        }
        Terminal.note("No item is similar to '\(text)'.")
      }
      show(neighbors, as: "item", titles: neighbors.map { recommender.itemCatalog[$0.id]?.title })
    } else if let user {
      let neighbors = recommender.users(similarTo: user, limit: limit).filter { $0.score != 0 }
      if !recommender.knows(user: user) {
        Terminal.note("The model does not know '\(user)', so it has no users similar to them.")
      } else if neighbors.isEmpty {
        Terminal.note("This model holds no users to compare.")
      }
      show(neighbors, as: "user", titles: neighbors.map { _ in nil })
    }
  }

  private func show(_ neighbors: [Neighbor<String>], as kind: String, titles: [String?]) {
    let hasTitles = zip(neighbors, titles).contains { $1 != nil && $1 != $0.id }
    let title: [(String, Table.Alignment)] = hasTitles ? [("title", .left)] : []
    var table = Table([(kind, .left)] + title + [("similarity", .right)], .cut(hasTitles ? 1 : 0))
    for (neighbor, title) in zip(neighbors, titles) {
      if model.json {
        let fields: [(String, JSON)] = [(kind, .text(neighbor.id)), ("title", .text(title))]
        printLine(JSONLine(fields + [("score", .float(neighbor.score))]).text)
      } else {
        let likeness = String(format: "%.2f", neighbor.score)
        table.append(
          [hasTitles ? neighbor.id.fitting(24) : neighbor.id] + (hasTitles ? [title ?? ""] : []) + [likeness])
      }
    }
    if !model.json, !neighbors.isEmpty { table.print() }
  }
}

extension Recommender<String, String> {
  /// Whether the model tells similar items from others, as one that counts or averages does not.
  fileprivate var holdsSimilarities: Bool {
    items.prefix(100).contains { item in items(similarTo: item, limit: 1).contains { $0.score != 0 } }
  }
}
