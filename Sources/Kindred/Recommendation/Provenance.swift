/// A description of how a recommender was trained.
public struct Provenance: Sendable, Equatable {
  /// The training of one of a recommender's models.
  public struct Training: Sendable, Equatable {
    /// The name of the algorithm, as in ``Trainer/name``.
    public var algorithm: String
    /// The hyperparameters by name, including those chosen on a validation cut.
    public var settings: [String: String]

    /// Creates a description of a training.
    ///
    /// - Parameters:
    ///   - algorithm: The name of the algorithm, as in ``Trainer/name``.
    ///   - settings: The hyperparameters by name.
    public init(algorithm: String, settings: [String: String] = [:]) {
      self.algorithm = algorithm
      self.settings = settings
    }
  }

  /// The training of the model that ranks.
  public var ranking: Training?
  /// The training of the model that predicts ratings; nil if there is none besides the ranking model.
  public var rating: Training?
  /// The seed of the training.
  public var seed: UInt64?
  /// The number of interactions trained on.
  public var interactionCount: Int?
  /// A hash of the data trained on.
  public var fingerprint: String?
  /// The level of the processor that trained. Processors of the same level train the same bytes.
  public var processorLevel: Int?
  /// The NDCG@10 of the lists on the validation cut that the settings were chosen on; nil where none was measured.
  ///
  /// It is too good to report, as the settings were chosen by it.
  public var validationNDCG: Double?
  /// The root mean squared error of the ratings on the validation cut; nil where none was measured.
  public var validationError: Float?
  /// All other entries about the training, by their keys in the model file.
  public var other: [String: String] = [:]

  /// Creates an empty description.
  public init() {}

  /// Creates a description from the entries of a model file.
  ///
  /// - Parameter entries: The entries by their keys, such as `ranking.algorithm`.
  public init(entries: [String: String]) {
    var rest = entries
    ranking = Training(taking: "ranking", from: &rest)
    rating = Training(taking: "rating", from: &rest)
    seed = rest.take("seed")
    interactionCount = rest.take("interactions")
    fingerprint = rest.removeValue(forKey: "fingerprint")
    processorLevel = rest.take("processor_level")
    validationNDCG = rest.take("validation_ndcg")
    validationError = rest.take("validation_rmse")
    other = rest
  }

  /// All entries by their keys in a model file, such as `ranking.algorithm`, `ranking.rank` and `seed`.
  public var entries: [String: String] {
    var entries = other
    for (role, training) in [("ranking", ranking), ("rating", rating)] {
      guard let training else { continue }
      for (name, value) in training.settings { entries["\(role).\(name)"] = value }
      entries["\(role).algorithm"] = training.algorithm
    }
    entries["seed"] = seed?.description ?? other["seed"]
    entries["interactions"] = interactionCount?.description ?? other["interactions"]
    entries["fingerprint"] = fingerprint ?? other["fingerprint"]
    entries["processor_level"] = processorLevel?.description ?? other["processor_level"]
    entries["validation_ndcg"] = validationNDCG?.description ?? other["validation_ndcg"]
    entries["validation_rmse"] = validationError?.description ?? other["validation_rmse"]
    return entries
  }
}

extension Provenance.Training {
  /// Takes the entries of a role out of `entries`. It returns nil and takes none if no algorithm is named.
  fileprivate init?(taking role: String, from entries: inout [String: String]) {
    guard let algorithm = entries.removeValue(forKey: "\(role).algorithm") else { return nil }
    var settings: [String: String] = [:]
    for (key, value) in entries where key.hasPrefix("\(role).") {
      settings[String(key.dropFirst(role.count + 1))] = value
      entries[key] = nil
    }
    self.init(algorithm: algorithm, settings: settings)
  }

  /// The algorithm, and the parts of the default blend that have a weight.
  var algorithmAndParts: String {
    guard algorithm == Blend.name else { return algorithm }
    let weights = [("itemWeight", EASE.name), ("factorWeight", ImplicitALS.name), ("graphWeight", GraphFilter.name)]
    let parts = weights.filter { Float(settings[$0.0] ?? "") ?? 0 > 0 }.map(\.1)
    return parts.isEmpty ? algorithm : "\(algorithm) of \(parts.joined(separator: ", "))"
  }
}

extension [String: String] {
  /// Takes a number out of the dictionary, if its text is exactly that of the number's description.
  fileprivate mutating func take<Number: LosslessStringConvertible>(_ key: String) -> Number? {
    guard let text = self[key], let number = Number(text), number.description == text else { return nil }
    self[key] = nil
    return number
  }
}
