import Kindred
import KindredJSON

/// A model that a store keeps, and how it was made.
public struct ModelVersion: Sendable, Equatable {
  /// Its number, 1 and up in the order of training; none is used twice.
  public var number: Int
  /// Where it is, for a user to look; ``Store/recommender(of:)`` loads it.
  public var location: String
  /// When it was made, in microseconds since 1970.
  public var made: Timestamp
  /// The algorithms, such as `blend, sgd`.
  public var trainer: String
  /// Algorithms and hyperparameters, by name.
  public var parameters: [String: String]
  /// The seed.
  public var seed: String
  /// Equal for equal data.
  public var fingerprint: String
  /// How many interactions it was trained on.
  public var interactions: Int
  /// Figures measured of it, by name.
  public var metrics: [String: Double]
  /// Whether answers come from it.
  public var isCurrent: Bool

  package init(
    number: Int, location: String, made: Timestamp, trainer: String, parameters: [String: String], seed: String,
    fingerprint: String, interactions: Int, metrics: [String: Double], isCurrent: Bool
  ) {
    self.number = number
    self.location = location
    self.made = made
    self.trainer = trainer
    self.parameters = parameters
    self.seed = seed
    self.fingerprint = fingerprint
    self.interactions = interactions
    self.metrics = metrics
    self.isCurrent = isCurrent
  }
}

extension ModelVersion {
  /// A model that was made now.
  package init(
    _ number: Int, _ location: String, _ recommender: Recommender<String, String>, _ metrics: [String: Double]
  ) {
    let provenance = recommender.provenance
    let trainers = [provenance.ranking, provenance.rating].compactMap { $0?.algorithm }
    self.init(
      number: number, location: location, made: StoredTime.now, trainer: trainers.joined(separator: ", "),
      parameters: provenance.entries.filter { $0.key.contains(".") }, seed: provenance.seed?.description ?? "",
      fingerprint: provenance.fingerprint ?? "", interactions: provenance.interactionCount ?? 0, metrics: metrics,
      isCurrent: false)
  }

  /// Reads what a store keeps as JSON; nil if it is none.
  package static func decoded<Value: Decodable>(_ text: String) -> Value? {
    try? JSON(parsing: text).decoded()
  }

  /// The JSON that a store keeps.
  package static func encoded(_ value: some Encodable) throws -> String {
    try JSON(encoding: value).text([.sortedKeys, .shortEscapes, .escapedSlashes])
  }
}

/// What the deletion of a user removed.
public struct Erasure: Sendable, Equatable {
  /// How much feedback of the user there was.
  public var feedback: Int
  /// The numbers of the models that held the user and were written anew; who has one of them open loads it again.
  public var models: [Int]
  /// Whether the deleted bytes are overwritten already. If not, a read was under way, and they are overwritten later.
  public var isOverwritten: Bool

  package init(feedback: Int, models: [Int], isOverwritten: Bool) {
    self.feedback = feedback
    self.models = models
    self.isOverwritten = isOverwritten
  }
}

/// The state of a store that a snapshot was taken of.
public struct SnapshotMark: Sendable, Equatable {
  /// The greatest number of a user; a store numbers users in order of insertion, and none twice.
  package var lastUser: Int64
  /// How many users had been deleted.
  package var erasures: Int64

  package init(lastUser: Int64, erasures: Int64) {
    self.lastUser = lastUser
    self.erasures = erasures
  }
}

/// All of a store at one moment, to train on.
public struct StoreSnapshot: Sendable {
  /// What users did, with what is known about the items.
  public var interactions: Interactions<String, String>
  /// The moment.
  public var mark: SnapshotMark

  package init(interactions: Interactions<String, String>, mark: SnapshotMark) {
    self.interactions = interactions
    self.mark = mark
  }
}
