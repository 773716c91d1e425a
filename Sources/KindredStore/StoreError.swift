/// Why a store could not be opened, read or written: a value that prints a sentence a user can act on.
public struct StoreError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What went wrong.
  public enum Reason: Sendable, Equatable {
    /// There is no such file.
    case missing
    /// The file is something else.
    case notAStore
    /// A newer version of Kindred made the store.
    case newerVersion
    /// Another process holds the store.
    case locked
    /// The disk is full.
    case diskFull
    /// The file, or the folder it is in, cannot be written.
    case readOnly
    /// The file cannot be opened.
    case cannotOpen
    /// The file is damaged.
    case damaged(String)
    /// There is no such item.
    case unknownItem(String)
    /// There is no such model version.
    case unknownModel(Int)
    /// What the caller handed over cannot be kept.
    case invalid(String)
    /// A file beside the store could not be read or written.
    case modelFile(String)
    /// What nobody foresaw, in the database's words.
    case other(String)
  }

  /// The path of the store.
  public var path: String
  /// What went wrong.
  public var reason: Reason

  /// Creates an error.
  public init(_ reason: Reason, path: String) {
    self.reason = reason
    self.path = path
  }

  /// The sentence.
  public var description: String {
    switch reason {
    case .missing: "\(path): there is no such file; 'kindred import' makes a store"
    case .notAStore: "\(path) is not a store of Kindred"
    case .newerVersion: "\(path) was made by a newer version of Kindred; this one cannot read it"
    case .locked: "\(path) is in use by another process; try again when that has finished"
    case .diskFull: "\(path): the disk is full, and nothing of this was written"
    case .readOnly: "\(path) cannot be written; check the permissions of the file and of its folder"
    case .cannotOpen: "\(path) cannot be opened; check that its folder exists, and its permissions"
    case .damaged(let detail): "\(path) is damaged: \(detail); restore it from a copy"
    case .unknownItem(let id): "there is no item '\(id)'"
    case .unknownModel(let number): "there is no model \(number)"
    case .invalid(let detail): detail
    case .modelFile(let detail): detail
    case .other(let detail): "\(path): \(detail)"
    }
  }
}
