/// The name of a type of model in files. Loading depends on this name alone, not on the algorithm that trained the
/// model.
///
/// A type of model outside the library has a name of its own, and is passed when its files are loaded:
///
///     extension ModelKind {
///       static let cooccurrence = ModelKind(rawValue: "cooccurrence")
///     }
///     let recommender = try Recommender<Int, Int>(contentsOf: path, models: [CooccurrenceModel.self])
public struct ModelKind: RawRepresentable, Hashable, Sendable {
  /// The name in files.
  public let rawValue: String

  /// Creates a kind.
  ///
  /// - Parameter rawValue: The name in files; not empty.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// A ``FactorModel``.
  public static let factors = ModelKind(rawValue: "factors")
  /// An ``ItemModel``.
  public static let items = ModelKind(rawValue: "items")
  /// A ``BlendModel``.
  public static let blend = ModelKind(rawValue: "blend")
  /// An ``AttributeModel``.
  public static let attributes = ModelKind(rawValue: "attributes")
  /// A ``RatingModel``.
  public static let ratings = ModelKind(rawValue: "ratings")

  /// The library's own types, which every file may hold.
  static let ownTypes: [any Scorer.Type] = [
    FactorModel.self, ItemModel.self, BlendModel.self, RatingModel.self, AttributeModel.self,
  ]
}

/// A model that can be written to a model file and read back to the same bytes.
public protocol SavedModel: Sendable {
  /// The name of this type of model in files: not empty, and different from that of every other type.
  static var kind: ModelKind { get }

  /// Reads a model.
  ///
  /// - Parameters:
  ///   - file: The file to read from.
  ///   - prefix: The prefix of the names of the model's tensors and numbers.
  /// - Throws: ``ModelFileError`` if anything is missing or does not fit together.
  init(from file: ModelFile, at prefix: String) throws(ModelFileError)

  /// Adds the model to a file.
  ///
  /// - Parameters:
  ///   - file: The file to add to.
  ///   - prefix: The prefix of the names of the model's tensors and numbers.
  /// - Throws: ``ModelFileError`` if a model within it cannot be written.
  func write(to file: inout ModelFile, at prefix: String) throws(ModelFileError)
}

extension ModelFile {
  /// Adds a model of any type together with its kind, for models that consist of other models.
  ///
  /// - Parameters:
  ///   - scorer: The model.
  ///   - prefix: The prefix of the names of the model's tensors and numbers.
  /// - Throws: ``ModelFileError`` if the file could not be read back, because the kind is empty or that of another
  ///   type.
  public mutating func set(_ scorer: any Scorer, at prefix: String) throws(ModelFileError) {
    let type = type(of: scorer)
    if let problem = Self.problem(withKindOf: type) { throw ModelFileError(path: path, reason: .unwritable(problem)) }
    set("\(prefix)kind", to: type.kind.rawValue)
    try scorer.write(to: &self, at: prefix)
  }

  /// The model at a prefix, of the type that the file names.
  ///
  /// - Parameter prefix: The prefix of the names of the model's tensors and numbers.
  /// - Throws: ``ModelFileError`` if the type was not passed when the file was loaded, or the model cannot be read.
  public func scorer(at prefix: String) throws(ModelFileError) -> any Scorer {
    let kind = ModelKind(rawValue: try text("\(prefix)kind"))
    guard let type = (ModelKind.ownTypes + models).first(where: { $0.kind == kind }) else {
      throw ModelFileError(path: path, reason: .unknownKind(kind.rawValue))
    }
    return try type.init(from: self, at: prefix)
  }

  /// Registers types of models outside the library.
  ///
  /// - Parameter models: The types.
  /// - Throws: ``ModelFileError`` if a kind is empty, or two types have it.
  mutating func register(_ models: [any Scorer.Type]) throws(ModelFileError) {
    for (position, type) in models.enumerated() {
      let twin = models[..<position].first { $0.kind == type.kind && $0 != type }
      let problem = twin.map { "the types \($0) and \(type) have the same kind \(type.kind.rawValue.quoted)" }
      if let problem = problem ?? Self.problem(withKindOf: type) {
        throw ModelFileError(path: path, reason: .unreadable(problem))
      }
    }
    self.models = models
  }

  /// The reason why files cannot identify a type of model by its kind; nil if they can.
  private static func problem(withKindOf type: any Scorer.Type) -> String? {
    let kind = type.kind
    if kind.rawValue.isEmpty { return "the kind of \(type) is empty; give the type a name in files" }
    guard let owner = ModelKind.ownTypes.first(where: { $0.kind == kind }), owner != type else { return nil }
    return "\(type) has the kind \(kind.rawValue.quoted), which is that of \(owner); give it a kind of its own"
  }
}
