/// Why a model file could not be read or written.
public struct ModelFileError: Error, Equatable, CustomStringConvertible {
  /// What is wrong.
  public enum Reason: Equatable, Sendable {
    /// There is no such file.
    case missing
    /// The file is there and cannot be read; why.
    case unreadable(String)
    /// The file cannot be written; why.
    case unwritable(String)
    /// The file is something else: empty, a text, another program's tensors; what it is.
    case notAModel(String)
    /// The file ends before the bytes that its header promises.
    case cutShort(promised: Int, found: Int)
    /// The bytes are not those that were written; where.
    case damaged(String)
    /// The file has a later format than this version of Kindred reads.
    case laterVersion(Int)
    /// The file holds a model of a type that the reader was not told of; its ``ModelKind``.
    case unknownKind(String)
    /// The bytes are as they were written, and make no sense; why.
    case invalid(String)
  }

  /// The file, as the caller named it.
  public let path: String
  /// What is wrong with it.
  public let reason: Reason

  /// Creates an error.
  public init(path: String, reason: Reason) {
    self.path = path
    self.reason = reason
  }

  /// A sentence or two that a user can act on.
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
      "\(path) is cut short: its header promises \(promised.grouped) bytes and \(found.grouped) are there; "
        + "copy it again or train anew"
    case .damaged(let what):
      "\(path) is damaged: \(what); copy it again or train anew"
    case .laterVersion(let version):
      "\(path) was made by a later version of Kindred (format \(version); this one reads up to \(ModelFile.formatVersion)); "
        + "update Kindred or train anew"
    case .unknownKind(let kind):
      "\(path) holds a model of the kind \(kind.quoted), which Kindred does not have; "
        + "load it in a program that passes the type: Recommender(contentsOf:models:)"
    case .invalid(let what):
      "\(path) is not a valid model: \(what); train anew"
    }
  }
}
