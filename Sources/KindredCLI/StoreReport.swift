import Foundation
import Kindred
import KindredJSON
import KindredReport
import KindredStore

/// The description of a store.
struct StoreReport {
  private let store: any Store
  private let counts: StoreCounts
  private let models: [ModelVersion]

  init(_ store: any Store) async throws {
    self.store = store
    counts = try await store.counts()
    models = try await store.models()
  }

  private var current: ModelVersion? { models.first(where: \.isCurrent) }

  var line: JSONLine {
    JSONLine([
      ("kind", .text("store")), ("users", .integer(counts.users)), ("items", .integer(counts.items)),
      ("hidden_items", .integer(counts.hiddenItems)), ("ratings", .integer(counts.feedbackCount)),
      ("feedback", .objects(Self.kinds(counts))), ("models", .integer(models.count)),
      ("model", .text(current?.location)), ("trainer", .text(current?.trainer)),
    ])
  }

  private static func kinds(_ counts: StoreCounts) -> [JSONLine] {
    counts.feedback.sorted { $0.key < $1.key }.map {
      JSONLine([("kind", .text($0.key)), ("count", .integer($0.value))])
    }
  }

  /// The JSON output of an import.
  static func line(
    _ contents: FileImport.Contents, _ counts: StoreCounts, seconds: Double, path: String
  ) -> JSONLine {
    JSONLine([
      ("store", .text(path)), ("rows", .integer(contents.rows)), ("duplicates", .integer(contents.duplicates)),
      ("rejected", .integer(contents.rejected)), ("users", .integer(counts.users)), ("items", .integer(counts.items)),
      ("ratings", .integer(counts.feedbackCount)), ("seconds", .number(seconds)),
    ])
  }

  func show() {
    printSentence("\(store): a store of Kindred")
    printLine()
    var table = Table([("", .left), ("", .left)], .wrapped(1))
    let hidden = counts.hiddenItems > 0 ? ", \(counts.hiddenItems.grouped) of them hidden" : ""
    table.append(["users", counts.users.grouped])
    table.append(["items", counts.items.grouped + hidden])
    let areRatings = counts.feedback.keys.allSatisfy { $0 == Feedback.rating }
    let noun = areRatings ? "ratings" : "events"
    table.append([noun, counts.feedbackCount.grouped])
    if !areRatings {
      let kinds = counts.feedback.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      table.append(["kinds", kinds.map { "\($0.key) \($0.value.grouped)" }.joined(separator: ", ")])
    }
    if models.isEmpty { table.append(["models", "none; 'kindred train --store \(store)' trains one"]) }
    for model in models {
      let text = "\(model.number): \(model.trainer), \(day(model.made)), of \(model.interactions.grouped) \(noun)"
      table.append([model == models.first ? "models" : "", text + (model.isCurrent ? "; current" : "")])
    }
    if let current { table.append(["in", current.location]) }
    table.print()
  }
}
