/// Why a store could not be opened, read or written: a value that prints a sentence a user can act on.
public struct StoreError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What went wrong.
  public enum Reason: Sendable, Equatable {
    /// There is no store.
    case missing
    /// There is something else.
    case notAStore
    /// A newer version of Kindred made the store.
    case newerVersion
    /// Another process holds the store.
    case locked
    /// The disk is full.
    case diskFull
    /// The store may not be written.
    case readOnly
    /// The store cannot be opened.
    case cannotOpen
    /// The database does not answer at present, in its words.
    case unavailable(String)
    /// This build, or this location, has no such store.
    case unsupported(String)
    /// The store is damaged.
    case damaged(String)
    /// There is no such item.
    case unknownItem(String)
    /// There is no such model version.
    case unknownModel(Int)
    /// An argument cannot be kept.
    case invalid(String)
    /// The file of a model could not be read or written.
    case modelFile(String)
    /// The task was cancelled. A change that was under way is not written; one before it is.
    case cancelled
    /// Anything else, in the database's words.
    case other(String)
  }

  /// Where the store is, as `Store.description` says it.
  public var store: String
  /// What went wrong.
  public var reason: Reason

  /// Creates an error.
  public init(_ reason: Reason, store: String) {
    self.reason = reason
    self.store = store
  }

  /// The sentence.
  public var description: String {
    switch reason {
    case .missing: "\(store): there is no such store"
    case .notAStore: "\(store) is not a store of Kindred"
    case .newerVersion: "\(store) was made by a newer version of Kindred; this one cannot read it"
    case .locked: "\(store) is in use by another process; try again when that has finished"
    case .diskFull: "\(store): the disk is full, and nothing of this was written"
    case .readOnly: "\(store) cannot be written; check the permissions of the file and of its folder"
    case .cannotOpen: "\(store) cannot be opened; check that its folder exists, and its permissions"
    case .unavailable(let detail): "\(store) does not answer: \(detail); try again in a moment"
    case .unsupported(let detail): "\(store): \(detail)"
    case .damaged(let detail): "\(store) is damaged: \(detail); restore it from a copy"
    case .unknownItem(let id): "there is no item '\(id)'"
    case .unknownModel(let number): "there is no model \(number)"
    case .invalid(let detail): detail
    case .modelFile(let detail): detail
    case .cancelled: "\(store): interrupted; what was under way was not written"
    case .other(let detail): "\(store): \(detail)"
    }
  }
}
