import ArgumentParser
import Foundation
import Kindred

/// Where the ratings come from, and what of them is used.
struct DataOptions: ParsableArguments {
  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp(
      "Files of ratings: CSV, TSV, '::', ';', '|' or blanks, JSON Lines; .gz of each.", valueName: "file"))
  var ratings: [String] = []

  @Option(help: ArgumentHelp("A file of items with titles and genres.", valueName: "file"))
  var items: String?

  @Option(help: "Which column is what, as in 'user=1,item=2,value=3,time=4'; by position or by the header's name.")
  var columns: String?

  @Option(help: "What to do with the same pair twice: last, mean, sum or error.")
  var duplicates = InteractionReader.DuplicatePolicy.last

  @Option(help: ArgumentHelp("Write bad rows here and go on, instead of stopping at the first.", valueName: "file"))
  var reject: String?

  @Option(help: "Use only ratings of at least this value.")
  var minimumValue: Float?

  @Option(help: "Keep only people and items with at least so many ratings.")
  var core: Int?

  @Option(help: "How many threads to use; all cores if not given.")
  var threads: Int?

  @Option(help: "The same seed gives the same model, byte for byte.")
  var seed: UInt64 = 0

  func validate() throws {
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be between 1 and 1024.") }
    if let core, core < 1 { throw ValidationError("--core must be 1 or more.") }
    if let minimumValue, !minimumValue.isFinite { throw ValidationError("--minimum-value must be a number.") }
  }

  var reader: InteractionReader {
    var reader = InteractionReader()
    reader.columns = columns
    reader.duplicates = duplicates
    reader.rejectPath = reject
    reader.threads = threads
    return reader
  }

  /// Reads the ratings, and the items' titles where a file of them is given.
  func read() throws -> Interactions<String, String> {
    guard !ratings.isEmpty else { throw ValidationError("Missing expected argument '--ratings <file>'.") }
    return try filtered(read(ratings))
  }

  func read(_ paths: [String]) throws -> Interactions<String, String> {
    var (interactions, summary): (Interactions<String, String>, InteractionReader.Summary) = try reader.read(paths)
    if let items { interactions.catalog = try Catalog(contentsOf: items) }
    if summary.rejected > 0, let reject {
      Terminal.note("\(summary.rejected) bad rows are in \(reject); the first: \(summary.firstRejection?.description ?? "")")
    }
    return interactions
  }

  func filtered(_ interactions: Interactions<String, String>) throws -> Interactions<String, String> {
    guard minimumValue != nil || core != nil else { return interactions }
    let filtered = interactions.filtered(minimumValue: minimumValue, core: core ?? 1)
    if filtered.isEmpty { throw Failure(.badData, "no rating is left after --minimum-value and --core") }
    return filtered
  }
}

extension InteractionReader.DuplicatePolicy: ExpressibleByArgument {}
extension Algorithm: ExpressibleByArgument {}

/// Which model to ask.
struct ModelOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The model file.", valueName: "file"))
  var model: String

  @Flag(help: "Print one JSON object a line, for programs.")
  var json = false

  func load() throws -> Recommender<String, String> { try Recommender(contentsOf: model) }
}

/// Options that become hyperparameters of an algorithm, by the library's names.
protocol SettingOptions: ParsableArguments {
  var settings: [String: String] { get }
}

struct FactorSettings: SettingOptions {
  @Option(help: "The number of factors.")
  var rank: Int?
  @Option(help: "The most passes over the data.")
  var epochs: Int?
  @Option(help: "The penalty on large factors.")
  var regularization: Float?

  var settings: [String: String] {
    ["rank": rank?.description, "epochs": epochs?.description, "regularization": regularization?.description].compactMapValues { $0 }
  }
}

struct DescentSettings: SettingOptions {
  @Option(help: "How far a step goes.")
  var learningRate: Float?
  @Flag(help: "Descend as the textbook does: no biases, a constant step, the file's own order; prints each pass's loss.")
  var plain = false

  var settings: [String: String] {
    ["learningRate": learningRate?.description, "plain": plain ? "true" : nil].compactMapValues { $0 }
  }
}

struct UnobservedSettings: SettingOptions {
  @Option(help: "The weight of what a person did not choose, against what she did.")
  var unobservedWeight: Float?
  @Flag(help: "Take the values as weights, as for counts of plays or purchases.")
  var weighted = false

  var settings: [String: String] {
    ["unobservedWeight": unobservedWeight?.description, "weighted": weighted ? "true" : nil].compactMapValues { $0 }
  }
}

struct NeighborSettings: SettingOptions {
  @Option(help: "The nearest items kept for each item; 0 chooses by their number.")
  var neighbors: Int?

  var settings: [String: String] { ["neighbors": neighbors?.description].compactMapValues { $0 } }
}

struct DropoutSettings: SettingOptions {
  @Option(help: "The share of choices that training imagines left out, from 0 up to 1.")
  var dropout: Float?

  var settings: [String: String] { ["dropout": dropout?.description].compactMapValues { $0 } }
}

struct SimilaritySettings: SettingOptions {
  @Option(help: "How alike items are: \(ItemKNN.Similarity.allCases.map(\.rawValue).joined(separator: ", ")).")
  var similarity: ItemKNN.Similarity?
  @Option(help: "The common people that halve a similarity.")
  var shrinkage: Float?

  var settings: [String: String] {
    ["similarity": similarity?.rawValue, "shrinkage": shrinkage?.description].compactMapValues { $0 }
  }
}

extension ItemKNN.Similarity: ExpressibleByArgument {}

struct SpectralSettings: SettingOptions {
  @Option(help: "The weight of the low-pass filter beside the neighbours.")
  var spectralWeight: Float?

  var settings: [String: String] { ["spectralWeight": spectralWeight?.description].compactMapValues { $0 } }
}

/// The options of every algorithm at once, for commands that may name any.
struct AllSettings: SettingOptions {
  @OptionGroup var factors: FactorSettings
  @OptionGroup var descent: DescentSettings
  @OptionGroup var unobserved: UnobservedSettings
  @OptionGroup var neighbors: NeighborSettings
  @OptionGroup var dropout: DropoutSettings
  @OptionGroup var similarity: SimilaritySettings
  @OptionGroup var spectral: SpectralSettings

  var settings: [String: String] {
    let groups: [any SettingOptions] = [factors, descent, unobserved, neighbors, dropout, similarity, spectral]
    let all = groups.reduce(into: [:]) { all, group in all.merge(group.settings) { $1 } }
    return descent.plain ? Self.textbook.merging(all) { $1 } : all
  }

  /// What the plain form uses where nothing is said: the article's settings.
  static let textbook = ["rank": "10", "epochs": "20", "learningRate": "0.001", "regularization": "0.02"]
}
