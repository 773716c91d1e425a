import ArgumentParser
import Kindred
import KindredStore

struct Export: AsyncParsableCommand {
  /// The format of the output.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case npz, libmf, csv, jsonl
  }

  static let configuration = CommandConfiguration(
    abstract: "Write a store, or the factors of a model, for other programs.",
    usage: "kindred export (--store <file> | --model <file> --format <format>) [--output <file>]".wrappedUsage,
    discussion: """
      For a store, jsonl holds items, users and feedback, one line of JSON each, in gorse's format; 'kindred import' \
      reads it. csv holds only the feedback.
      For a model, npz is read by implicit, libmf by LIBMF's mf-predict; csv holds the factors with the ids.

      EXAMPLE:
        kindred export --store films.sqlite --output films.jsonl
        kindred export --model films.kindred --format npz --output films.npz
      """)

  @Option(help: ArgumentHelp("The store: a file, or postgres://….", valueName: "store")) var store: String?
  @Option(help: ArgumentHelp("The model.", valueName: "file")) var model: String?
  @Option(help: "npz, libmf or csv for a model; jsonl (the default) or csv for a store.") var format: Format?
  @Option(help: ArgumentHelp("Write to this file instead of standard output.", valueName: "file")) var output: String?

  func validate() throws {
    guard (store == nil) != (model == nil) else { throw ValidationError("Name a --store or a --model.") }
    if store != nil, format == .npz || format == .libmf {
      throw ValidationError("--format \(format?.rawValue ?? "") is for models; a store is written as jsonl or csv.")
    }
    if model != nil, format == nil || format == .jsonl {
      throw ValidationError("--format takes npz, libmf or csv for a model.")
    }
    if format == .npz, output == nil { throw ValidationError("--format npz needs --output.") }
  }

  func run() async throws {
    if let store {
      let store = try await StorePlace.open(store)
      try await export(store)
      try await store.close()
    } else if let model {
      try FactorOutput(format: format ?? .csv, output: output).write(Recommender(contentsOf: model), of: model)
    }
  }

  private func export(_ store: any Store) async throws {
    var sink = try LineSink(output)
    var count = 0
    if format == .csv {
      try sink.write("user,item,value,time,kind")
      try await store.forEachFeedback { one in
        // A column for it would be one that no other program knows.
        if one.isShown { return }
        count += 1
        let time = one.time.map(StoredTime.seconds) ?? ""
        try sink.write("\(one.user.csv),\(one.item.csv),\(one.value),\(time),\(one.kind.csv)")
      }
    } else {
      try await store.dump { line in
        count += 1
        try sink.write(line)
      }
    }
    try sink.finish()
    Self.say(format == .csv ? "\(count.grouped) ratings" : "\(count.grouped) items, users and ratings", output)
  }

  /// Says what was written, and where to.
  static func say(_ what: String, _ output: String?) {
    Terminal.note("Wrote \(what)\(output.map { " to \($0)" } ?? "").")
  }
}
