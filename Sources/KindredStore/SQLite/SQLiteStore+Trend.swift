import Foundation
import GRDB
import Kindred

extension SQLiteStore {
  public func trend(
    at now: Timestamp, halfLife: Timestamp, kindValues: [String: Float]
  ) async throws(StoreError) -> [(item: String, score: Double)] {
    precondition(halfLife > 0)
    let learned = LearnedKinds(values: kindValues)
    return try await read { db in
      let kinds = try Row.fetchAll(db, sql: "SELECT number, name FROM kinds")
        .filter { !kindValues.isEmpty && learned.likes(kind: $0[1], value: 0) }.map { "\($0[0] as Int64)" }
      let likes = kindValues.isEmpty ? "value > 0" : "kind IN (\(kinds.joined(separator: ",")))"
      // The newest events of both tables, by an index of each that holds all of it.
      let sql = """
        SELECT time, person, item FROM feedback WHERE time <= ?1 AND \(likes) AND NOT shown
        UNION ALL SELECT time, person, item FROM events WHERE time <= ?1 AND \(likes)
        ORDER BY time DESC
        """
      var known: Set<UInt64> = []
      var scores: [Int64: Double] = [:]
      var newest: Timestamp?
      let rows = try Row.fetchCursor(db, sql: sql, arguments: [now])
      while let row = try rows.next() {
        let (time, person, item) = (row[0] as Timestamp, row[1] as Int64, row[2] as Int64)
        let age = Double((newest ?? time) - time) / Double(halfLife)
        newest = newest ?? time
        if age > 20 { break }
        guard known.insert(UInt64(person) << 32 | UInt64(item) & 0xFFFF_FFFF).inserted else { continue }
        scores[item, default: 0] += exp2(-age)
      }
      let names = try Row.fetchCursor(db, sql: "SELECT number, id FROM items")
      var trend: [(item: String, score: Double)] = []
      while let row = try names.next() {
        if let score = scores[row[0] as Int64] { trend.append((row[1], score)) }
      }
      return trend
    }
  }
}
