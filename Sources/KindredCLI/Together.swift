import ArgumentParser
import Foundation
import Kindred
import KindredJSON

struct Together: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the items that users take together with an item: in the same basket, session or week.",
    usage: "kindred together --model <file> --item <item> [<options>]".wrappedUsage,
    discussion: """
      A basket is a run of a user's events, each at most --gap after the one before; without times it is all that the \
      user liked. The lift is the number of baskets with both items divided by the number expected by chance, shrunk \
      towards 1 where baskets are few.

      EXAMPLE:
        kindred together --model shop.kindred --item 4711
        kindred together --model shop.kindred --item "Espresso machine" --gap 7
      """)

  @OptionGroup var model: ModelOptions
  @Option(help: "The item, by its id or its title.") var item: String
  @Option(help: ArgumentHelp("The longest time between two events of a basket, in days.", valueName: "days"))
  var gap = 1.0
  @Option(help: "The maximum number of items to show.") var limit = 10

  func validate() throws {
    guard gap >= 0, gap.isFinite else { throw ValidationError("--gap must be 0 or more.") }
    guard limit > 0 else { throw ValidationError("--limit must be 1 or more.") }
  }

  func run() throws {
    let recommender = try model.load()
    let item = try recommender.requireItem(item)
    guard recommender.userCount > 0 else {
      throw Failure(.badData, "\(model.model) holds no users, so it does not say what they take together")
    }
    let companions = recommender.items(takenWith: item, limit: limit, gap: gap)
    if companions.isEmpty { Terminal.note("No item is taken together with '\(self.item)' more often than by chance.") }
    let titles = companions.map { recommender.itemCatalog[$0.item]?.title }
    if model.json {
      for (companion, title) in zip(companions, titles) {
        printLine(
          JSONLine([
            ("item", .text(companion.item)), ("title", .text(title)), ("lift", .float(companion.lift)),
            ("baskets", .integer(companion.baskets)),
          ]).text)
      }
    } else if !companions.isEmpty {
      show(companions, titles)
    }
  }

  private func show(_ companions: [Companion<String>], _ titles: [String?]) {
    let hasTitles = zip(companions, titles).contains { $1 != nil && $1 != $0.item }
    let title: [(String, Table.Alignment)] = hasTitles ? [("title", .left)] : []
    var table = Table(
      [("item", .left)] + title + [("lift", .right), ("baskets", .right)], .cut(hasTitles ? 1 : 0))
    for (companion, title) in zip(companions, titles) {
      table.append(
        [hasTitles ? companion.item.fitting(24) : companion.item] + (hasTitles ? [title ?? ""] : [])
          + [String(format: "%.2f", companion.lift), companion.baskets.grouped])
    }
    table.print()
  }
}
