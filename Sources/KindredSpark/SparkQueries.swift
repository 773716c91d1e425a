#if Spark
  import Kindred

  /// The texts of the queries that prepare ratings; see ``SparkRatings`` for the views.
  enum SparkQueries {
    /// The rows with ids as text, values as numbers and times in microseconds. With kinds, the value is that of the
    /// kind.
    static func raw(_ columns: NamedColumns, time: String?, kinds: [String: Float]) -> String {
      var value = columns.value.map { "TRY_CAST(\(SQLText.name($0)) AS FLOAT)" } ?? "1F"
      var condition = ""
      var kind = "CAST(NULL AS STRING)"
      if let column = columns.kind, !kinds.isEmpty {
        kind = "CAST(\(SQLText.name(column)) AS STRING)"
        let known = kinds.sorted { $0.key < $1.key }
        let cases = known.map { "WHEN \(SQLText.literal($0.key)) THEN \(SQLText.literal($0.value))" }
        value = "CASE \(kind) \(cases.joined(separator: " ")) END"
        condition = " WHERE \(kind) IN (\(known.map { SQLText.literal($0.key) }.joined(separator: ", ")))"
      }
      return "SELECT CAST(\(SQLText.name(columns.user)) AS STRING) AS u, CAST(\(SQLText.name(columns.item)) AS STRING) "
        + "AS i, \(value) AS v, \(time ?? "CAST(NULL AS BIGINT)") AS t, \(kind) AS k FROM kindred_source\(condition)"
    }

    static let rowCounts = """
      SELECT COUNT(*) AS total, COUNT_IF(u IS NULL OR u = '' OR i IS NULL OR i = '') AS bad_ids, \
      COUNT_IF(v IS NULL OR isnan(v) OR abs(v) = CAST('Infinity' AS FLOAT)) AS bad_values, \
      COUNT(DISTINCT STRUCT(u, i, k)) AS pairs FROM kindred_raw
      """

    static let firstRepeat = """
      SELECT u, i FROM kindred_raw GROUP BY u, i, k HAVING COUNT(*) > 1 ORDER BY u, i LIMIT 1
      """

    /// One row per pair of user and item.
    static func pairs(
      _ policy: InteractionReader.DuplicatePolicy, addsKinds: Bool, minimum: Float?
    ) -> String {
      let value =
        switch policy {
        // Of rows at the same time the greatest value: Spark's rows have no order.
        case .last, .keep, .error: "MAX_BY(v, STRUCT(t, v))"
        case .mean: "CAST(AVG(v) AS FLOAT)"
        case .sum: "CAST(SUM(v) AS FLOAT)"
        }
      var query = "SELECT u, i, \(value) AS v, MAX(t) AS t FROM kindred_raw GROUP BY u, i"
      if addsKinds {
        query =
          "SELECT u, i, CAST(SUM(v) AS FLOAT) AS v, MAX(t) AS t FROM (SELECT u, i, k, MAX(v) AS v, MAX(t) AS t "
          + "FROM kindred_raw GROUP BY u, i, k) GROUP BY u, i"
      }
      return minimum.map { "SELECT * FROM (\(query)) WHERE v >= \(SQLText.literal($0))" } ?? query
    }

    /// The pairs whose user and item have at least some pairs.
    static func core(_ least: Int, of view: String) -> String {
      """
      SELECT p.* FROM \(view) p \
      LEFT SEMI JOIN (SELECT u FROM \(view) GROUP BY u HAVING COUNT(*) >= \(least)) a ON p.u = a.u \
      LEFT SEMI JOIN (SELECT i FROM \(view) GROUP BY i HAVING COUNT(*) >= \(least)) b ON p.i = b.i
      """
    }

    /// Items are numbered by popularity, users by id.
    static let items = """
      SELECT i, CAST(ROW_NUMBER() OVER (ORDER BY n DESC, i) - 1 AS INT) AS p, CAST(n AS INT) AS n \
      FROM (SELECT i, COUNT(*) AS n FROM kindred_pairs GROUP BY i)
      """
    static let users = """
      SELECT u, CAST(ROW_NUMBER() OVER (ORDER BY u) - 1 AS INT) AS p FROM (SELECT DISTINCT u FROM kindred_pairs)
      """

    static let figures = """
      SELECT COUNT(*) AS count, (SELECT COUNT(*) FROM kindred_users) AS users, \
      (SELECT COUNT(*) FROM kindred_items) AS items, COALESCE(MAX(t), \(noTime)) AS latest FROM kindred_pairs
      """

    /// The mean, the deviation and the range of values, without those that stand for "not rated".
    static func statistics(of view: String, notRated: Float?) -> String {
      """
      SELECT COALESCE(AVG(CAST(v AS DOUBLE)), 0D) AS mean, COALESCE(STDDEV_POP(CAST(v AS DOUBLE)), 0D) AS deviation, \
      COALESCE(MIN(v), 0F) AS least, COALESCE(MAX(v), 0F) AS most FROM \(view)\(rated(notRated))
      """
    }

    /// The condition that leaves out values that stand for "not rated".
    static func rated(_ notRated: Float?) -> String { notRated.map { " WHERE v <> \(SQLText.literal($0))" } ?? "" }

    private static let noTime = "CAST('-9223372036854775808' AS BIGINT)"

    /// About 200,000 values, always the same ones.
    static func sample(of view: String, count: Int) -> String {
      "SELECT v FROM \(view) WHERE PMOD(XXHASH64(u, i), \(max(1, count / 200_000))) = 0"
    }

    /// The pairs by positions, with the weight that a rule gives each.
    static func weighted(by rule: FeedbackRule, latest: Timestamp?) -> String {
      var weight = rule.kinds.isEmpty ? likedCondition(rule) : "GREATEST(v, 0F)"
      if rule.dampsCounts, rule.kinds.isEmpty {
        weight = "IF(\(weight) > 0, IF(v > 0, LOG2(1D + v), 0D), 0D)"
      }
      if let halfLife = rule.halfLife, let latest {
        let microseconds = halfLife * 86_400_000_000
        weight = "(\(weight)) * IF(t IS NULL, 1D, POWER(2D, (t - \(latest)) / \(SQLText.literal(microseconds))))"
      }
      let rated = rule.notRated.map { "NULLIF(a.v, \(SQLText.literal($0)))" } ?? "a.v"
      return """
        SELECT up, ip, v, t, CAST(\(weight) AS FLOAT) AS w FROM (SELECT up, ip, v, t, \
        COUNT(r) OVER (PARTITION BY up) AS rated, SUM(CAST(r AS DOUBLE)) OVER (PARTITION BY up) AS total, \
        MIN(r) OVER (PARTITION BY up) AS least, MAX(r) OVER (PARTITION BY up) AS most \
        FROM (SELECT b.p AS up, c.p AS ip, a.v, a.t, \(rated) AS r \
        FROM kindred_pairs a JOIN kindred_users b ON a.u = b.u JOIN kindred_items c ON a.i = c.i))
        """
    }

    /// 1 where a value is liked, else 0.
    private static func likedCondition(_ rule: FeedbackRule) -> String {
      // The tolerance absorbs a mean that was rounded up.
      let tolerance = 1e-5
      var least: String
      switch rule.positive {
      case .all: return "1F"
      case .atLeast(let value): least = SQLText.literal(Double(value))
      case .mean: least = "COALESCE(total / rated, 0D) - \(SQLText.literal(tolerance))"
      case .liked:
        guard let reference = rule.reference else { return "1F" }
        least =
          "IF(least IS NULL OR least = most, \(SQLText.literal(Double(reference.middle))), "
          + "(total + 5D * \(SQLText.literal(Double(reference.mean)))) / (rated + 5D)) - \(SQLText.literal(tolerance))"
      }
      let isUnrated = rule.notRated.map { " OR v = \(SQLText.literal($0))" } ?? ""
      return "IF(v >= \(least)\(isUnrated), 1F, 0F)"
    }

    /// The items in order, with the number of users who like each, and the sum of weights or that number as fame.
    static func itemTable(addingWeights: Bool) -> String {
      let fame = addingWeights ? "weight" : "liked"
      return """
        SELECT a.i, a.n, CAST(COALESCE(b.liked, 0) AS FLOAT) AS liked, CAST(COALESCE(b.\(fame), 0) AS FLOAT) AS fame \
        FROM kindred_items a LEFT JOIN (SELECT ip, COUNT(*) AS liked, SUM(CAST(w AS DOUBLE)) AS weight \
        FROM kindred_ratings WHERE w > 0 GROUP BY ip) b ON a.p = b.ip ORDER BY a.p
        """
    }

    /// The events that are liked, by position of user and item.
    static func events(keepingRepeats: Bool) -> String {
      guard keepingRepeats else { return "SELECT up, ip, COALESCE(t, \(noTime)) AS t FROM kindred_ratings WHERE w > 0" }
      return """
        SELECT DISTINCT b.p AS up, c.p AS ip, COALESCE(a.t, \(noTime)) AS t FROM kindred_raw a \
        JOIN kindred_users b ON a.u = b.u JOIN kindred_items c ON a.i = c.i \
        JOIN kindred_ratings r ON r.up = b.p AND r.ip = c.p WHERE r.w > 0 AND a.v > 0
        """
    }

    /// The first number of each slice of a view's rows, ordered by a column of numbers; rows of a number stay together.
    static func slices(of view: String, by column: String, rows: Int) -> String {
      """
      SELECT CAST(MIN(c) AS INT) AS first FROM (SELECT c, SUM(n) OVER (ORDER BY c) - n AS before FROM \
      (SELECT \(column) AS c, COUNT(*) AS n FROM \(view) GROUP BY \(column))) GROUP BY before DIV \(rows) ORDER BY first
      """
    }

    /// The pairs, or the events, of the users that meet a condition on `up`, in order of users and times.
    static func histories(keepingRepeats: Bool, where condition: String) -> String {
      guard keepingRepeats else {
        return "SELECT up, ip, v, COALESCE(t, \(noTime)) AS t, 0 AS earlier FROM kindred_ratings WHERE \(condition) "
          + "ORDER BY up, t, ip"
      }
      return """
        SELECT up, ip, v, t, IF(ROW_NUMBER() OVER (PARTITION BY up, ip ORDER BY t DESC) = 1, 0, 1) AS earlier FROM \
        (SELECT DISTINCT b.p AS up, c.p AS ip, r.v, COALESCE(a.t, \(noTime)) AS t FROM kindred_raw a \
        JOIN kindred_users b ON a.u = b.u JOIN kindred_items c ON a.i = c.i \
        JOIN kindred_ratings r ON r.up = b.p AND r.ip = c.p) WHERE \(condition) ORDER BY up, t, ip
        """
    }
  }
#endif
