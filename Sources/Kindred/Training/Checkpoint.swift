/// A training whose state can be saved between epochs, and taken up again to the same bytes.
public protocol ResumableSession: TrainingSession {
  /// The epochs that have been run.
  var epochsRun: Int { get }

  /// Adds the state to a file; the data it is trained on is not a part of it.
  func write(to file: inout ModelFile)

  /// Takes up a state; the session is one of the same trainer, data and seed.
  ///
  /// - Throws: ``ModelFileError`` if anything is missing or does not fit; the session is then as it was.
  mutating func restore(from file: ModelFile) throws(ModelFileError)
}

/// Where the state of a long training is saved now and then, so that it survives the process.
///
/// A file that is there is taken up if it is of the same algorithm, settings, seed and data; any other one is written over. Whoever
/// trains removes it once the model is safe. How often it is written changes nothing in the result.
public struct Checkpoint: Sendable {
  /// The file.
  public var path: String
  /// The time between two savings; zero saves after every epoch.
  public var interval: Duration

  /// Creates a checkpoint.
  public init(path: String, every interval: Duration = .seconds(10)) {
    self.path = path
    self.interval = interval
  }

  /// Takes up the state of the file if it fits.
  func restore(_ session: inout some TrainingSession, of identity: String) {
    guard var resumable = session as? any ResumableSession, let file = try? ModelFile(contentsOf: path),
      file[Self.key] == identity, (try? resumable.restore(from: file)) != nil
    else { return }
    Self.assign(resumable, to: &session)
  }

  private static func assign<S: TrainingSession>(_ resumed: any ResumableSession, to session: inout S) {
    if let resumed = resumed as? S { session = resumed }
  }

  /// Saves a state: whole, or not at all. A disk that is full costs the checkpoint, not the training.
  func save(_ session: some TrainingSession, of identity: String) {
    guard let session = session as? any ResumableSession else { return }
    var file = ModelFile()
    file.set(Self.key, to: identity)
    session.write(to: &file)
    try? file.write(to: path)
  }

  private static let key = "checkpoint"
}

extension Trainer {
  /// What a state depends on besides the program: the algorithm with its settings, the seed and the data.
  func identity(on data: PreparedData, seed: UInt64, using parallel: Parallel) -> String {
    let data = data.columns
    let settings = parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let labels = (data.userLabels + data.itemLabels).map(\.fingerprint)
    let times = Checksum.xxh64(Buffer(data.times).bytes).hexadecimal
    return ([Self.name, "seed=\(seed)", data.fingerprint(using: parallel), times] + labels + settings)
      .joined(separator: " ")
  }
}

extension LabelGroup {
  fileprivate var fingerprint: String {
    Checksum.xxh64(Buffer((0..<rowCount).flatMap { [-1] + labels(ofRow: $0) }).bytes).hexadecimal
  }
}
