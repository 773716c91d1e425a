import ArgumentParser
import Kindred

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
  @Option(help: "The common users that halve a similarity.")
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

struct EASESettings: AlgorithmSettings {
  static let algorithm = Algorithm.ease
  static let abstract = "A linear model for ranking, of items from items, in closed form."
  static let example = "--regularization 250 "
  @Option(help: "The penalty on large weights.")
  var regularization: Float?
  @OptionGroup var dropout: DropoutSettings
  @OptionGroup var neighbors: NeighborSettings

  var settings: [String: String] {
    ["regularization": regularization?.description].compactMapValues { $0 }
      .merging(dropout.settings) { $1 }.merging(neighbors.settings) { $1 }
  }
}

struct GraphFilterSettings: AlgorithmSettings {
  static let algorithm = Algorithm.graphFilter
  static let abstract = "A filter on the graph of users and items, for ranking; nothing to train but singular vectors."
  static let example = "--rank 256 "
  @Option(help: "The number of singular vectors.")
  var rank: Int?
  @OptionGroup var spectral: SpectralSettings
  @OptionGroup var neighbors: NeighborSettings

  var settings: [String: String] {
    ["rank": rank?.description].compactMapValues { $0 }.merging(spectral.settings) { $1 }.merging(neighbors.settings) {
      $1
    }
  }
}

struct ItemKNNSettings: AlgorithmSettings {
  static let algorithm = Algorithm.itemKNN
  static let abstract = "The nearest items by the users they share: the classic for ranking."
  static let example = "--similarity tfidf "
  @OptionGroup var similarity: SimilaritySettings
  @OptionGroup var neighbors: NeighborSettings
  var settings: [String: String] { similarity.settings.merging(neighbors.settings) { $1 } }
}
