/// A training whose state can be saved between epochs and resumed: the result is the same, byte for byte.
public protocol ResumableSession: TrainingSession {
  /// The number of epochs that have been run.
  var epochsRun: Int { get }

  /// Adds the state to a file, without the data that the session trains on.
  ///
  /// - Parameter file: The file to add to.
  func write(to file: inout ModelFile)

  /// Replaces the state of this session with a saved one of the same trainer, data and seed.
  ///
  /// - Parameter file: The file to read from.
  /// - Throws: ``ModelFileError`` if anything is missing or does not fit. The session is then unchanged.
  mutating func restore(from file: ModelFile) throws(ModelFileError)
}

/// A file to which the state of a long training is saved at intervals, so that it survives the process.
///
/// A training resumes from the file if its algorithm, settings, seed and data are the same; it overwrites any other
/// file. The caller deletes the file once the model is saved. The interval does not change the result.
public struct Checkpoint: Sendable {
  /// The path of the file.
  public var path: String
  /// The minimum time between two saves; with zero the state is saved after every epoch.
  public var interval: Duration

  /// Creates a checkpoint.
  ///
  /// - Parameters:
  ///   - path: The path of the file.
  ///   - interval: The minimum time between two saves; with zero the state is saved after every epoch.
  public init(path: String, every interval: Duration = .seconds(10)) {
    self.path = path
    self.interval = interval
  }

  /// Restores the state of the file if it is there and fits.
  func restore(_ session: inout some TrainingSession, of identity: String) {
    guard var resumable = session as? any ResumableSession, let file = try? ModelFile(contentsOf: path),
      file[Self.key] == identity, (try? resumable.restore(from: file)) != nil
    else { return }
    Self.assign(resumable, to: &session)
  }

  private static func assign<S: TrainingSession>(_ resumed: any ResumableSession, to session: inout S) {
    if let resumed = resumed as? S { session = resumed }
  }

  /// Saves a state completely or not at all. If it cannot be written, for example to a full disk, training continues.
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
  /// All that a state depends on besides the program: the algorithm with its settings, the seed and the data.
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
