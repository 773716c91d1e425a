import Foundation

/// The algorithms by the names that the command and the model file use.
public enum Algorithm: String, CaseIterable, Sendable {
  /// ``SGD``.
  case sgd
  /// ``ALS``.
  case als
  /// ``ImplicitALS``.
  case implicitALS = "implicit-als"
  /// ``EASE``.
  case ease
  /// ``GraphFilter``.
  case graphFilter = "graph-filter"
  /// ``ItemKNN``.
  case itemKNN = "item-knn"
  /// ``BayesianFM``.
  case bayesian
  /// ``Popularity``.
  case popularity
  /// ``BiasRating``.
  case bias
  /// ``MeanRating``.
  case mean
  /// A weighted sum of models.
  case blend

  /// The baselines that every evaluation shows.
  public static let baselines: [Algorithm] = [.popularity, .bias, .mean]

  /// The type of its trainer.
  public var type: any Trainer.Type {
    switch self {
    case .sgd: SGD.self
    case .als: ALS.self
    case .implicitALS: ImplicitALS.self
    case .ease: EASE.self
    case .graphFilter: GraphFilter.self
    case .itemKNN: ItemKNN.self
    case .popularity: Popularity.self
    case .bias: BiasRating.self
    case .mean: MeanRating.self
    case .blend: Blend.self
    case .bayesian: BayesianFM.self
    }
  }

  /// A trainer with the defaults overlaid by settings, by name: the command, the model file and the tuner all come through here.
  ///
  /// - Throws: ``TrainingError`` for a setting that the algorithm does not have, or whose value is of the wrong type.
  public func trainer(setting settings: [String: String] = [:]) throws(TrainingError) -> any Trainer {
    let trainer: any Trainer = type.init()
    return try trainer.setting(settings)
  }
}

extension Trainer {
  /// This trainer with some hyperparameters set, by name.
  ///
  /// - Throws: ``TrainingError`` for a hyperparameter that it does not have, or a value of the wrong type.
  public func setting(_ settings: [String: String]) throws(TrainingError) -> Self {
    var values = self.settings
    for (name, text) in settings.sorted(by: { $0.key < $1.key }) {
      guard let known = values[name] else {
        let names = values.keys.sorted().joined(separator: ", ")
        throw TrainingError(.invalidSetting("\(Self.name) has no setting '\(name)'; it has \(names)"))
      }
      guard let value = known.parsing(text) else {
        throw TrainingError(.invalidSetting("'\(text)' is not a value for \(Self.name)'s \(name), such as \(known)"))
      }
      values[name] = value
    }
    do {
      return try JSONDecoder().decode(Self.self, from: JSONEncoder().encode(values))
    } catch let error as TrainingError {
      throw error
    } catch {
      throw TrainingError(.invalidSetting("\(Self.name) cannot take these settings: \(settings)"))
    }
  }
}

extension Trainer {
  /// The name of the algorithm as the command spells it; that of the type for one of your own.
  public static var name: String {
    Algorithm.allCases.first { $0.type == Self.self }?.rawValue ?? String(describing: Self.self)
  }

  /// The hyperparameters by name, as text.
  public var parameters: [String: String] { settings.mapValues(\.description) }

  fileprivate var settings: [String: Setting] {
    guard let data = try? JSONEncoder().encode(self),
      let settings = try? JSONDecoder().decode([String: Setting].self, from: data)
    else { preconditionFailure("hyperparameters are numbers, words and switches") }
    return settings
  }
}

/// The value of one hyperparameter.
private enum Setting: Codable, CustomStringConvertible {
  case flag(Bool)
  case integer(Int)
  case number(Double)
  case word(String)

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Bool.self) {
      self = .flag(value)
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else {
      self = .word(try container.decode(String.self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .flag(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .word(let value): try container.encode(value)
    }
  }

  /// A value of the same type out of text; a whole number may become any number, since 1 and 1.0 look alike in JSON.
  func parsing(_ text: String) -> Setting? {
    switch self {
    case .flag: Bool(text).map { .flag($0) }
    case .integer, .number: Int(text).map { .integer($0) } ?? Double(text).flatMap { $0.isFinite ? .number($0) : nil }
    case .word: .word(text)
    }
  }

  var description: String {
    switch self {
    case .flag(let value): value.description
    case .integer(let value): value.description
    case .number(let value): Float(value).description
    case .word(let value): value
    }
  }
}
