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

      'kindred --generate-completion-script bash' prints completions for bash; zsh and fish have them too.
      """,
    version: "0.1.0",
    groupedSubcommands: [
      CommandGroup(name: "Training", subcommands: [Train.self, Evaluate.self, Tune.self]),
      CommandGroup(
        name: "Model",
        subcommands: [
          Recommend.self, Predict.self, Similar.self, Together.self, Groups.self, Find.self, Complete.self,
        ]),
      CommandGroup(name: "Data", subcommands: [Info.self, Import.self, Export.self, Copy.self, Backup.self]),
      CommandGroup(name: "Server", subcommands: [Serve.self, Keys.self]),
    ])
}
