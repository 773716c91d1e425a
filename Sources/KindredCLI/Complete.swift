import ArgumentParser
import Foundation
import Kindred

struct Complete: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the complete matrix of predicted ratings as CSV, for small data.",
    discussion: """
      EXAMPLE:
        kindred complete --model notebook.kindred
      """)

  @Option(help: ArgumentHelp("The model file.", valueName: "file")) var model: String
  @Option(help: ArgumentHelp("Write to this file instead of standard output.", valueName: "file")) var output: String?

  private static let mostCells = 20_000_000

  func run() throws {
    let recommender = try Recommender<String, String>(contentsOf: model)
    guard recommender.ratingModel != nil else {
      throw Failure(.badData, "\(model) predicts no ratings: it was trained for ranking only")
    }
    guard recommender.userCount * recommender.itemCount <= Self.mostCells else {
      throw Failure(
        .badData,
        "the matrix has \(recommender.userCount.grouped) × \(recommender.itemCount.grouped) cells, more than "
          + "\(Self.mostCells.grouped); predict the pairs you need with 'kindred predict --pairs'")
    }
    var sink = try LineSink(output)
    try sink.write((["user"] + recommender.items.map(\.csv)).joined(separator: ","))
    for user in recommender.users {
      let ratings = recommender.history(of: user).flatMap { recommender.ratings(for: $0) } ?? []
      try sink.write(([user.csv] + ratings.map { String(format: "%.4f", $0.value) }).joined(separator: ","))
    }
    try sink.finish()
  }
}
