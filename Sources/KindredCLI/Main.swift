import ArgumentParser
import Foundation
import Kindred

@main
enum Main {
  static func main() async {
    let arguments = Array(CommandLine.arguments.dropFirst())
    let work = Task {
      do {
        var command = try KindredCommand.parseAsRoot(Arguments(arguments).prepared())
        if var command = command as? any AsyncParsableCommand {
          try await command.run()
        } else {
          try command.run()
        }
      } catch {
        Failure.exit(with: error)
      }
    }
    Interruption.cancels(work)
    await work.value
  }
}

struct KindredCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kindred",
    abstract: "Train, evaluate and serve recommenders.",
    discussion: """
      EXAMPLE: train on a file of ratings, then recommend.
        kindred train --ratings ratings.csv --items movies.csv --model films.kindred
        kindred recommend --model films.kindred 42
        kindred recommend --model films.kindred --history "318:5,296:4.5"
      """,
    version: "0.1.0",
    subcommands: [
      Train.self, Evaluate.self, Tune.self, Predict.self, Complete.self, Recommend.self, Similar.self, Together.self,
      Groups.self,
      Find.self, Info.self, Import.self, Export.self, Copy.self, Backup.self, Serve.self, Keys.self,
    ])
}
