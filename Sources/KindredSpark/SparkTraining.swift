#if Spark
  import Kindred

  /// A training on a cluster: Spark joins, counts and factorizes, and Kindred finishes what comes back.
  package struct SparkTraining: Sendable {
    /// The most pairs of items, or histories, that come back, so that they stay well below 1 GB of memory.
    package struct Limits: Sendable {
      package var pairs = 40_000_000
      package var histories = 7_000_000
      package init() {}
    }

    package let ratings: SparkRatings
    package let rule: FeedbackRule
    package var limits = Limits()
    package let seed: UInt64
    package let parallel: Parallel
    private let note: @Sendable (String) -> Void

    /// - Parameters:
    ///   - ratings: The ratings.
    ///   - rule: The meaning of feedback, with a reference if it compares with one.
    ///   - seed: The seed of the training.
    ///   - threads: The number of threads of what is done here; nil takes one per core.
    ///   - note: Called with a sentence about what is to come, on no particular thread.
    package init(
      of ratings: SparkRatings, rule: FeedbackRule, seed: UInt64, threads: Int?,
      note: @escaping @Sendable (String) -> Void = { _ in }
    ) {
      (self.ratings, self.rule, self.seed, self.note) = (ratings, rule, seed, note)
      parallel = Parallel(threads: threads)
    }

    private var session: SparkSession { ratings.session }

    /// Trains a recommender, which holds the users' histories if there are not too many.
    ///
    /// - Throws: ``SparkError``, or ``TrainingError``.
    package func train(
      _ trainer: any Trainer, itemCatalog: Catalog = Catalog()
    ) async throws -> Recommender<String, String> {
      guard Self.trains(trainer) else {
        throw SparkError(
          .usage,
          "\(type(of: trainer).name) is not trained on Spark; als, implicit-als, ease, item-knn, next-item and "
            + "popularity are")
      }
      try trainer.checkSettings()
      guard let weights = try await ratings.weigh(by: rule) else {
        throw SparkError(.badData, "nothing among the ratings counts as liked")
      }
      let areWeights = weights != 1...1
      let isDamped = rule.dampsCounts && rule.kinds.isEmpty
      let items = try await ratings.items(addingWeights: areWeights && !isDamped)
      let model: any Scorer
      switch trainer {
      case let trainer as ALS: model = try await factors(trainer)
      case let trainer as ImplicitALS:
        model = try await factors(
          trainer, liked: items.liked.reduce(0) { $0 + Double($1) }, isWeighted: trainer.weighted || areWeights)
      case let trainer as EASE: model = try await regression(trainer, items.liked)
      case let trainer as ItemKNN: model = try await neighbors(trainer, items.liked)
      case let trainer as NextItem: model = try await transitions(trainer)
      default: model = FactorModel(users: [], items: items.fame.map { _ in [] }, itemBiases: items.fame, foldIn: .none)
      }
      var provenance = Provenance()
      provenance.ranking = Provenance.Training(
        algorithm: type(of: trainer).name, settings: trainer.parameters)
      provenance.seed = seed
      provenance.interactionCount = ratings.count
      provenance.other["trained_on"] = "Spark \(try await session.version())"
      let recommender = Recommender(
        items: items.ids, itemCatalog: itemCatalog, model: model, rule: rule, popularity: items.popularity,
        fame: items.fame,
        latestTime: ratings.latestTime, provenance: provenance)
      guard ratings.count <= limits.histories else {
        note(
          "The model holds no users: \(ratings.count.grouped) ratings are more than the \(limits.histories.grouped) "
            + "that are brought here. Give it histories, or serve it beside a store.")
        return recommender
      }
      note("\(ratings.count.grouped) ratings come back for the users' histories: \((ratings.count * 28).asMemory).")
      let histories = try await ratings.interactions(items: items.ids)
      try Task.checkCancellation()
      return await recommender.replacingUsers(with: histories, threads: parallel.threads)
    }

    private static func trains(_ trainer: any Trainer) -> Bool {
      trainer is ALS || trainer is ImplicitALS || trainer is EASE || trainer is ItemKNN || trainer is NextItem
        || trainer is Popularity
    }

    // MARK: Factors

    /// Ratings are factorized after their mean and the biases of users and items, which Spark's model lacks, were taken
    /// off. The users' biases are solved for again with their factors.
    private func factors(_ trainer: ALS) async throws -> RatingModel {
      let values = try await ratings.statistics(of: "kindred_ratings", notRated: rule.notRated)
      guard values.scale.lowerBound < values.scale.upperBound else {
        throw TrainingError(.unsuitableData("all values are equal, so there is nothing to predict"))
      }
      let unit = values.deviation > 0 ? values.deviation / 1.05 : 1
      note("Spark's factors fit what the mean and the biases of users and items leave of each rating.")
      let queries = SparkFactorQueries(mean: values.mean, notRated: rule.notRated)
      try await SparkRatings.cache("kindred_item_biases", queries.itemBiases, session)
      try await SparkRatings.cache("kindred_residuals", queries.residuals, session)
      let biases = try await session.query(
        "SELECT ip, b FROM kindred_item_biases", into: [Float](repeating: 0, count: ratings.itemCount)
      ) { biases, table in
        for (item, bias) in zip(try table.int32s("ip"), try table.floats("b")) {
          guard biases.indices.contains(Int(item)) else { throw Self.outOfRange }
          biases[Int(item)] = bias
        }
      }
      let regularization = trainer.regularization * unit
      let items = try await fit(
        rank: trainer.rank, epochs: trainer.epochs, regularization: Double(regularization), implicitWeight: nil,
        to: "SELECT up AS user, ip AS item, r AS rating FROM kindred_residuals")
      return RatingModel(
        factors: FactorModel(
          users: [], items: items, itemBiases: biases, mean: values.mean,
          foldIn: .ridge(regularization: regularization, exponent: 1, biasScale: trainer.biasScale / unit),
          using: parallel),
        scale: values.scale)
    }

    private func factors(_ trainer: ImplicitALS, liked: Double, isWeighted: Bool) async throws -> FactorModel {
      let cells = Double(ratings.userCount) * Double(ratings.itemCount)
      let (rank, weight) = trainer.settled(density: Float(liked / cells))
      // Kindred: Σ_S w (p·q − 1)² + α Σ (p·q)² + λ Σ_u (n_u + α·items) ‖p_u‖² + …
      // Spark: Σ (1 + a·w) (p·q − [w > 0])² + r Σ_u n_u ‖p_u‖² + …
      // Divided by α, the weights of the squares agree with a = 1/α. The first two sums draw an observed pair of weight
      // 1 to 1/(1 + α), and Spark draws it to 1: its factors are longer by √(1 + α) under a penalty that is 1 + α times
      // as large, and are shrunk here. Spark's penalty has no part that is equal for all rows; r gives both penalties
      // the same sum over all observed pairs, in the mean of users and items.
      let alpha = Double(weight)
      let rowsPerPair =
        try await
        (Double(ratings.itemCount) / pairsOfRow("up", liked) + Double(ratings.userCount) / pairsOfRow("ip", liked)) / 2
      let regularization = Double(trainer.regularization) * (1 + alpha) * (1 / alpha + rowsPerPair)
      let items = try await fit(
        rank: rank, epochs: trainer.epochs, regularization: regularization, implicitWeight: 1 / alpha,
        to: "SELECT up AS user, ip AS item, \(isWeighted ? "w" : "CAST(1 AS FLOAT)") AS rating FROM kindred_ratings "
          + "WHERE w > 0")
      let shrinking = Float(1 / (1 + alpha).squareRoot())
      return FactorModel(
        users: [], items: items.map { $0.map { $0 * shrinking } },
        foldIn: .implicit(
          regularization: trainer.regularization, unobservedWeight: weight, weighted: isWeighted),
        using: parallel)
    }

    /// The number of liked pairs of the row of a liked pair, in the mean over all of them.
    private func pairsOfRow(_ column: String, _ liked: Double) async throws -> Double {
      let squares = try await session.row(
        "SELECT SUM(CAST(n AS DOUBLE) * n) AS s FROM (SELECT COUNT(*) AS n FROM kindred_ratings WHERE w > 0 "
          + "GROUP BY \(column))"
      ).doubles("s")[0]
      return max(1, squares / max(1, liked))
    }

    /// Fits Spark's ALS, and brings the items' factors here; items without a rating have zeros.
    private func fit(
      rank: Int, epochs: Int, regularization: Double, implicitWeight: Double?, to sql: String
    ) async throws -> [[Float]] {
      let bytes = (ratings.userCount + ratings.itemCount) * (4 * rank + 64)
      note(
        "Spark fits \(rank) factors in \(epochs) passes; \((ratings.itemCount * rank * 4).asMemory) of factors come "
          + "back."
      )
      try await session.set([
        "spark.connect.session.connectML.mlCache.memoryControl.maxModelSize": "\(max(1 << 30, 2 * bytes))"
      ])
      // The number of blocks decides the order of sums, so it follows from the data and not from the cluster.
      let blocks = Int32(min(200, max(4, ratings.count / 5_000_000)))
      var settings: [String: SparkSession.Setting] = [
        "rank": .integer(Int32(rank)), "maxIter": .integer(Int32(epochs)), "regParam": .double(regularization),
        "seed": .long(Int64(bitPattern: seed)), "userCol": .text("user"), "itemCol": .text("item"),
        "ratingCol": .text("rating"), "numUserBlocks": .integer(blocks), "numItemBlocks": .integer(blocks),
        "implicitPrefs": .flag(implicitWeight != nil),
      ]
      if let implicitWeight { settings["alpha"] = .double(implicitWeight) }
      let model = try await session.fit("org.apache.spark.ml.recommendation.ALS", settings, to: sql)
      let none = [Float](repeating: 0, count: rank)
      let initial = [[Float]](repeating: none, count: ratings.itemCount)
      return try await session.table("itemFactors", of: model, into: initial) { factors, table in
        for (item, row) in zip(try table.int32s("id"), try table.rows("features", width: rank)) {
          guard factors.indices.contains(Int(item)) else { throw Self.outOfRange }
          factors[Int(item)] = row
        }
      }
    }

    private static let outOfRange = SparkError(.badData, "Spark sent a position that is out of range")
    private static let outOfOrder = SparkError(.badData, "Spark sent sums out of order or out of range")

    // MARK: Sums over pairs

    /// Refuses more pairs than fit into the client's memory.
    private func checkPairs(_ count: Int, _ cure: String) throws {
      guard count <= limits.pairs else {
        throw TrainingError(
          .unsuitableData(
            "\(count.grouped) pairs of items have common users, and at most \(limits.pairs.grouped) are brought here; "
              + cure))
      }
      note("\(count.grouped) sums of pairs of items come back: \((count * 12).asMemory).")
    }

    private func regression(_ trainer: EASE, _ users: [Float]) async throws -> ItemModel {
      try await SparkRatings.cache("kindred_sums", SparkPairQueries.common, session)
      let count = Int(try await session.row("SELECT COUNT(*) AS n FROM kindred_sums").int64s("n")[0])
      try checkPairs(count, "keep fewer items, such as those with ten users or more (a core), or train implicit-als")
      let empty = OrderedCells(rowCount: users.count, columnCount: users.count)
      let pairs = try await session.query(
        slicesOf: "kindred_sums", by: "a", { "SELECT a, b, s FROM kindred_sums WHERE \($0) ORDER BY a, b" },
        into: empty, Self.append)
      var nearest: OrderedCells?
      if let most = trainer.neighborLimit(items: users.count) {
        nearest = try await session.query(
          SparkPairQueries.nearestByCosine(most), into: empty, Self.append)
      }
      let (sums, neighbors) = (pairs, nearest)
      return try await parallel.detached { (parallel) throws(TrainingError) in
        try trainer.model(users: users, pairs: sums, neighbors: neighbors, using: parallel)
      }.get()
    }

    @Sendable private static func append(_ cells: inout OrderedCells, _ table: ArrowTable) throws {
      let (rows, columns, values) = (try table.int32s("a"), try table.int32s("b"), try table.floats("s"))
      for place in rows.indices {
        guard cells.append(row: rows[place], column: columns[place], values[place]) else { throw outOfOrder }
      }
    }

    private func neighbors(_ trainer: ItemKNN, _ users: [Float]) async throws -> ItemModel {
      let count = Int32(users.count)
      note("At most \((users.count * trainer.neighbors).grouped) similarities come back.")
      let weights = try await session.query(
        SparkPairQueries.similarities(trainer, items: users.count), into: [(from: Int32, to: Int32, weight: Float)]()
      ) { weights, table in
        let (items, others, values) = (try table.int32s("a"), try table.int32s("b"), try table.floats("s"))
        for place in items.indices {
          guard (0..<count).contains(items[place]), (0..<count).contains(others[place]) else { throw Self.outOfRange }
          weights.append((from: others[place], to: items[place], weight: values[place]))
        }
      }
      return ItemModel(itemCount: users.count, weights: weights)
    }

    private func transitions(_ trainer: NextItem) async throws -> ItemModel {
      let trainer = trainer.suited(toItems: ratings.itemCount)
      let queries = SparkWindowQueries(trainer.window)
      try await SparkRatings.cache("kindred_sequences", SparkWindowQueries.sequences, session)
      try await SparkRatings.cache("kindred_window", queries.window, session)
      try await SparkRatings.cache("kindred_sums", queries.sums, session)
      let count = Int(try await session.row("SELECT COUNT(*) AS n FROM kindred_sums").int64s("n")[0])
      try checkPairs(count, "keep fewer items, such as those with ten users or more (a core)")
      let rates = trainer.window.rates
      struct Own: Sendable { var events: [Float], sums: [[Float]], cross: [Float], hasRepeats = false }
      let zeros = [Float](repeating: 0, count: ratings.itemCount)
      let own = try await session.query(
        queries.own,
        into: Own(events: zeros, sums: Array(repeating: zeros, count: rates), cross: rates == 2 ? zeros : [])
      ) { own, table in
        let columns = try (0..<rates).map { try table.floats("own\($0)") }
        let cross = rates == 2 ? try table.floats("cross") : []
        let (items, events, repeats) = (try table.int32s("ip"), try table.floats("events"), try table.int32s("repeats"))
        for place in items.indices {
          let item = Int(items[place])
          guard own.events.indices.contains(item) else { throw Self.outOfRange }
          own.events[item] = events[place]
          for rate in 0..<rates { own.sums[rate][item] = columns[rate][place] }
          if rates == 2 { own.cross[item] = cross[place] }
          own.hasRepeats = own.hasRepeats || repeats[place] > 0
        }
      }
      let products = rates == 1 ? ["p00"] : ["p00", "p10", "p11"]
      let sums = try await session.query(
        slicesOf: "kindred_sums", by: "a", { "SELECT * FROM kindred_sums WHERE \($0) ORDER BY a, b" },
        into: NextItemSums(trainer, events: own.events, own: own.sums, cross: own.cross, hasRepeats: own.hasRepeats)
      ) { sums, table in
        let (items, others) = (try table.int32s("a"), try table.int32s("b"))
        let transitions = try (0..<rates).map { try table.floats("c\($0)") }
        let products = try products.map { try table.floats($0) }
        for place in items.indices {
          guard
            sums.add(
              items[place], others[place], transitions: transitions.map { $0[place] },
              products: products.map { $0[place] })
          else { throw Self.outOfOrder }
        }
      }
      return try await parallel.detached { (parallel) throws(TrainingError) in try sums.model(using: parallel) }.get()
    }
  }
#endif
