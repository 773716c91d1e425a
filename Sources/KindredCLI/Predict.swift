import ArgumentParser
import Foundation
import Kindred
import KindredJSON

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Predict a user's rating of an item.",
    usage: "kindred predict --model <file> (--user <user> --item <item> | --pairs <file>) [<options>]".wrappedUsage,
    discussion: """
      EXAMPLE:
        kindred predict --model films.kindred --user 42 --item 318
        kindred predict --model films.kindred --pairs pairs.csv --json
      """)

  @OptionGroup var model: ModelOptions
  @Option(help: "The user.") var user: String?
  @Option(help: "The item, by its id or its title.") var item: String?
  @Option(help: ArgumentHelp("A file of pairs: one user and one item per row.", valueName: "file")) var pairs: String?
  @Option(help: "The columns of --pairs by position or name, such as 'user=1,item=2'.") var columns: String?

  func validate() throws {
    if pairs == nil, let user, item == nil {
      throw ValidationError(
        "--item <item> is missing; 'kindred recommend --model \(model.model) \(user)' lists what the user may like, "
          + "with predictions.")
    }
    if pairs == nil, item != nil, user == nil { throw ValidationError("--user <user> is missing.") }
    let hasPair = user != nil && item != nil
    guard hasPair != (pairs != nil), (user == nil) == (item == nil) else {
      throw ValidationError("Give --user and --item, or --pairs.")
    }
  }

  func run() throws {
    let recommender = try model.load()
    guard recommender.ratingModel != nil else {
      throw Failure(.badData, "\(model.model) predicts no ratings: it was trained for ranking only")
    }
    var wanted: [(user: String, item: String)] = []
    if let pairs {
      var reader = InteractionReader()
      reader.columns = try columns.map { text throws(ReadError) in try ColumnRequest(parsing: text) }
      let (rows, summary) = try reader.readPairs(pairs)
      Terminal.note("\(pairs): \(summary.columns.description)")
      wanted = rows
      let strangers = Set(rows.lazy.map(\.user).filter { !recommender.knows(user: $0) })
      if let one = strangers.min() {
        Terminal.note(
          "The model does not know \(strangers.count.grouped) of the users, such as '\(one)'; their predictions are "
            + "those for a new user.")
      }
    } else if let user, let item {
      wanted = [(user, try recommender.requireItem(item))]
      if !recommender.knows(user: user) {
        Terminal.note("The model does not know '\(user)'; this is the prediction for a new user.")
      }
      if !model.json, let sentence = sentence(wanted[0], recommender) { return printSentence(sentence) }
    }
    show(wanted, recommender)
  }

  /// One prediction in words; nil if there is none.
  private func sentence(
    _ pair: (user: String, item: String), _ recommender: Recommender<String, String>
  ) -> String? {
    let history = recommender.history(of: pair.user) ?? History()
    guard let prediction = recommender.rating(of: pair.item, for: history) else { return nil }
    let scale = recommender.ratingModel?.scale
    let title = recommender.itemCatalog[pair.item]?.title ?? pair.item
    let range = prediction.range(holding: 0.8, on: scale).map {
      String(format: " (80 %% between %.1f and %.1f)", $0.lowerBound, $0.upperBound)
    }
    return "\(pair.user) would give \(title) \(stars(prediction, on: scale))\(range ?? "").".withoutControls
  }

  private func show(_ wanted: [(user: String, item: String)], _ recommender: Recommender<String, String>) {
    let hasTitles = recommender.itemCatalog.count > 0
    let title: [(String, Table.Alignment)] = hasTitles ? [("title", .left)] : []
    let knowsDeviations = recommender.ratingModel?.knowsDeviations == true
    let sureness: [(String, Table.Alignment)] = knowsDeviations ? [("±", .right), ("80 % between", .left)] : []
    var table = Table(
      [("user", .left), ("item", .left)] + title + [("rating", .right)] + sureness, hasTitles ? .cut(2) : nil)
    for pair in wanted {
      let prediction = recommender.rating(of: pair.item, for: recommender.history(of: pair.user) ?? History())
      if model.json {
        printLine(
          JSONLine([
            ("user", .text(pair.user)), ("item", .text(pair.item)), ("rating", .float(prediction?.value)),
            ("deviation", .float(prediction?.deviation)), ("known_user", .bool(recommender.knows(user: pair.user))),
          ]).text)
      } else {
        let value = prediction.map { String(format: "%.2f", $0.value) } ?? "unknown item"
        let title = hasTitles ? [recommender.itemCatalog[pair.item]?.title ?? ""] : []
        let range = prediction?.range(holding: 0.8, on: recommender.ratingModel?.scale)
        let sureness =
          knowsDeviations
          ? [
            prediction?.deviation.map { String(format: "%.2f", $0) } ?? "",
            range.map { String(format: "%.1f – %.1f", $0.lowerBound, $0.upperBound) } ?? "",
          ] : []
        table.append(
          [pair.user, pair.item].map { Terminal.cutsText ? $0.fitting(24) : $0 } + title + [value] + sureness)
      }
    }
    if !model.json { table.print(width: Terminal.cutsText ? Terminal.width : .max) }
  }
}
