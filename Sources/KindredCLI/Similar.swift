import ArgumentParser
import Foundation
import Kindred

struct Similar: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the items or the people most like one.",
    discussion: """
      EXAMPLE:
        kindred similar --model films.kindred --item 318
        kindred similar --model films.kindred --user 42
      """)

  @OptionGroup var model: ModelOptions
  @Option(help: "The item.") var item: String?
  @Option(help: "The person.") var user: String?
  @Option(help: "The most to show.") var limit = 10

  func validate() throws {
    guard (item == nil) != (user == nil) else { throw ValidationError("Give --item or --user.") }
    guard limit > 0 else { throw ValidationError("--limit must be 1 or more.") }
  }

  func run() throws {
    let recommender = try model.load()
    let neighbors: [Neighbor<String>]
    if let item {
      guard recommender.knows(item: item) else { throw Failure(.badData, "the model does not know the item '\(item)'") }
      neighbors = recommender.items(similarTo: item, limit: limit)
    } else {
      let user = user ?? ""
      if !recommender.knows(user: user) { Terminal.note("The model does not know '\(user)', so nobody is known to be like them.") }
      neighbors = recommender.users(similarTo: user, limit: limit)
    }
    let kind = item == nil ? "user" : "item"
    var table = Table([(kind, .left), ("title", .left), ("likeness", .right)], flexible: 1)
    for neighbor in neighbors {
      let title = item == nil ? nil : recommender.catalog[neighbor.id]?.title
      if model.json {
        printLine(JSONLine([(kind, .text(neighbor.id)), ("title", .text(title)), ("score", .float(neighbor.score))]).text)
      } else {
        table.append([neighbor.id.fitting(24), title ?? "", String(format: "%.2f", neighbor.score)])
      }
    }
    if !model.json, !neighbors.isEmpty { table.print() }
  }
}
