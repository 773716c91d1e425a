import ArgumentParser
import Kindred

struct NeighborSettings: SettingOptions {
  @Option(help: "The number of neighbours kept per item; 0 chooses by the number of items, except for item-knn.")
  var neighbors: Int?

  var settings: [String: String] { ["neighbors": neighbors?.description].compactMapValues { $0 } }
}

struct DropoutSettings: SettingOptions {
  @Option(help: "The dropout rate of observed items that training assumes, from 0 to below 1.")
  var dropout: Float?

  var settings: [String: String] { ["dropout": dropout?.description].compactMapValues { $0 } }
}

struct SimilaritySettings: SettingOptions {
  @Option(help: "The similarity measure: \(ItemKNN.Similarity.allCases.map(\.rawValue).joined(separator: ", ")).")
  var similarity: ItemKNN.Similarity?
  @Option(help: "The number of common users at which shrinkage halves a similarity.")
  var shrinkage: Float?

  var settings: [String: String] {
    ["similarity": similarity?.rawValue, "shrinkage": shrinkage?.description].compactMapValues { $0 }
  }
}

extension ItemKNN.Similarity: ExpressibleByArgument {}

struct SpectralSettings: SettingOptions {
  @Option(help: "The weight of the low-pass filter, relative to the neighbours.")
  var spectralWeight: Float?

  var settings: [String: String] { ["spectralWeight": spectralWeight?.description].compactMapValues { $0 } }
}

struct EASESettings: AlgorithmSettings {
  static let algorithm = Algorithm.ease
  static let abstract = "A linear item-to-item model for ranking, solved in closed form."
  static let example = "--regularization 250 "
  @Option(help: "The penalty on the size of the weights.")
  var regularization: Float?
  @OptionGroup var dropout: DropoutSettings
  @OptionGroup var neighbors: NeighborSettings

  var settings: [String: String] {
    ["regularization": regularization?.description].compactMapValues { $0 }
      .merging(dropout.settings) { $1 }.merging(neighbors.settings) { $1 }
  }
}

struct StepSettings: SettingOptions {
  @Option(help: ArgumentHelp("The half-life of a history's items in steps.", valueName: "steps"))
  var halfLifeSteps: Float?

  var settings: [String: String] { ["halfLife": halfLifeSteps?.description].compactMapValues { $0 } }
}

struct NextItemSettings: AlgorithmSettings {
  static let algorithm = Algorithm.nextItem
  static let abstract = "The next item from the order of a history: regression on decayed histories, in closed form."
  static let example = "--half-life-steps 1 "
  @Option(help: "The penalty on the size of the weights.")
  var regularization: Float?
  @OptionGroup var steps: StepSettings
  @OptionGroup var neighbors: NeighborSettings

  var settings: [String: String] {
    let own = ["regularization": regularization?.description].compactMapValues { $0 }
      .merging(steps.settings) { $1 }.merging(neighbors.settings) { $1 }
    // Settings that someone chose are not replaced by those for sessions.
    return own.isEmpty ? own : own.merging(["choosesKind": "false"]) { $1 }
  }
}

struct GraphFilterSettings: AlgorithmSettings {
  static let algorithm = Algorithm.graphFilter
  static let abstract = "A filter on the graph of users and items, for ranking; it computes only singular vectors."
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
  static let abstract = "Nearest neighbours of items by common users: the classic for ranking."
  static let example = "--similarity tfidf "
  @OptionGroup var similarity: SimilaritySettings
  @OptionGroup var neighbors: NeighborSettings
  var settings: [String: String] { similarity.settings.merging(neighbors.settings) { $1 } }
}
