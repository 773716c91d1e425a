#if Spark
  import Kindred

  /// Ratings that lie on a cluster, prepared there by SQL: columns found, times understood, ids numbered, repeated
  /// pairs resolved.
  ///
  /// The session holds them as cached views: `kindred_pairs` (user u, item i, value v, time t), `kindred_items`
  /// (item i, position p, number of users n), `kindred_users` (user u, position p), and after `weigh`
  /// `kindred_ratings` (positions up and ip, v, t, weight w) and the view `kindred_events` (up, ip, t).
  package struct SparkRatings: Sendable {
    /// What to read, and how.
    package struct Request: Sendable {
      /// The addresses of the files, which every worker reads.
      package var paths: [String]
      package var columns: ColumnRequest?
      /// What to do with a pair that occurs more than once; nil keeps repeats where they are usual, else the last.
      package var duplicates: InteractionReader.DuplicatePolicy?
      /// The value of each kind of feedback; empty takes the values of the rows.
      package var kinds: [String: Float] = [:]
      package var minimumValue: Float?
      package var core = 1

      package init(paths: [String]) { self.paths = paths }
    }

    package let session: SparkSession
    package let columns: NamedColumns
    package let userCount: Int
    package let itemCount: Int
    /// The number of pairs.
    package let count: Int
    /// The latest time; nil if no time is known.
    package let latestTime: Timestamp?
    /// Whether repeated pairs are kept as events.
    package let keepsRepeats: Bool
    /// The number of rows whose pair occurs before.
    package let repeats: Int
    /// Up to some 200,000 of the values, of which the rule of feedback is made.
    package let sample: [Float]
    /// The view of the values before a minimum.
    private let unfiltered: String

    /// Reads the ratings.
    ///
    /// - Throws: ``SparkError``, or ``ReadError`` if the columns do not fit.
    package init(_ request: Request, in session: SparkSession) async throws {
      self.session = session
      try await session.set(["spark.sql.session.timeZone": "UTC"])
      let form = try SparkFile(request.paths)
      try await session.createView(
        "kindred_source", format: form.format, options: form.options, paths: request.paths)
      let header = try await session.row("SELECT * FROM kindred_source LIMIT 1")
      let columns = try NamedColumns(
        header: header.columns.map(\.name), request: request.columns, file: request.paths[0])
      self.columns = columns
      if !request.kinds.isEmpty, columns.kind == nil {
        throw SparkError(.badData, "the ratings have no column of kinds, whose values were given")
      }
      let time = try await Self.timeExpression(columns.time, header, session)
      try await session.run(
        "CREATE OR REPLACE TEMPORARY VIEW kindred_raw AS " + SparkQueries.raw(columns, time: time, kinds: request.kinds)
      )
      let rows = try await session.row(SparkQueries.rowCounts)
      let (total, badIDs, badValues) = (
        try rows.int64s("total")[0], try rows.int64s("bad_ids")[0], try rows.int64s("bad_values")[0]
      )
      guard badIDs == 0 else {
        throw SparkError(.badData, "\(Int(badIDs).grouped) rows have no user or no item; leave them out of the ratings")
      }
      guard badValues == 0 else {
        throw SparkError(
          .badData,
          "\(Int(badValues).grouped) rows have a value that is no finite number; leave them out of the ratings")
      }
      guard total > 0 else { throw SparkError(.badData, "the ratings have no rows") }

      repeats = Int(total - (try rows.int64s("pairs")[0]))
      let areUsual = columns.value == nil && repeats >= 20 && repeats * 20 >= Int(total)
      let policy = request.duplicates ?? (areUsual ? .keep : .last)
      if policy == .error, repeats > 0 {
        let pair = try await session.row(SparkQueries.firstRepeat)
        throw SparkError(
          .badData,
          "\(repeats.grouped) rows repeat a pair, such as user \(try pair.texts("u")[0]) and item "
            + (try pair.texts("i")[0])
        )
      }
      keepsRepeats = policy == .keep && repeats > 0
      try await Self.cache(
        "kindred_pairs_0", SparkQueries.pairs(policy, addsKinds: !request.kinds.isEmpty, minimum: request.minimumValue),
        session)
      let pairs = try await Self.core(request.core, session)
      try await session.run("CREATE OR REPLACE TEMPORARY VIEW kindred_pairs AS SELECT * FROM \(pairs)")
      try await Self.cache("kindred_items", SparkQueries.items, session)
      try await Self.cache("kindred_users", SparkQueries.users, session)

      let figures = try await session.row(SparkQueries.figures)
      count = Int(try figures.int64s("count")[0])
      guard count > 0 else {
        throw SparkError(.badData, "no rating is left after the minimum value and the core")
      }
      userCount = Int(try figures.int64s("users")[0])
      itemCount = Int(try figures.int64s("items")[0])
      let latest = try figures.int64s("latest")[0]
      latestTime = latest == .min ? nil : latest
      unfiltered = request.minimumValue == nil ? "kindred_pairs" : "kindred_raw"
      sample = try await session.query(SparkQueries.sample(of: unfiltered, count: count), into: [Float]()) {
        $0 += try $1.floats("v")
      }
    }

    /// The mean, the standard deviation and the range of values.
    struct Statistics: Sendable, Equatable {
      var mean: Float
      var deviation: Float
      var scale: ClosedRange<Float>
    }

    func statistics(of view: String, notRated: Float?) async throws -> Statistics {
      let figures = try await session.row(SparkQueries.statistics(of: view, notRated: notRated))
      return Statistics(
        mean: Float(try figures.doubles("mean")[0]), deviation: Float(try figures.doubles("deviation")[0]),
        scale: try figures.floats("least")[0]...(try figures.floats("most")[0]))
    }

    /// The rule with the reference that it compares with, if it needs one: that of the values before a minimum.
    ///
    /// - Throws: ``SparkError``.
    package func resolved(_ rule: FeedbackRule) async throws -> FeedbackRule {
      guard rule.positive == .liked else { return rule }
      var rule = rule
      let values = try await statistics(of: unfiltered, notRated: rule.notRated)
      rule.reference = FeedbackRule.Reference(
        mean: values.mean, middle: (values.scale.lowerBound + values.scale.upperBound) / 2)
      return rule
    }

    /// The SQL that turns the column of times into microseconds; nil without one.
    private static func timeExpression(
      _ column: String?, _ header: ArrowTable, _ session: SparkSession
    ) async throws -> String? {
      guard let column, var values = header.columns.first(where: { $0.name == column })?.values else { return nil }
      let name = SQLText.name(column)
      if case .unread = values {
        values = try await session.row("SELECT \(name) FROM kindred_source LIMIT 1").columns[0].values
      }
      switch values {
      case .unread("timestamps"), .unread("dates"): return "unix_micros(CAST(\(name) AS TIMESTAMP))"
      case .unread, .lists: throw SparkError(.badData, "the column of times, '\(column)', holds no times")
      case .integers, .smallIntegers, .floats, .doubles, .texts: break
      }
      let most = try await session.row(
        "SELECT COALESCE(MAX(TRY_CAST(\(name) AS DOUBLE)), 0D) AS most FROM kindred_source"
      ).doubles("most")[0]
      // Seconds, milliseconds, microseconds or nanoseconds since 1970.
      let factor = most >= 1e17 ? 1e-3 : most >= 1e14 ? 1 : most >= 1e11 ? 1e3 : 1e6
      let number = "CAST(TRY_CAST(\(name) AS DOUBLE) * \(SQLText.literal(factor)) AS BIGINT)"
      guard case .texts = values else { return number }
      return "COALESCE(\(number), unix_micros(TRY_CAST(\(name) AS TIMESTAMP)))"
    }

    /// Caches the rows of a query as a view.
    static func cache(_ name: String, _ query: String, _ session: SparkSession) async throws {
      try await session.run("CACHE TABLE \(name) OPTIONS ('storageLevel' 'MEMORY_AND_DISK') AS \(query)")
    }

    /// Leaves out users and items of few pairs until none is left; returns the view of what remains.
    private static func core(_ least: Int, _ session: SparkSession) async throws -> String {
      var view = "kindred_pairs_0"
      guard least > 1 else { return view }
      for round in 1...100 {
        let next = "kindred_pairs_\(round)"
        try await cache(next, SparkQueries.core(least, of: view), session)
        let counts = try await session.row(
          "SELECT (SELECT COUNT(*) FROM \(view)) AS before, (SELECT COUNT(*) FROM \(next)) AS after")
        try await session.run("UNCACHE TABLE IF EXISTS \(view)")
        view = next
        if try counts.int64s("before") == counts.int64s("after") { break }
      }
      return view
    }

    /// Gives each pair the weight that a rule gives it.
    ///
    /// - Returns: The least and the greatest weight above 0; nil if nothing is liked.
    /// - Throws: ``SparkError``.
    package func weigh(by rule: FeedbackRule) async throws -> ClosedRange<Float>? {
      try await Self.cache("kindred_ratings", SparkQueries.weighted(by: rule, latest: latestTime), session)
      let weights = try await session.row(
        "SELECT COUNT(*) AS liked, COALESCE(MIN(w), 0F) AS least, COALESCE(MAX(w), 0F) AS most FROM kindred_ratings "
          + "WHERE w > 0")
      try await session.run(
        "CREATE OR REPLACE TEMPORARY VIEW kindred_events AS \(SparkQueries.events(keepingRepeats: keepsRepeats))")
      return try weights.int64s("liked")[0] == 0 ? nil : weights.floats("least")[0]...(try weights.floats("most")[0])
    }

    /// The ids of the items, by position, with the number of users and the score of each in the lists of strangers.
    package func items(
      addingWeights: Bool
    ) async throws -> (ids: [String], popularity: [Int32], liked: [Float], fame: [Float]) {
      struct Items { var ids: [String] = [], popularity: [Int32] = [], liked: [Float] = [], fame: [Float] = [] }
      let items = try await session.query(SparkQueries.itemTable(addingWeights: addingWeights), into: Items()) {
        items, table in
        items.ids += try table.texts("i")
        items.popularity += try table.int32s("n")
        items.liked += try table.floats("liked")
        items.fame += try table.floats("fame")
      }
      guard items.ids.count == itemCount, Set(items.ids).count == itemCount else {
        throw SparkError(.failed, "Spark sent \(items.ids.count) of \(itemCount) items; run the command again")
      }
      return (items.ids, items.popularity, items.liked, items.fame)
    }

    /// All ratings, or all events where repeats are kept.
    ///
    /// - Complexity: O(count), also of memory.
    package func interactions(items: [String]) async throws -> Interactions<String, String> {
      var columns = InteractionColumns()
      columns.itemIDs = items
      columns.userIDs = try await session.query("SELECT u FROM kindred_users ORDER BY p", into: [String]()) {
        $0 += try $1.texts("u")
      }
      guard columns.userIDs.count == userCount else {
        throw SparkError(.failed, "Spark sent \(columns.userIDs.count) of \(userCount) users; run the command again")
      }
      let limits = (users: Int32(userCount), items: Int32(itemCount))
      return Interactions(
        try await session.query(
          slicesOf: "kindred_ratings", by: "up",
          { SparkQueries.histories(keepingRepeats: keepsRepeats, where: $0) }, into: columns
        ) { columns, table in
          let (users, items) = (try table.int32s("up"), try table.int32s("ip"))
          guard users.allSatisfy({ $0 >= 0 && $0 < limits.users }), items.allSatisfy({ $0 >= 0 && $0 < limits.items })
          else { throw SparkError(.badData, "Spark sent a position that is out of range") }
          columns.users += users
          columns.items += items
          columns.kinds += repeatElement(-1, count: users.count)
          columns.values += try table.floats("v")
          let times = try table.int64s("t")
          if !columns.times.isEmpty || times.contains(where: { $0 != InteractionColumns.noTime }) {
            if columns.times.isEmpty {
              columns.times = Array(repeating: InteractionColumns.noTime, count: columns.users.count - users.count)
            }
            columns.times += times
          }
          columns.isEarlier += try table.int32s("earlier").map { $0 != 0 }
        })
    }
  }

  /// The format of files, by their names.
  struct SparkFile: Sendable, Equatable {
    var format: String
    var options: [String: String]

    /// - Throws: ``SparkError`` if the names are of no known format.
    init(_ paths: [String]) throws(SparkError) {
      let formats = Set(paths.map { Self.ending($0) })
      guard formats.count == 1, let ending = formats.first else {
        throw SparkError(.usage, "all files of ratings have one format and end alike")
      }
      switch ending {
      case "parquet", "orc", "avro": (format, options) = (ending, [:])
      case "json", "jsonl", "ndjson": (format, options) = ("json", [:])
      case "csv": (format, options) = ("csv", ["header": "true"])
      case "tsv", "inter": (format, options) = ("csv", ["header": "true", "sep": "\t"])
      default:
        throw SparkError(
          .usage, "'\(paths[0])' does not end like a file that Spark reads: .parquet, .orc, .avro, .csv, .tsv or .json")
      }
    }

    private static func ending(_ path: String) -> String {
      var name = path.split(separator: "/").last.map { $0.lowercased() } ?? ""
      if name == "*", let folder = path.split(separator: "/").dropLast().last { name = folder.lowercased() }
      for packed in [".gz", ".bz2", ".zst"] where name.hasSuffix(packed) { name.removeLast(packed.count) }
      return name.split(separator: ".").last.map(String.init) ?? ""
    }
  }
#endif
