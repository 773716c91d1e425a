/// How a recommender was trained.
public struct Provenance: Sendable, Equatable {
  /// The training of one of a recommender's models.
  public struct Training: Sendable, Equatable {
    /// The name of the algorithm, as in ``Trainer/name``.
    public var algorithm: String
    /// Its hyperparameters by name, those that a validation cut decided included.
    public var settings: [String: String]

    /// Creates a description of a training.
    public init(algorithm: String, settings: [String: String] = [:]) {
      self.algorithm = algorithm
      self.settings = settings
    }
  }

  /// What trained the model that orders lists.
  public var ranking: Training?
  /// What trained the model that predicts ratings, where that is a model of its own.
  public var rating: Training?
  /// The seed of the training.
  public var seed: UInt64?
  /// The number of interactions trained on.
  public var interactionCount: Int?
  /// A hash of the data trained on.
  public var fingerprint: String?
  /// The generation of the processor that trained: the bytes of a model are the same on processors of one level.
  public var processorLevel: Int?
  /// Whatever else the model file says about the training, by its key there.
  public var other: [String: String] = [:]

  /// Creates a description that says nothing.
  public init() {}

  /// Reads what a model file says, by its keys there.
  public init(entries: [String: String]) {
    var rest = entries
    ranking = Training(taking: "ranking", from: &rest)
    rating = Training(taking: "rating", from: &rest)
    seed = rest.take("seed")
    interactionCount = rest.take("interactions")
    fingerprint = rest.removeValue(forKey: "fingerprint")
    processorLevel = rest.take("processor_level")
    other = rest
  }

  /// All of it by its keys in a model file, such as `ranking.algorithm`, `ranking.rank` and `seed`.
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
    return entries
  }
}

extension Provenance.Training {
  /// Takes the entries of a role; nil where no algorithm is named, and then takes none.
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
  /// Takes a value out, if it is the very text that the number is printed as.
  fileprivate mutating func take<Number: LosslessStringConvertible>(_ key: String) -> Number? {
    guard let text = self[key], let number = Number(text), number.description == text else { return nil }
    self[key] = nil
    return number
  }
}
