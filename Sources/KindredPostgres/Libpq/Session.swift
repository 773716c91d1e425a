import Foundation
import KindredStore

/// What PostgreSQL said against a statement.
struct DatabaseFailure: Error {
  /// The five letters by which PostgreSQL names the error; empty where the connection failed.
  let code: String
  let message: String
  /// Whether the connection can be used no more.
  let isLost: Bool

  /// A failure to reach the database, or to keep the connection.
  static func lost(_ message: String) -> DatabaseFailure {
    DatabaseFailure(code: "", message: message, isLost: true)
  }
}

/// What another session said by NOTIFY.
struct Notification: Sendable {
  let text: String
}

#if Postgres
  internal import CPostgres

  /// A connection to the database. One thread at a time uses it, and waits for the answers.
  final class Session {
    /// The rows of an answer; values are read as text.
    final class Rows {
      fileprivate let result: OpaquePointer

      fileprivate init(_ result: OpaquePointer) { self.result = result }

      deinit { PQclear(result) }

      var count: Int { Int(PQntuples(result)) }

      /// How many rows a change affected.
      var affected: Int { Int(String(cString: PQcmdTuples(result))) ?? 0 }

      func isNull(_ row: Int, _ column: Int) -> Bool { PQgetisnull(result, Int32(row), Int32(column)) == 1 }

      func text(_ row: Int, _ column: Int) -> String {
        let length = Int(PQgetlength(result, Int32(row), Int32(column)))
        guard let start = PQgetvalue(result, Int32(row), Int32(column)) else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
      }

      func integer(_ row: Int, _ column: Int) -> Int64 {
        PQgetvalue(result, Int32(row), Int32(column)).map { strtoll($0, nil, 10) } ?? 0
      }

      func number(_ row: Int, _ column: Int) -> Double {
        PQgetvalue(result, Int32(row), Int32(column)).map { strtod($0, nil) } ?? 0
      }

      func flag(_ row: Int, _ column: Int) -> Bool {
        PQgetvalue(result, Int32(row), Int32(column)).map { $0[0] == CChar(UInt8(ascii: "t")) } ?? false
      }
    }

    private let connection: OpaquePointer
    private var prepared: [String: String] = [:]

    /// Connects.
    ///
    /// - Parameter patience: The seconds to wait.
    init(_ location: Location, patience: Int) throws {
      let keywords = ["application_name", "connect_timeout", "dbname", "client_encoding"]
      let values = ["kindred", "\(patience)", location.connection, "UTF8"]
      connection = try Self.withTexts(keywords) { keywords in
        try Self.withTexts(values) { values in
          guard let connection = PQconnectdbParams(keywords, values, 1) else {
            throw DatabaseFailure.lost("there is no memory for a connection")
          }
          return connection
        }
      }
      guard PQstatus(connection) == CONNECTION_OK else {
        throw DatabaseFailure.lost(Self.sentence(PQerrorMessage(connection)))
      }
      // A replica that stands still in the middle of a write must not hold the others up for long.
      try runPlain(
        """
        SET search_path TO \(location.schema);
        SET client_min_messages TO error;
        SET idle_in_transaction_session_timeout TO '10s';
        SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
        """)
    }

    deinit { PQfinish(connection) }

    /// Whether the connection is as it should be, as far as is known.
    var isAlive: Bool { PQstatus(connection) == CONNECTION_OK }

    /// Runs a statement, prepared at its first use.
    ///
    /// - Parameter arguments: The values of `$1`, `$2`, … as text; nil is NULL.
    @discardableResult
    func run(_ sql: String, _ arguments: [String?] = []) throws -> Rows {
      try Self.check(arguments)
      let name = try prepare(sql)
      return try Self.withTexts(arguments) { values in
        try rows(PQexecPrepared(connection, name, Int32(arguments.count), values, nil, nil, 0))
      }
    }

    /// Ends a transaction.
    ///
    /// - Throws: Also where the transaction had failed before, and nothing of it stays.
    func commit() throws {
      let answer = try runPlain("COMMIT")
      guard String(cString: PQcmdStatus(answer.result)) == "COMMIT" else {
        throw DatabaseFailure(code: "25P02", message: "the transaction failed", isLost: false)
      }
    }

    /// Runs statements without arguments, several at once.
    @discardableResult
    func runPlain(_ sql: String) throws -> Rows {
      try rows(PQexec(connection, sql))
    }

    /// Runs a statement and gives the connection up if the answer takes too long.
    func run(_ sql: String, _ arguments: [String?], milliseconds: Int) throws -> Rows {
      let name = try prepare(sql)
      let isSent = Self.withTexts(arguments) { values in
        PQsendQueryPrepared(connection, name, Int32(arguments.count), values, nil, nil, 0)
      }
      guard isSent == 1 else { throw failure(nil) }
      let end = ContinuousClock.now + .milliseconds(milliseconds)
      while PQisBusy(connection) == 1 {
        let rest = (end - .now) / .milliseconds(1)
        guard rest > 0 else { throw DatabaseFailure.lost("it takes longer than \(milliseconds) ms") }
        waitForInput(milliseconds: Int32(rest) + 1)
        guard PQconsumeInput(connection) == 1 else { throw failure(nil) }
      }
      let answer = try rows(PQgetResult(connection))
      while let rest = PQgetResult(connection) { PQclear(rest) }
      return answer
    }

    /// Sends rows in the text form of COPY.
    ///
    /// - Parameter fill: Appends rows to a buffer; called until it appends none.
    func copyIn(_ sql: String, _ fill: (inout [UInt8]) throws -> Void) throws {
      let start = PQexec(connection, sql)
      defer { PQclear(start) }
      guard PQresultStatus(start) == PGRES_COPY_IN else { throw failure(start) }
      var buffer: [UInt8] = []
      do {
        while true {
          buffer.removeAll(keepingCapacity: true)
          try fill(&buffer)
          if buffer.isEmpty { break }
          let isSent = buffer.withUnsafeBytes {
            PQputCopyData(connection, $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count))
          }
          guard isSent == 1 else { throw failure(nil) }
        }
      } catch {
        _ = PQputCopyEnd(connection, "given up")
        while let rest = PQgetResult(connection) { PQclear(rest) }
        throw error
      }
      guard PQputCopyEnd(connection, nil) == 1 else { throw failure(nil) }
      let answer = try rows(PQgetResult(connection))
      _ = answer
      while let rest = PQgetResult(connection) { PQclear(rest) }
    }

    /// Reads rows in the text form of COPY.
    ///
    /// - Parameter row: Called with the bytes of each row.
    func copyOut(_ sql: String, _ row: (UnsafeRawBufferPointer) throws -> Void) throws {
      let start = PQexec(connection, sql)
      defer { PQclear(start) }
      guard PQresultStatus(start) == PGRES_COPY_OUT else { throw failure(start) }
      while true {
        var bytes: UnsafeMutablePointer<CChar>?
        let length = PQgetCopyData(connection, &bytes, 0)
        defer { PQfreemem(bytes) }
        if length == -1 { break }
        guard length > 0, let bytes else { throw failure(nil) }
        try row(UnsafeRawBufferPointer(start: bytes, count: Int(length)))
      }
      _ = try rows(PQgetResult(connection))
      while let rest = PQgetResult(connection) { PQclear(rest) }
    }

    /// What other sessions said; waits for the first of it.
    func notifications(milliseconds: Int) throws -> [Notification] {
      var found = takeNotifications()
      if found.isEmpty {
        waitForInput(milliseconds: Int32(milliseconds))
        guard PQconsumeInput(connection) == 1 else { throw failure(nil) }
        found = takeNotifications()
      }
      return found
    }

    private func takeNotifications() -> [Notification] {
      var found: [Notification] = []
      while let one = PQnotifies(connection) {
        found.append(Notification(text: String(cString: one.pointee.extra)))
        PQfreemem(one)
      }
      return found
    }

    private func waitForInput(milliseconds: Int32) {
      var descriptor = pollfd(fd: PQsocket(connection), events: Int16(POLLIN), revents: 0)
      _ = poll(&descriptor, 1, milliseconds)
    }

    private func prepare(_ sql: String) throws -> String {
      if let name = prepared[sql] { return name }
      let name = "s\(prepared.count)"
      _ = try rows(PQprepare(connection, name, sql, 0, nil))
      prepared[sql] = name
      return name
    }

    private func rows(_ result: OpaquePointer?) throws -> Rows {
      guard let result else { throw failure(nil) }
      let status = PQresultStatus(result)
      guard status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK else {
        defer { PQclear(result) }
        throw failure(result)
      }
      return Rows(result)
    }

    private func failure(_ result: OpaquePointer?) -> DatabaseFailure {
      let isLost = PQstatus(connection) != CONNECTION_OK
      let code = PQresultErrorField(result, 67 /* PG_DIAG_SQLSTATE */).map { String(cString: $0) } ?? ""
      let message = PQresultErrorField(result, 77 /* PG_DIAG_MESSAGE_PRIMARY */) ?? PQerrorMessage(connection)
      return DatabaseFailure(code: code, message: Self.sentence(message), isLost: isLost)
    }

    /// The first line of a message, without its full stop.
    private static func sentence(_ message: UnsafePointer<CChar>?) -> String {
      let text = message.map { String(cString: $0) } ?? ""
      return String(text.prefix { $0 != "\n" })
    }

    /// Refuses what would be cut short.
    private static func check(_ texts: [String?]) throws {
      if texts.contains(where: { $0?.utf8.contains(0) ?? false }) {
        throw DatabaseFailure(code: "22021", message: "a text holds a zero byte", isLost: false)
      }
    }

    /// Texts as C strings. None may hold a zero byte.
    private static func withTexts<Result>(
      _ texts: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>) throws -> Result
    ) rethrows -> Result {
      let copies = texts.map { $0.map { strdup($0) } }
      defer { for copy in copies { free(copy ?? nil) } }
      let pointers = copies.map { $0.flatMap { UnsafePointer($0) } } + [nil]
      return try pointers.withUnsafeBufferPointer { try body($0.baseAddress!) }
    }
  }
#else
  /// Stands in for a connection in a build without libpq; there is never one.
  final class Session {
    final class Rows {
      var count: Int { 0 }
      var affected: Int { 0 }
      func isNull(_ row: Int, _ column: Int) -> Bool { true }
      func text(_ row: Int, _ column: Int) -> String { "" }
      func integer(_ row: Int, _ column: Int) -> Int64 { 0 }
      func number(_ row: Int, _ column: Int) -> Double { 0 }
      func flag(_ row: Int, _ column: Int) -> Bool { false }
    }

    init(_ location: Location, patience: Int) throws {
      throw StoreError(
        .unsupported("this build has no PostgreSQL; build it with --traits default,Postgres"),
        store: location.description)
    }

    var isAlive: Bool { false }

    func commit() throws {}
    @discardableResult
    func run(_ sql: String, _ arguments: [String?] = []) throws -> Rows { Rows() }
    @discardableResult
    func runPlain(_ sql: String) throws -> Rows { Rows() }
    func run(_ sql: String, _ arguments: [String?], milliseconds: Int) throws -> Rows { Rows() }
    func copyIn(_ sql: String, _ fill: (inout [UInt8]) throws -> Void) throws {}
    func copyOut(_ sql: String, _ row: (UnsafeRawBufferPointer) throws -> Void) throws {}
    func notifications(milliseconds: Int) throws -> [Notification] { [] }
  }
#endif

extension Session.Rows {
  func optionalText(_ row: Int, _ column: Int) -> String? { isNull(row, column) ? nil : text(row, column) }
  func optionalInteger(_ row: Int, _ column: Int) -> Int64? { isNull(row, column) ? nil : integer(row, column) }
}
