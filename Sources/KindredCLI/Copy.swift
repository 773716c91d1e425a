import ArgumentParser
import Foundation
import Kindred
import KindredStore

struct Copy: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Copy a store into another one, such as from a file into PostgreSQL.",
    usage: "kindred copy --from <store> --to <store>".wrappedUsage,
    discussion: """
      Copies items, users, all feedback and the words of the page as one change, and compares both stores afterwards. \
      Models and keys are not copied: a server trains a model when it has none.

      EXAMPLE:
        kindred copy --from films.sqlite --to postgres://db.example.org/films
      """)

  @Option(help: ArgumentHelp("The store to read.", valueName: "store")) var from: String
  @Option(help: ArgumentHelp("The store to fill; it must be empty, and is created if needed.", valueName: "store"))
  var to: String
  @Flag(help: "Print one JSON object, for programs.") var json = false

  func run() async throws {
    let source = try await StorePlace.open(from)
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("kindred-\(UUID().uuidString).jsonl").path
    defer { try? FileManager.default.removeItem(atPath: file) }
    var sink = try LineSink(file)
    var read = StoreChecksum()
    try await source.dump { line in
      read.add(line)
      try sink.write(line)
    }
    try sink.finish()
    let contents = try FileImport().read([file])
    let target = try await StorePlace.open(to, opening: .creating)
    let before = try await target.counts()
    guard before.users + before.items + before.feedbackCount == 0 else {
      throw Failure(.badData, "\(to) is not empty; copy into a store without users, items and feedback")
    }
    try await target.add(contents) { done, total in Terminal.show("copying", done: done, of: total, detail: "") }
    try await target.set(try await source.words())
    Terminal.endProgress()
    var written = StoreChecksum()
    try await target.dump { written.add($0) }
    let counts = try await target.counts()
    try await source.close()
    try await target.close()
    guard read == written else {
      throw Failure(.ourBug, "\(to) differs from \(from): \(written.text), not \(read.text); please report it")
    }
    if json {
      return printLine(
        JSONLine([
          ("store", .text(to)), ("users", .integer(counts.users)), ("items", .integer(counts.items)),
          ("ratings", .integer(counts.feedbackCount)), ("checksum", .text(read.text)),
        ]).text)
    }
    printSentence(
      "\(to) holds \(counts.feedbackCount.grouped) ratings, \(counts.users.grouped) users and "
        + "\(counts.items.grouped) items, the same as \(from) (checksum \(read.text)).")
  }
}

struct Backup: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Copy a store in a file, with its models, while servers use it.",
    usage: "kindred backup --store <file> --output <file>".wrappedUsage,
    discussion: """
      The copy is a store of one moment, and is used as it is. PostgreSQL has a program for this, pg_dump.

      EXAMPLE:
        kindred backup --store films.sqlite --output films-monday.sqlite
      """)

  @Option(help: ArgumentHelp("The store.", valueName: "file")) var store: String
  @Option(help: ArgumentHelp("The copy; there must be no such file.", valueName: "file")) var output: String

  func run() async throws {
    if StorePlace.isDatabase(store) {
      throw Failure(.usage, "a database is backed up by its own program: pg_dump, and the folder of the models by cp")
    }
    let store = try SQLiteStore(path: store)
    try await store.backUp(to: output)
    try await store.close()
    printSentence("\(output) is a copy of \(store).")
  }
}
