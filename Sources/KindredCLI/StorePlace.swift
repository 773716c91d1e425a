import KindredPostgres
import KindredStore

/// Where a store is: the path of an SQLite file, or a location such as `postgres://host/films`.
enum StorePlace {
  /// Whether a text is the location of a database rather than a path.
  static func isDatabase(_ text: String) -> Bool {
    text.hasPrefix("postgres://") || text.hasPrefix("postgresql://")
  }

  /// Opens a store.
  ///
  /// - Parameter models: The folder of the models of a database; nil for the one that it knows.
  static func open(
    _ place: String, opening: StoreOpening = .existing, models: String? = nil
  ) async throws(StoreError) -> any Store {
    if isDatabase(place) { return try await PostgresStore(place, opening: opening, models: models) }
    return try await openStore(at: place, opening: opening)
  }
}
