import ArgumentParser
import Foundation
import Kindred
import KindredServer
import KindredStore
import Logging
import Synchronization

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve a store over HTTP: JSON for programs, a page for users.",
    discussion: """
      Without keys the server answers only this machine. Ctrl-C ends it, after the open requests.

      EXAMPLE:
        kindred import ratings.csv --items movies.csv --store films.sqlite
        kindred serve --store films.sqlite
        kindred serve --store postgres://db.example.org/films --models /mnt/models
      """)

  /// What is served, and where.
  struct Place: ParsableArguments {
    @Option(
      help: ArgumentHelp(
        "The store, a file or postgres://host/database; it is created if it does not exist.", valueName: "store"))
    var store: String
    @Option(
      help: ArgumentHelp(
        "The folder of the models, for a store in PostgreSQL; all servers share it.", valueName: "folder"))
    var models: String?
    @Option(help: "The port to listen on; 0 picks a free one.") var port = 8080
    @Option(help: "The address to listen on.") var host = "127.0.0.1"
  }

  /// When the server trains.
  struct Training: ParsableArguments {
    @Option(help: ArgumentHelp("Train after this many new ratings.", valueName: "number")) var trainAfter: Int?
    @Option(help: ArgumentHelp("Train at this interval, such as 12h.", valueName: "time")) var trainEvery: Budget?
    @Option(help: ArgumentHelp("Give up a training after this time; 6h if not given.", valueName: "time"))
    var trainLimit: Budget?
  }

  @OptionGroup(title: "Store and address") var place: Place
  @OptionGroup(title: "Training") var training: Training
  @Option(help: ArgumentHelp("The most requests per second and client.", valueName: "number")) var rate: Int?
  @Option(help: ArgumentHelp("Create a key, 'admin' or 'read-only', print it once, and exit.", valueName: "role"))
  var addKey: AccessKey.Role?
  @Option(help: "The level of the log: debug, info, warning or error.") var log = Logger.Level.info

  func validate() throws {
    guard (0...65535).contains(place.port) else { throw ValidationError("--port must be between 0 and 65535.") }
    if place.models != nil, !StorePlace.isDatabase(place.store) {
      throw ValidationError("--models is for a store in PostgreSQL; a file has its models beside it.")
    }
    for (name, value) in [("--train-after", training.trainAfter), ("--rate", rate)] where value ?? 1 < 1 {
      throw ValidationError("\(name) must be 1 or more.")
    }
  }

  func run() async throws {
    let store = try await StorePlace.open(place.store, opening: .creating, models: place.models)
    if let addKey {
      printLine(try await store.addKey(addKey, label: addKey.rawValue))
      return Terminal.note(
        "Keep this key: it is not shown again. A running server accepts it within a second.")
    }
    var logger = Logger(label: "kindred") { _ in LogLines() }
    logger.logLevel = log
    var settings = Server.Settings()
    settings.host = place.host
    settings.port = place.port
    settings.trainingRatings = training.trainAfter
    settings.trainingInterval = training.trainEvery.map { .seconds($0.seconds) }
    settings.limits.requestsPerSecond = rate
    if let trainLimit = training.trainLimit { settings.limits.trainingTime = .seconds(trainLimit.seconds) }
    Interruption.grace.store(15_000, ordering: .relaxed)
    let server = try await Server(store, settings: settings, logger: logger)
    let host = place.host.contains(":") ? "[\(place.host)]" : place.host
    let (counts, words, model) = (try await store.counts(), try await store.words(), try await store.currentModel())
    let answers = model.map { "model \($0.number) (\($0.trainer)) answers" } ?? "there is no model yet"
    let served = "\(counts.items.grouped) \(words.items), \(counts.users.grouped) \(words.users); \(answers)"
    do {
      try await server.run { port in
        // Scripts read the port from the end of the first line.
        printLine("Serving \(store) at http://\(host):\(port)")
        printSentence("\(served). Ctrl-C stops the server.")
      }
    } catch is CancellationError {
      Terminal.note("The server has stopped.")
    }
  }
}

extension AccessKey.Role: ExpressibleByArgument {}
extension Logger.Level: @retroactive ExpressibleByArgument {}
