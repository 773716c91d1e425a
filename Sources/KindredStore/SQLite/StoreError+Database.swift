import GRDB

extension StoreError {
  /// The sentence for whatever the database throws; our own errors pass as they are.
  init(_ error: any Error, store: String) {
    switch error {
    case let error as StoreError: self = error
    case let error as DatabaseError: self.init(Self.reason(of: error), store: store)
    case is CancellationError: self.init(.cancelled, store: store)
    default: self.init(.other("\(error)"), store: store)
    }
  }

  private static func reason(of error: DatabaseError) -> Reason {
    switch error.resultCode {
    case .SQLITE_NOTADB: .notAStore
    case .SQLITE_BUSY, .SQLITE_LOCKED: .locked
    case .SQLITE_FULL: .diskFull
    case .SQLITE_READONLY, .SQLITE_PERM: .readOnly
    case .SQLITE_CANTOPEN: .cannotOpen
    case .SQLITE_CORRUPT: .damaged(error.message ?? "the database is malformed")
    default: .other(error.message ?? "the database reports \(error.resultCode)")
    }
  }
}
