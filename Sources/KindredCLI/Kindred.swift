import ArgumentParser
import Kindred

@main
struct KindredCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "kindred", abstract: "Turns what people rated into what they will love next.")
}
