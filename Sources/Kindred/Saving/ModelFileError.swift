/// The error of a model file that could not be read or written.
public struct ModelFileError: Error, Equatable, CustomStringConvertible {
  /// The reason of a failure.
  public enum Reason: Equatable, Sendable {
    /// The file does not exist.
    case missing
    /// The file exists but cannot be read, for the given reason.
    case unreadable(String)
    /// The file cannot be written, for the given reason.
    case unwritable(String)
    /// The file is no model file; the text says why: it is empty, a text, or another program's tensors.
    case notAModel(String)
    /// The file has fewer bytes than its header declares.
    case cutShort(promised: Int, found: Int)
    /// The bytes differ from those that were written, at the given place.
    case damaged(String)
    /// The file has the given format version, which is later than ``ModelFile/formatVersion``.
    case laterVersion(Int)
    /// The file holds a model of the given ``ModelKind``, whose type was not passed to the reader.
    case unknownKind(String)
    /// The file is undamaged but its content is inconsistent, for the given reason.
    case invalid(String)
  }

  /// The path of the file, as it was given.
  public let path: String
  /// The reason of the failure.
  public let reason: Reason

  /// Creates an error.
  ///
  /// - Parameters:
  ///   - path: The path of the file.
  ///   - reason: The reason of the failure.
  public init(path: String, reason: Reason) {
    self.path = path
    self.reason = reason
  }

  /// The path, the reason and a remedy, in one or two sentences.
  public var description: String {
    switch reason {
    case .missing:
      "\(path) does not exist; check the path, or train a model first"
    case .unreadable(let why):
      "cannot read \(path): \(why)"
    case .unwritable(let why):
      "cannot write \(path): \(why)"
    case .notAModel(let what):
      "\(path) is not a model file of Kindred: \(what)"
    case .cutShort(let promised, let found):
      "\(path) is cut short: its header declares \(promised.grouped) bytes and \(found.grouped) are there; "
        + "copy it again or train anew"
    case .damaged(let what):
      "\(path) is damaged: \(what); copy it again or train anew"
    case .laterVersion(let version):
      "\(path) was made by a later version of Kindred (format \(version); "
        + "this one reads up to \(ModelFile.formatVersion)); update Kindred or train anew"
    case .unknownKind(let kind):
      "\(path) holds a model of the kind \(kind.quoted), which Kindred does not have; "
        + "load it in a program that passes the type: Recommender(contentsOf:models:)"
    case .invalid(let what):
      "\(path) is not a valid model: \(what); train anew"
    }
  }
}
