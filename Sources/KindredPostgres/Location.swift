import Foundation
import KindredStore

/// Where a store is: `postgres://host/database`, as libpq reads it, and the schema of its tables.
///
/// What it leaves out comes from libpq's environment (`PGHOST`, `PGUSER`, …), a service file or `~/.pgpass`.
struct Location: Sendable, CustomStringConvertible {
  /// What libpq is given.
  let connection: String
  /// The schema of the tables: lower-case letters, digits and underscores.
  let schema: String
  let description: String

  /// The schema where the location names none.
  private static let standardSchema = "kindred"

  /// Reads a location.
  ///
  /// - Throws: ``StoreError`` if it is none, or holds a password: every user of the machine could read it in the
  ///   list of processes.
  init(_ text: String) throws(StoreError) {
    guard var parts = URLComponents(string: text), ["postgres", "postgresql"].contains(parts.scheme) else {
      throw StoreError(.unsupported("a location in PostgreSQL begins with postgres://"), store: "postgres://")
    }
    var query = parts.queryItems ?? []
    let hasPassword = parts.password != nil || query.contains { ["password", "sslpassword"].contains($0.name) }
    if hasPassword {
      parts.password = nil
      parts.queryItems = nil
      throw StoreError(
        .unsupported(
          "a password in the location can be read in the list of processes; "
            + "set PGPASSWORD, or keep it in a service file or in ~/.pgpass"),
        store: parts.string ?? "postgres://")
    }
    let schema = query.last { $0.name == "schema" }?.value ?? Self.standardSchema
    let isName =
      !schema.isEmpty && schema.utf8.count <= 48 && !(schema.first?.isNumber ?? true)
      && schema.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
    guard isName else {
      throw StoreError(
        .unsupported("a schema is named by up to 48 lower-case letters, digits and underscores"), store: text)
    }
    query.removeAll { $0.name == "schema" }
    parts.queryItems = query.isEmpty ? nil : query
    self.schema = schema
    connection = parts.string ?? text
    description = text
  }
}
