#if Spark
  import Kindred

  /// The queries of the factor model of ratings.
  struct SparkFactorQueries {
    let mean: Float
    let notRated: Float?

    private var rated: String {
      "(SELECT up, ip, v - \(SQLText.literal(Double(mean))) AS d FROM kindred_ratings\(SparkQueries.rated(notRated)))"
    }

    private static let itemDamping = 3
    private static let userDamping = 5

    /// The mean deviation of each item from the mean and the users' own deviations, damped.
    var itemBiases: String {
      let raw = "SELECT ip, SUM(d) / (COUNT(*) + \(Self.itemDamping)) AS b FROM \(rated) GROUP BY ip"
      return """
        SELECT a.ip, CAST(SUM(a.d - u.b) / (COUNT(*) + \(Self.itemDamping)) AS FLOAT) AS b FROM \(rated) a \
        JOIN (SELECT x.up, SUM(x.d - y.b) / (COUNT(*) + \(Self.userDamping)) AS b FROM \(rated) x \
        JOIN (\(raw)) y ON x.ip = y.ip GROUP BY x.up) u ON a.up = u.up GROUP BY a.ip
        """
    }

    /// What the biases leave of each rating, in an order that does not depend on the cluster.
    var residuals: String {
      """
      SELECT up, ip, CAST(d - SUM(d) OVER (PARTITION BY up) / (COUNT(*) OVER (PARTITION BY up) + \(Self.userDamping)) \
      AS FLOAT) AS r FROM (SELECT a.up, a.ip, a.d - b.b AS d FROM \(rated) a JOIN kindred_item_biases b \
      ON a.ip = b.ip) \
      DISTRIBUTE BY up SORT BY up, ip
      """
    }
  }

  /// The queries of sums over pairs of items that a user likes.
  enum SparkPairQueries {
    private static let liked = "(SELECT up, ip FROM kindred_ratings WHERE w > 0)"

    /// The number of common users s of each item a and each item b before it.
    static let common = """
      SELECT x.ip AS a, y.ip AS b, CAST(COUNT(*) AS FLOAT) AS s FROM \(liked) x JOIN \(liked) y \
      ON x.up = y.up AND y.ip < x.ip GROUP BY x.ip, y.ip
      """

    private static let users = "(SELECT ip, CAST(COUNT(*) AS DOUBLE) AS n FROM kindred_ratings WHERE w > 0 GROUP BY ip)"

    /// Of each item a the items b nearest by cosine, with the number of common users; few of an item of few users.
    static func nearestByCosine(_ most: Int) -> String {
      """
      SELECT a, b, s FROM (SELECT a, b, s, n, ROW_NUMBER() OVER (PARTITION BY a ORDER BY s / SQRT(n * m) DESC, b) \
      AS rank \
      FROM (SELECT p.a, p.b, p.s, x.n, y.n AS m FROM (SELECT a, b, s FROM kindred_sums UNION ALL \
      SELECT b AS a, a AS b, s FROM kindred_sums) p JOIN \(users) x ON p.a = x.ip JOIN \(users) y ON p.b = y.ip)) \
      WHERE rank <= LEAST(\(most), 10 + 10 * n) ORDER BY a, b
      """
    }

    /// Of each item a the most similar items b, with their similarity.
    static func similarities(_ trainer: ItemKNN, items: Int) -> String {
      let isWeighted = trainer.similarity == .tfidf || trainer.similarity == .bm25
      let weight = isWeighted ? "POWER(LN(\(items)D / COUNT(*) OVER (PARTITION BY up)), 2)" : "1D"
      let weighted = "(SELECT up, ip, \(weight) AS g FROM \(liked))"
      let norm: String
      switch trainer.similarity {
      case .jaccard, .cosine, .tfidf: norm = "IF(SUM(g) > 0, 1 / SQRT(SUM(g)), 0D)"
      case .bm25: norm = "2.2D / (1.2D * (0.25D + 0.75D * COUNT(*) / (SUM(COUNT(*)) OVER () / \(items)D)) + 1)"
      }
      var likeness =
        trainer.similarity == .jaccard ? "p.s / (x.n + y.n - p.s)" : "p.s * x.norm * y.norm"
      if trainer.shrinkage > 0 {
        likeness = "(\(likeness)) * (p.c / (p.c + \(SQLText.literal(Double(trainer.shrinkage)))))"
      }
      return """
        WITH chosen AS \(weighted), sizes AS (SELECT ip, CAST(COUNT(*) AS DOUBLE) AS n, \(norm) AS norm FROM chosen \
        GROUP BY ip), sums AS (SELECT x.ip AS a, y.ip AS b, SUM(x.g) AS s, CAST(COUNT(*) AS DOUBLE) AS c FROM chosen x \
        JOIN chosen y ON x.up = y.up AND y.ip < x.ip GROUP BY x.ip, y.ip) \
        SELECT a, b, s FROM (SELECT a, b, CAST(l AS FLOAT) AS s, ROW_NUMBER() OVER (PARTITION BY a ORDER BY l DESC, b) \
        AS rank FROM (SELECT p.a, p.b, \(likeness) AS l FROM (SELECT a, b, s, c FROM sums UNION ALL \
        SELECT b AS a, a AS b, \
        s, c FROM sums) p JOIN sizes x ON p.a = x.ip JOIN sizes y ON p.b = y.ip)) WHERE rank <= \(trainer.neighbors) \
        AND s > 0
        """
    }
  }

  /// The queries of sums over pairs of events that are close in time.
  struct SparkWindowQueries {
    private let weights: NextItemWindow

    init(_ weights: NextItemWindow) { self.weights = weights }

    /// The events of each user in order: place, number of events, item.
    static let sequences = """
      SELECT up, ip, CAST(ROW_NUMBER() OVER (PARTITION BY up ORDER BY t, ip) - 1 AS INT) AS place, \
      CAST(COUNT(*) OVER (PARTITION BY up) AS INT) AS n FROM kindred_events
      """

    /// The pairs of rates of products: that of the later event, and that of the earlier one.
    private var ratePairs: [(later: Int, earlier: Int)] {
      (0..<weights.rates).flatMap { later in (0..<weights.rates).map { (later, $0) } }
    }

    private func transition(_ rate: Int) -> String {
      "SUM(ELEMENT_AT(\(SQLText.array(weights.transitions[rate])), d + 1)) AS f\(rate)"
    }

    private func product(_ later: Int, _ earlier: Int) -> String {
      "SUM(IF(steps < 0, 0D, ELEMENT_AT(\(SQLText.array(weights.products[later][earlier])), "
        + "LEAST(steps, \(weights.steps - 1)) * \(weights.width) + d + 1))) AS q\(later)\(earlier)"
    }

    /// For an earlier and a later item the sums over their events, d steps apart, the later followed by `steps` others.
    var window: String {
      let sums = (0..<weights.rates).map(transition) + ratePairs.map { product($0.later, $0.earlier) }
      return """
        SELECT later, earlier, \(sums.joined(separator: ", ")) FROM (SELECT ip AS later, n - 2 - place AS steps, \
        SIZE(before) - k AS d, earlier FROM (SELECT ip, n, place, COLLECT_LIST(ip) OVER (PARTITION BY up \
        ORDER BY place \
        ROWS BETWEEN \(weights.width - 1) PRECEDING AND 1 PRECEDING) AS before FROM kindred_sequences) \
        LATERAL VIEW POSEXPLODE(before) e AS k, earlier) GROUP BY later, earlier
        """
    }

    /// The sums for each item a and each other item b: transitions from b to a, and products by both rates.
    var sums: String {
      let rates = 0..<weights.rates
      let pairs = ratePairs.filter { $0.later >= $0.earlier }
      let names = rates.map { "c\($0)" } + pairs.map { "p\($0.later)\($0.earlier)" }
      let ahead =
        rates.map { "f\($0) AS c\($0)" } + pairs.map { "q\($0.later)\($0.earlier) AS p\($0.later)\($0.earlier)" }
      let back =
        rates.map { "f\($0) * \(SQLText.literal(Double(weights.backwardWeight))) AS c\($0)" }
        + pairs.map { "q\($0.earlier)\($0.later) AS p\($0.later)\($0.earlier)" }
      return """
        SELECT a, b, \(names.map { "CAST(SUM(\($0)) AS FLOAT) AS \($0)" }.joined(separator: ", ")) FROM \
        (SELECT later AS a, earlier AS b, \(ahead.joined(separator: ", ")) FROM kindred_window UNION ALL \
        SELECT earlier AS a, later AS b, \(back.joined(separator: ", ")) FROM kindred_window) GROUP BY a, b
        """
    }

    /// For each item its number of events, the sums of its products with itself per rate, and whether users repeat it.
    var own: String {
      let rates = 0..<weights.rates
      var pairs: [(later: Int, earlier: Int, name: String)] = rates.map { ($0, $0, "o\($0)") }
      if weights.rates == 2 { pairs.append((1, 0, "cross")) }
      let sums = pairs.map { pair in
        let diagonal = (0..<weights.steps).map { weights.products[pair.later][pair.earlier][$0 * weights.width] }
        return "SUM(IF(n < place + 2, 0D, ELEMENT_AT(\(SQLText.array(diagonal)), LEAST(n - 2 - place, "
          + "\(weights.steps - 1)) + 1))) AS \(pair.name)"
      }
      let totals =
        rates.map { "CAST(x.o\($0) + COALESCE(y.p\($0)\($0), 0F) AS FLOAT) AS own\($0)" }
        + (weights.rates == 2 ? ["CAST(x.cross AS FLOAT) AS cross"] : [])
      return """
        SELECT x.ip, CAST(x.events AS FLOAT) AS events, IF(x.events > x.users, 1, 0) AS repeats, \
        \(totals.joined(separator: ", ")) FROM (SELECT ip, COUNT(*) AS events, COUNT(DISTINCT up) AS users, \
        \(sums.joined(separator: ", ")) FROM kindred_sequences GROUP BY ip) x \
        LEFT JOIN (SELECT * FROM kindred_sums WHERE a = b) y ON x.ip = y.a
        """
    }
  }
#endif
