import KindredJSON

/// The algorithms, by their names in the command and in model files.
public enum Algorithm: String, CaseIterable, Sendable {
  /// ``SGD``.
  case sgd
  /// ``ALS``.
  case als
  /// ``ImplicitALS``.
  case implicitALS = "implicit-als"
  /// ``EASE``.
  case ease
  /// ``NextItem``.
  case nextItem = "next-item"
  /// ``GraphFilter``.
  case graphFilter = "graph-filter"
  /// ``ItemKNN``.
  case itemKNN = "item-knn"
  /// ``BayesianFM``.
  case bayesian
  /// ``Popularity``.
  case popularity
  /// ``RecentPopularity``.
  case recentPopularity = "recent-popularity"
  /// ``BiasRating``.
  case bias
  /// ``MeanRating``.
  case mean
  /// ``Blend``.
  case blend

  /// The baselines that every evaluation shows.
  public static let baselines: [Algorithm] = [.popularity, .recentPopularity, .bias, .mean]

  /// The type of the algorithm's trainer.
  public var type: any Trainer.Type {
    switch self {
    case .sgd: SGD.self
    case .als: ALS.self
    case .implicitALS: ImplicitALS.self
    case .ease: EASE.self
    case .nextItem: NextItem.self
    case .graphFilter: GraphFilter.self
    case .itemKNN: ItemKNN.self
    case .popularity: Popularity.self
    case .recentPopularity: RecentPopularity.self
    case .bias: BiasRating.self
    case .mean: MeanRating.self
    case .blend: Blend.self
    case .bayesian: BayesianFM.self
    }
  }

  /// The algorithm's trainer with default hyperparameters, some of them replaced. The command, the model file and the
  /// tuner all use this function.
  ///
  /// - Parameter settings: The values to replace, as text by the hyperparameter's name.
  /// - Throws: ``TrainingError`` for a hyperparameter that the algorithm does not have, or a value of the wrong type.
  public func trainer(setting settings: [String: String] = [:]) throws(TrainingError) -> any Trainer {
    let trainer: any Trainer = type.init()
    return try trainer.setting(settings)
  }
}

extension Trainer {
  /// This trainer with some hyperparameters replaced.
  ///
  /// - Parameter settings: The values to replace, as text by the hyperparameter's name.
  /// - Throws: ``TrainingError`` for a hyperparameter that the trainer does not have, or a value of the wrong type.
  public func setting(_ settings: [String: String]) throws(TrainingError) -> Self {
    var values = self.settings
    for (name, text) in settings.sorted(by: { $0.key < $1.key }) {
      guard let known = values[name] else {
        let names = values.keys.sorted().joined(separator: ", ")
        throw TrainingError(.invalidSetting("\(Self.name) has no setting '\(name)'; it has \(names)"))
      }
      guard let value = known.setting(parsing: text) else {
        throw TrainingError(
          .invalidSetting("'\(text)' is not a value for \(Self.name)'s \(name), such as \(known.settingText)"))
      }
      values[name] = value
    }
    do {
      return try JSON.object(values.map { ($0.key, $0.value) }).decoded()
    } catch let error as TrainingError {
      throw error
    } catch {
      throw TrainingError(.invalidSetting("\(Self.name) cannot take these settings: \(settings)"))
    }
  }
}

extension Trainer {
  /// The name of the algorithm in the command and in model files; for a trainer outside the library, the name of its
  /// type.
  public static var name: String {
    Algorithm.allCases.first { $0.type == Self.self }?.rawValue ?? String(describing: Self.self)
  }

  /// The hyperparameters by name, as text.
  public var parameters: [String: String] { settings.mapValues(\.settingText) }

  /// The hyperparameters by name: numbers, words and switches.
  fileprivate var settings: [String: JSON] {
    guard case .object(let members)? = try? JSON(encoding: self) else {
      preconditionFailure("hyperparameters are finite and have names")
    }
    return Dictionary(uniqueKeysWithValues: members)
  }
}

/// The value of one hyperparameter.
extension JSON {
  /// Parses a value of the same type. An integer stands for any number, since JSON does not tell 1 from 1.0.
  fileprivate func setting(parsing text: String) -> JSON? {
    switch self {
    case .bool: Bool(text).map { .bool($0) }
    case .number: Int(text).map { .integer($0) } ?? Double(text).flatMap { $0.isFinite ? .number($0) : nil }
    case .string: .string(text)
    case .null, .array, .object: nil
    }
  }

  fileprivate var settingText: String {
    switch self {
    case .bool(let value): value.description
    case .number(let value):
      value.integer(as: Int.self)?.description ?? value.double.map { Float($0).description } ?? ""
    case .string(let value): value
    case .null, .array, .object: preconditionFailure("hyperparameters are numbers, words and switches")
    }
  }
}
