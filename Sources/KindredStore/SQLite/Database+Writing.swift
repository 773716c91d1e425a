import GRDB

extension Database: WritingDatabase {
  package func inWriteTransaction(_ body: () throws -> Void) throws {
    try inTransaction(.immediate) {
      try body()
      return .commit
    }
  }

  package func inPart(_ body: () throws -> Void) throws {
    try inSavepoint {
      try body()
      return .commit
    }
  }

  package func checkTransaction() throws {
    // A full disk takes the whole transaction away, the work before it included.
    if !isInsideTransaction { throw DatabaseError(resultCode: .SQLITE_FULL) }
  }
}
