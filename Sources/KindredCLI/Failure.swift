import ArgumentParser
import Foundation
import Kindred
import KindredServer
import KindredSpark
import KindredStore

/// An error: a sentence for users, and an exit status for programs.
struct Failure: Error {
  enum Status: Int32 {
    case usage = 64
    case badData = 65
    case noInput = 66
    case unavailable = 69
    case ourBug = 70
    case cannotWrite = 73
    case interrupted = 130
  }

  var status: Status
  var sentence: String

  init(_ status: Status, _ sentence: String) {
    self.status = status
    self.sentence = sentence
  }

  /// Prints an error and ends the process; ArgumentParser prints the help that was asked for.
  static func exit(with error: any Error) -> Never {
    let failure: Failure
    switch error {
    case let error as Failure: failure = error
    case let error as ReadError: failure = Failure(error)
    case let error as ModelFileError: failure = Failure(error)
    case let error as TrainingError: failure = Failure(error)
    case let error as StoreError: failure = Failure(error)
    case let error as ServerFailure: failure = Failure(error)
    case let error as FileReplacement.Failure: failure = Failure(.cannotWrite, error.description)
    case let error as Split.ParsingError: failure = Failure(.usage, error.description)
    #if Spark
      case let error as SparkError: failure = Failure(error)
    #endif
    case is CancellationError: failure = Failure(.interrupted, "interrupted")
    default:
      if let wrongUse = Failure(ofArguments: error) {
        failure = wrongUse
      } else {
        // ArgumentParser has exit codes of its own; any other error is a bug.
        if KindredCommand.exitCode(for: error) != .failure { KindredCommand.exit(withError: error) }
        failure = Failure(.ourBug, "unexpected error, please report it: \(error)")
      }
    }
    Terminal.error(failure.sentence)
    FileReplacement.removeUnfinished()
    Foundation.exit(failure.status.rawValue)
  }

  /// An error that ArgumentParser found, in the form of the others; nil if it is none.
  private init?(ofArguments error: any Error) {
    guard KindredCommand.exitCode(for: error) == .validationFailure else { return nil }
    var sentence = KindredCommand.message(for: error)
      .replacing(#/Missing expected argument '(.*)'/#) { "\($0.1) is missing" }
      .replacingOccurrences(of: ":\n  - ", with: ": ").replacingOccurrences(of: "\n  - ", with: ", ")
    if let second = sentence.dropFirst().first, second.isLowercase || second == " " {
      sentence = sentence.prefix(1).lowercased() + sentence.dropFirst()
    }
    if sentence.hasSuffix(".") { sentence.removeLast() }
    let help = KindredCommand.fullMessage(for: error).firstMatch(of: #/See '(.*)' for more/#)?.1 ?? "kindred --help"
    self.init(.usage, "\(sentence)\(sentence.hasSuffix("?") ? " See" : "; see") '\(help)'")
  }

  init(_ error: TrainingError) {
    switch error.reason {
    case .cancelled: self.init(.interrupted, "interrupted; no model was written")
    case .invalidSetting: self.init(.usage, error.description)
    case .diverged, .unsuitableData: self.init(.badData, error.description)
    }
  }

  init(_ error: StoreError) {
    switch error.reason {
    case .missing:
      let what = StorePlace.isDatabase(error.store) ? "no store" : "no such file"
      self.init(.noInput, "\(error.store): there is \(what); 'kindred import' makes a store")
    case .unsupported: self.init(.usage, error.description)
    case .unavailable: self.init(.unavailable, error.description)
    case .locked, .diskFull, .readOnly, .cannotOpen, .modelFile: self.init(.cannotWrite, error.description)
    case .notAStore, .newerVersion, .damaged, .unknownItem, .unknownModel, .invalid:
      self.init(.badData, error.description)
    case .cancelled: self.init(.interrupted, error.description)
    case .other: self.init(.ourBug, error.description)
    }
  }

  init(_ error: ReadError) {
    switch error.category {
    case .unreadableFile: self.init(.noInput, error.description)
    case .cannotWrite: self.init(.cannotWrite, error.description)
    case .badRequest: self.init(.usage, error.description)
    case .badData: self.init(.badData, error.description)
    }
  }

  /// Reads files, and says how to go on without a row that cannot be read.
  static func hintingAtRejects<Result>(_ path: String?, _ read: () throws -> Result) throws -> Result {
    do {
      return try read()
    } catch let error as ReadError where path == nil && error.category == .badData && error.column != nil {
      throw Failure(.badData, "\(error); --reject <file> sets bad rows aside")
    }
  }

  init(_ error: ModelFileError) {
    switch error.reason {
    case .notAModel where SQLiteStore.looksLikeStore(error.path):
      self.init(
        .badData,
        "\(error.path) is a store, not a model; give a model that 'kindred info \(error.path)' names, or train one: "
          + "kindred train --store \(error.path)")
    case .missing, .unreadable: self.init(.noInput, error.description)
    case .unwritable: self.init(.cannotWrite, error.description)
    default: self.init(.badData, error.description)
    }
  }

  init(_ error: ServerFailure) {
    switch error {
    case .portTaken: self.init(.unavailable, "\(error); choose another with --port")
    case .cannotListen: self.init(.unavailable, error.description)
    case .needsKey: self.init(.usage, "\(error); make a key with --add-key admin")
    }
  }
}
