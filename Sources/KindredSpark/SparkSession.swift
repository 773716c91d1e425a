#if Spark
  import Foundation
  import GRPCCore
  import GRPCNIOTransportHTTP2
  import Synchronization

  /// A session of a Spark Connect server: its temporary views and caches live as long as it does.
  package struct SparkSession: Sendable {
    /// What the cluster does at the moment.
    package struct Progress: Sendable, Equatable {
      /// The numbers of tasks that are done, and of all tasks of the stages under way.
      package var done: Int
      package var tasks: Int
      package var running: Int
    }

    private typealias Service = Spark_Connect_SparkConnectService.Client<HTTP2ClientTransport.Posix>

    private let service: Service
    private let address: SparkAddress
    private let id = UUID().uuidString.lowercased()
    private let report: @Sendable (Progress) -> Void

    /// Opens a session, and ends it after the body: what the cluster still does for it is cancelled.
    ///
    /// - Parameters:
    ///   - address: The server.
    ///   - progress: Called while the cluster works, on no particular thread.
    ///   - body: What is done in the session.
    /// - Throws: ``SparkError``, and what `body` throws.
    package static func run<Result: Sendable>(
      at address: SparkAddress, progress: @escaping @Sendable (Progress) -> Void = { _ in },
      _ body: (SparkSession) async throws -> Result
    ) async throws -> Result {
      let transport: HTTP2ClientTransport.Posix
      do {
        transport = try .http2NIOPosix(
          target: .dns(host: address.host, port: address.port), transportSecurity: address.usesTLS ? .tls : .plaintext)
      } catch {
        throw SparkError(.unreachable, "cannot connect to Spark at \(address): \(error)")
      }
      return try await withGRPCClient(transport: transport) { client in
        let session = SparkSession(
          service: Service(wrapping: client), address: address, report: progress)
        do {
          let result = try await body(session)
          await session.end(interrupting: false)
          return result
        } catch {
          await session.end(interrupting: true)
          throw error
        }
      }
    }

    /// Interrupts and releases the session, in a task of its own, because this one may be cancelled.
    private func end(interrupting: Bool) async {
      await Task {
        if interrupting {
          var request = Spark_Connect_InterruptRequest()
          (request.sessionID, request.userContext, request.interruptType) = (id, user, .all)
          _ = try? await service.interrupt(request, metadata: metadata, options: Self.options(seconds: 2))
        }
        var request = Spark_Connect_ReleaseSessionRequest()
        (request.sessionID, request.userContext) = (id, user)
        _ = try? await service.releaseSession(request, metadata: metadata, options: Self.options(seconds: 2))
      }.value
    }

    private var user: Spark_Connect_UserContext { .with { $0.userID = address.user } }

    private var metadata: Metadata {
      var metadata = Metadata()
      if let token = address.token { metadata.addString("Bearer \(token)", forKey: "authorization") }
      return metadata
    }

    private static func options(seconds: Int? = nil) -> CallOptions {
      var options = CallOptions.defaults
      options.timeout = seconds.map { .seconds($0) }
      (options.maxRequestMessageBytes, options.maxResponseMessageBytes) = (16 << 20, 128 << 20)
      return options
    }

    /// Runs a call, and turns its errors into sentences.
    private func call<Result>(_ body: () async throws -> Result) async throws -> Result {
      do {
        return try await body()
      } catch let error as SparkError {
        throw error
      } catch let error as RPCError {
        if Task.isCancelled { throw CancellationError() }
        let code: SparkError.Code =
          switch error.code {
          case .unavailable, .deadlineExceeded: .unavailable
          case .unauthenticated, .permissionDenied: .unauthenticated
          default: .other
          }
        throw SparkError(code: code, message: error.message, server: address.description)
      } catch {
        if Task.isCancelled { throw CancellationError() }
        throw error
      }
    }

    /// The version of Spark, such as `4.0.0`.
    ///
    /// - Throws: ``SparkError``.
    package func version() async throws -> String {
      var request = Spark_Connect_AnalyzePlanRequest()
      (request.sessionID, request.userContext, request.clientType) = (id, user, Self.name)
      request.sparkVersion = .init()
      return try await call {
        try await service.analyzePlan(request, metadata: metadata, options: Self.options(seconds: 60)).sparkVersion
          .version
      }
    }

    private static let name = "kindred"

    /// Sets options of the session.
    ///
    /// - Throws: ``SparkError``.
    func set(_ options: [String: String]) async throws {
      var request = Spark_Connect_ConfigRequest()
      (request.sessionID, request.userContext, request.clientType) = (id, user, Self.name)
      request.operation.set.pairs = options.sorted { $0.key < $1.key }.map { option in
        .with { ($0.key, $0.value) = (option.key, option.value) }
      }
      _ = try await call { try await service.config(request, metadata: metadata, options: Self.options(seconds: 60)) }
    }

    /// Executes a plan, and folds its responses into a result.
    private func execute<Result: Sendable>(
      _ plan: Spark_Connect_Plan, into initial: Result,
      _ add: @escaping @Sendable (inout Result, Spark_Connect_ExecutePlanResponse.OneOf_ResponseType) throws -> Void
    ) async throws -> Result {
      var request = Spark_Connect_ExecutePlanRequest()
      (request.sessionID, request.userContext, request.clientType) = (id, user, Self.name)
      request.plan = plan
      return try await call {
        try await service.executePlan(request, metadata: metadata, options: Self.options()) { [report] response in
          var result = initial
          var last: Progress?
          for try await message in response.messages {
            guard let response = message.responseType else { continue }
            if case .executionProgress(let progress) = response {
              let stages = progress.stages.filter { !$0.done }
              let now = Progress(
                done: Int(stages.reduce(0) { $0 + $1.numCompletedTasks }),
                tasks: Int(stages.reduce(0) { $0 + $1.numTasks }), running: Int(progress.numInflightTasks))
              if now.done != last?.done || now.tasks != last?.tasks { report(now) }
              last = now
            }
            try add(&result, response)
          }
          return result
        }
      }
    }

    private func fold<Result: Sendable>(
      _ relation: Spark_Connect_Relation, into initial: Result,
      _ add: @escaping @Sendable (inout Result, ArrowTable) throws -> Void
    ) async throws -> Result {
      var plan = Spark_Connect_Plan()
      plan.root = relation
      let folded = try await execute(plan, into: Counted(result: initial)) { folded, response in
        guard case .arrowBatch(let batch) = response else { return }
        if batch.hasStartOffset, batch.startOffset != folded.rows {
          throw SparkError(.failed, "Spark's answer has a gap after row \(folded.rows); run the command again")
        }
        let table = try ArrowTable([UInt8](batch.data))
        guard table.rowCount == batch.rowCount else {
          throw SparkError(.badData, "Spark announced \(batch.rowCount) rows and sent \(table.rowCount)")
        }
        folded.rows += batch.rowCount
        try add(&folded.result, table)
      }
      return folded.result
    }

    private struct Counted<Result: Sendable>: Sendable {
      var rows: Int64 = 0
      var result: Result
    }

    /// Folds the rows of a query, which arrive in batches, into a result.
    ///
    /// - Throws: ``SparkError``, and what `add` throws.
    func query<Result: Sendable>(
      _ sql: String, into initial: Result, _ add: @escaping @Sendable (inout Result, ArrowTable) throws -> Void
    ) async throws -> Result {
      try await fold(Self.relation(sql), into: initial, add)
    }

    /// Folds the rows of a view into a result, in several queries: the server holds the rows of one in memory.
    ///
    /// - Parameters:
    ///   - view: The view, which should be cached.
    ///   - column: A column of 32-bit integers that rows are ordered by. All rows of a number are in one query.
    ///   - sql: The query of the rows that meet a condition on the column, ordered by it.
    /// - Throws: ``SparkError``, and what `add` throws.
    func query<Result: Sendable>(
      slicesOf view: String, by column: String, _ sql: (_ condition: String) -> String, into initial: Result,
      _ add: @escaping @Sendable (inout Result, ArrowTable) throws -> Void
    ) async throws -> Result {
      let firsts = try await query(
        SparkQueries.slices(of: view, by: column, rows: Self.rowsOfSlice), into: [Int32]()
      ) { $0 += try $1.int32s("first") }
      var result = initial
      for (place, first) in firsts.enumerated() {
        let least = place == 0 ? nil : "\(column) >= \(first)"
        let most = place + 1 == firsts.count ? nil : "\(column) < \(firsts[place + 1])"
        let conditions = [least, most].compactMap { $0 }
        let condition = conditions.isEmpty ? "TRUE" : conditions.joined(separator: " AND ")
        result = try await query(sql(condition), into: result, add)
      }
      return result
    }

    /// At 30 bytes a row, a server with a heap of 1 GB has room for them beside all else.
    private static let rowsOfSlice = 2_000_000

    /// The single row of a query, or the columns of a query without rows.
    func row(_ sql: String) async throws -> ArrowTable {
      let tables = try await query(sql, into: [ArrowTable]()) { $0.append($1) }
      guard let table = tables.first(where: { $0.rowCount > 0 }) ?? tables.first else {
        throw SparkError(.badData, "Spark's answer has no columns")
      }
      return table
    }

    /// Runs a statement, such as `CACHE TABLE`.
    ///
    /// - Throws: ``SparkError``.
    func run(_ statement: String) async throws {
      var plan = Spark_Connect_Plan()
      plan.command.sqlCommand.sql = statement
      try await execute(plan, into: ()) { _, _ in }
    }

    /// Names the files of some addresses as a view.
    ///
    /// - Throws: ``SparkError``.
    func createView(_ name: String, format: String, options: [String: String], paths: [String]) async throws {
      var plan = Spark_Connect_Plan()
      plan.command.createDataframeView = .with {
        $0.input.read.dataSource.format = format
        $0.input.read.dataSource.options = options
        $0.input.read.dataSource.paths = paths
        ($0.name, $0.replace) = (name, true)
      }
      try await execute(plan, into: ()) { _, _ in }
    }

    private static func relation(_ sql: String) -> Spark_Connect_Relation { .with { $0.sql.query = sql } }

    /// A setting of an estimator.
    enum Setting: Sendable, Equatable {
      case integer(Int32), long(Int64), double(Double), flag(Bool), text(String)

      fileprivate var literal: Spark_Connect_Literal {
        .with {
          switch self {
          case .integer(let value): $0.integer = value
          case .long(let value): $0.long = value
          case .double(let value): $0.double = value
          case .flag(let value): $0.boolean = value
          case .text(let value): $0.string = value
          }
        }
      }
    }

    /// A model that the cluster holds.
    struct Model: Sendable { fileprivate var id: String }

    /// Fits an estimator to the rows of a query.
    ///
    /// - Throws: ``SparkError``.
    func fit(_ estimator: String, _ settings: [String: Setting], to sql: String) async throws -> Model {
      var plan = Spark_Connect_Plan()
      plan.command.mlCommand.fit = .with {
        $0.estimator.name = estimator
        $0.estimator.uid = "kindred"
        $0.estimator.type = .estimator
        $0.params.params = settings.mapValues(\.literal)
        $0.dataset = Self.relation(sql)
        $0.dataset.common.planID = 1
      }
      let id = try await execute(plan, into: "") { id, response in
        if case .mlCommandResult(let result) = response { id = result.operatorInfo.objRef.id }
      }
      guard !id.isEmpty else { throw SparkError(.failed, "Spark fitted no model") }
      return Model(id: id)
    }

    /// Folds the rows of a model's table, such as `itemFactors`, into a result.
    ///
    /// - Throws: ``SparkError``, and what `add` throws.
    func table<Result: Sendable>(
      _ name: String, of model: Model, into initial: Result,
      _ add: @escaping @Sendable (inout Result, ArrowTable) throws -> Void
    ) async throws -> Result {
      let relation = Spark_Connect_Relation.with {
        $0.mlRelation.fetch.objRef.id = model.id
        $0.mlRelation.fetch.methods = [.with { $0.method = name }]
      }
      return try await fold(relation, into: initial, add)
    }
  }
#endif
