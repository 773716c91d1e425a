/// Which of the model types a file holds; loading looks at it, never at the algorithm that trained the model.
public enum ModelKind: String, Sendable, CaseIterable {
  /// A ``FactorModel``.
  case factors
  /// An ``ItemModel``.
  case items
  /// A weighted sum of models.
  case blend
  /// A ``RatingModel``.
  case ratings
}

/// A model that can be written to a model file and read back to the same bytes.
public protocol SavedModel: Sendable {
  /// The name of this type of model in files.
  static var kind: ModelKind { get }

  /// Reads the model whose tensors and numbers are named with a prefix.
  ///
  /// - Throws: ``ModelFileError`` if anything is missing or does not fit together.
  init(from file: ModelFile, at prefix: String) throws(ModelFileError)

  /// Adds the model to a file under names with a prefix.
  func write(to file: inout ModelFile, at prefix: String)
}

extension ModelFile {
  /// Adds a scorer of any kind, and which kind it is.
  mutating func set(_ scorer: any Scorer, at prefix: String) {
    set("\(prefix)kind", to: type(of: scorer).kind.rawValue)
    scorer.write(to: &self, at: prefix)
  }

  /// The scorer at a prefix, of whatever kind the file says.
  func scorer(at prefix: String) throws(ModelFileError) -> any Scorer {
    let text = try text("\(prefix)kind")
    switch ModelKind(rawValue: text) {
    case .factors: return try FactorModel(from: self, at: prefix)
    case .ratings: return try RatingModel(from: self, at: prefix)
    case .items: return try ItemModel(from: self, at: prefix)
    case .blend: return try BlendModel(from: self, at: prefix)
    case nil: throw invalid("it holds a model of the kind '\(text)', which this version cannot read")
    }
  }
}
