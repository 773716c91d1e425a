#if Spark
  import Kindred
  import Testing

  @testable import KindredSpark

  @Suite struct SparkQueriesTests {
    @Test func namesAndTextsAreQuoted() {
      #expect(SQLText.name("a`b") == "`a``b`")
      #expect(SQLText.name("`") == "````")
      #expect(SQLText.literal(#"it's \ 'x'"#) == #"'it\'s \\ \'x\''"#)
      #expect(SQLText.literal(0.1) == "0.1D")
    }

    @Test func columnsAndKindsAreTakenFromTheTable() throws {
      let columns = try NamedColumns(header: ["user_id:token", "item", "event", "at"], request: nil, file: "f")
      #expect(
        SparkQueries.raw(columns, time: nil, kinds: ["view": 1, "it's": -2]) == """
          SELECT CAST(`user_id:token` AS STRING) AS u, CAST(`item` AS STRING) AS i, CASE CAST(`event` AS STRING) WHEN \
          'it\\'s' THEN CAST(-2.0D AS FLOAT) WHEN 'view' THEN CAST(1.0D AS FLOAT) END AS v, CAST(NULL AS BIGINT) AS t, \
          CAST(`event` AS STRING) AS k FROM kindred_source WHERE CAST(`event` AS STRING) IN ('it\\'s', 'view')
          """)
    }

    @Test func policiesDifferInTheValueOfAPair() {
      func value(_ policy: InteractionReader.DuplicatePolicy) -> String {
        SparkQueries.pairs(policy, addsKinds: false, minimum: nil)
      }
      #expect(value(.mean) == "SELECT u, i, CAST(AVG(v) AS FLOAT) AS v, MAX(t) AS t FROM kindred_raw GROUP BY u, i")
      #expect(value(.sum).contains("CAST(SUM(v) AS FLOAT)"))
      #expect(value(.last).contains("MAX_BY(v, STRUCT(t, v))"))
      #expect(value(.keep) == value(.last))
      #expect(
        SparkQueries.pairs(.last, addsKinds: false, minimum: 3) == "SELECT * FROM (\(value(.last))) WHERE v >= "
          + "CAST(3.0D AS FLOAT)")
    }

    @Test func weightsFollowTheRule() {
      var rule = FeedbackRule()
      #expect(SparkQueries.weighted(by: rule, latest: nil).hasPrefix("SELECT up, ip, v, t, CAST(1F AS FLOAT) AS w "))
      rule.positive = .liked
      rule.reference = FeedbackRule.Reference(mean: 3.5, middle: 3)
      #expect(
        SparkQueries.weighted(by: rule, latest: nil).contains(
          "IF(v >= IF(least IS NULL OR least = most, 3.0D, (total + 5D * 3.5D) / (rated + 5D)) - 1e-05D, 1F, 0F)"))
      rule.notRated = 0
      #expect(SparkQueries.weighted(by: rule, latest: nil).contains(" OR v = CAST(0.0D AS FLOAT), 1F, 0F)"))
      rule = FeedbackRule()
      rule.dampsCounts = true
      #expect(SparkQueries.weighted(by: rule, latest: nil).contains("LOG2(1D + v)"))
      rule = FeedbackRule()
      (rule.kinds, rule.halfLife) = (["buy": 2], 1)
      #expect(
        SparkQueries.weighted(by: rule, latest: 7).contains(
          "(GREATEST(v, 0F)) * IF(t IS NULL, 1D, POWER(2D, (t - 7) / 86400000000.0D))"))
    }

    @Test(arguments: [
      ("a/ratings.parquet", "parquet"), ("s3a://b/r.parquet/*", "parquet"), ("r.csv.gz", "csv"), ("r.inter", "csv"),
      ("r.jsonl", "json"), ("R.ORC", "orc"),
    ])
    func formatsFollowFromNames(_ path: String, _ format: String) throws {
      #expect(try SparkFile([path]).format == format)
    }

    @Test func otherFormatsAreErrors() {
      for paths in [["r"], ["r.xlsx"], ["a.csv", "b.parquet"], ["/"], [""]] {
        #expect(throws: SparkError.self) { try SparkFile(paths) }
      }
    }

    @Test func errorsHaveSparksCauseInOneLine() {
      let error = SparkError(
        code: .other, message: "[PATH_NOT_FOUND] Path does not exist: file:/x. SQLSTATE: 42K03\n== SQL ==\nat …",
        server: "h:1")
      #expect(error.reason == .missingInput)
      #expect(
        error.description == "Spark finds no ratings: [PATH_NOT_FOUND] Path does not exist: file:/x. SQLSTATE: 42K03")
      #expect(SparkError(code: .unavailable, message: "", server: "h:1").description.contains("no cause is given"))
    }
  }
#endif
