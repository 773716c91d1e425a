import ArgumentParser
import Foundation
import Kindred
import KindredJSON

struct Groups: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Group users of similar taste, and show what distinguishes each group.",
    discussion: """
      EXAMPLE:
        kindred groups --model films.kindred --count 8
      """)

  @OptionGroup var model: ModelOptions
  @Option(help: "The number of groups.") var count = 8

  func validate() throws {
    guard (1...10_000).contains(count) else { throw ValidationError("--count must be between 1 and 10,000.") }
  }

  func run() throws {
    let recommender = try model.load()
    if count > recommender.userCount, recommender.userCount > 0 {
      Terminal.note("There are \(recommender.userCount.grouped) users, and no more groups than these.")
    }
    let groups = recommender.groups(count: min(count, max(1, recommender.userCount)))
    guard !groups.isEmpty else { throw Failure(.badData, "\(model.model) has no factors to group users by") }
    for (index, group) in groups.enumerated() {
      let label = recommender.label(of: group)
      if model.json {
        printLine(
          JSONLine([
            ("group", .integer(index + 1)), ("size", .integer(group.users.count)), ("label", .text(label)),
            ("users", .texts(group.users)),
          ]).text)
      } else {
        show(group, index + 1, recommender)
      }
    }
  }

  private func show(_ group: UserGroup<String, String>, _ number: Int, _ recommender: Recommender<String, String>) {
    let share = Double(group.users.count) / Double(max(1, recommender.userCount))
    let bar = String(repeating: "█", count: Int((share * 24).rounded(.up)))
    let users = group.users.count == 1 ? "1 user" : "\(group.users.count.grouped) users"
    printLine(Terminal.bold("Group \(number)") + "  \(users)  " + Terminal.accent(bar))
    let width = Terminal.width - 2
    if !group.genres.isEmpty { printLine("  " + group.genres.joined(separator: ", ").fitting(width)) }
    let titles = group.items.map { recommender.itemCatalog[$0]?.title ?? $0 }
    printLine("  " + Terminal.dim(titles.joined(separator: " · ").fitting(width)))
  }
}
