/// Hyperparameters as numbers, words and switches: features are one word, their names with commas between them.
extension BayesianFM {
  private enum CodingKeys: CodingKey {
    case rank, epochs, chains, samples, features, probit
  }

  /// Reads hyperparameters.
  ///
  /// - Throws: ``TrainingError`` for a feature that there is not.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init()
    rank = try values.decode(Int.self, forKey: .rank)
    epochs = try values.decode(Int.self, forKey: .epochs)
    chains = try values.decode(Int.self, forKey: .chains)
    samples = try values.decode(Int.self, forKey: .samples)
    features = try Feature.features(parsing: values.decode(String.self, forKey: .features))
    probit = try values.decode(Bool.self, forKey: .probit)
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(rank, forKey: .rank)
    try values.encode(epochs, forKey: .epochs)
    try values.encode(chains, forKey: .chains)
    try values.encode(samples, forKey: .samples)
    let names = Feature.allCases.filter(features.contains).map(\.rawValue)
    try values.encode(names.joined(separator: ","), forKey: .features)
    try values.encode(probit, forKey: .probit)
  }
}

extension BayesianFM.Feature {
  fileprivate static func features(parsing text: String) throws(TrainingError) -> Set<Self> {
    var features: Set<Self> = []
    for name in text.split(separator: ",") {
      guard let feature = Self(rawValue: String(name)) else {
        let names = allCases.map(\.rawValue).joined(separator: ", ")
        throw TrainingError(.invalidSetting("there is no feature '\(name)'; there are \(names)"))
      }
      features.insert(feature)
    }
    return features
  }
}
