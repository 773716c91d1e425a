import Foundation
import Testing

/// `evaluate` by time, and of events one by one.
@Suite struct NextEventTests {
  /// Popularity ranks 1 before 2 and 3. User a is known, x is a stranger, and item 4 was never trained on.
  private static let train = "user,item,timestamp\na,1,10\na,2,11\nb,1,10\nc,1,10\nc,3,12\n"
  private static let test = "user,item,timestamp\nx,4,33\na,3,30\nx,1,31\nx,2,32\n"

  private func evaluate(_ arguments: String..., train: String = train, test: String = test) throws -> [String: Any] {
    let folder = Folder()
    let files = ["--ratings", folder.write(train, to: "train.csv"), "--test", folder.write(test, to: "test.csv")]
    let outcome = try Command(["evaluate", "popularity", "--cutoffs", "1,2", "--json"] + files + arguments).finish()
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try outcome.object()
  }

  private func part(_ object: [String: Any], _ name: String) throws -> [String: Double?] {
    try #require(object[name] as? [String: Any]).mapValues { $0 as? Double }
  }

  @Test func strangersEventsAreRevealedOneByOne() throws {
    let object = try evaluate("--next", "all")
    func figure(_ name: String) -> Double { object[name] as? Double ?? .nan }
    // For a 3 is first; for x 2 is first after 1, and 4 is a miss.
    #expect(abs(figure("hit_rate@1") - 2.0 / 3) < 1e-9 && abs(figure("mrr@2") - 2.0 / 3) < 1e-9)
    #expect(abs(figure("ndcg@2") - 2.0 / 3) < 1e-9 && object["next"] as? String == "all")
    #expect(figure("lists") == 3 && figure("tested_users") == 2 && figure("unpredicted_events") == 1)
    let (warm, cold) = (try part(object, "warm"), try part(object, "cold"))
    #expect(warm["users"] == 1 && warm["lists"] == 1 && warm["hit_rate@1"] == 1)
    #expect(cold["users"] == 1 && cold["lists"] == 2 && cold["hit_rate@1"] == 0.5 && cold["mrr@2"] == 0.5)
    // Popularity does not look at the order.
    #expect(abs(figure("shuffled_ndcg@2") - figure("ndcg@2")) < 1e-9)
    #expect(object["disliked@1"] is NSNull)
    let last = try evaluate("--next", "last")
    #expect(last["hit_rate@1"] as? Double == 0.5 && last["lists"] as? Int == 2)
    #expect(last["unpredicted_events"] as? Int == 0)
  }

  @Test func observedItemsCanBeIncluded() throws {
    let test = "user,item,timestamp\nx,1,31\nx,2,32\na,3,30\n"
    #expect(try evaluate("--next", "last", test: test)["hit_rate@1"] as? Double == 1)
    // Now 1 and 2 lead both lists.
    let with = try evaluate("--next", "last", "--include-observed", test: test)
    #expect(with["hit_rate@1"] as? Double == 0 && with["hit_rate@2"] as? Double == 0.5)
  }

  /// Users who hear one item once, and then one of four others eleven times.
  private static let listening =
    "user,item,timestamp\n"
    + (0..<240).map { "u\($0 % 20),\($0 % 4 + ($0 < 20 ? 4 : 0)),\(1000 + $0)\n" }.joined()

  @Test func repeatsAreKeptAndSaid() throws {
    let folder = Folder()
    let file = folder.write(Self.listening, to: "log.csv")
    func evaluate(_ arguments: String...) throws -> (figures: [String: Any], errors: String) {
      let outcome = try Command(
        [
          "evaluate", "next-item", "--ratings", file, "--split", "leave-last", "--next", "all", "--cutoffs", "1",
          "--json",
        ]
          + arguments
      ).finish()
      #expect(outcome.status == 0, "\(outcome.errors)")
      return (try outcome.object(), outcome.errors.split(whereSeparator: \.isWhitespace).joined(separator: " "))
    }
    let kept = try evaluate("--include-observed", "--duplicates", "keep")
    #expect(kept.figures["hit_rate@1"] as? Double == 1 && kept.figures["train_ratings"] as? Int == 220)
    #expect(kept.errors.contains("200 rows (83 %) repeat an earlier pair and are kept"))
    let found = try evaluate("--include-observed")
    #expect(found.figures["hit_rate@1"] as? Double == 1 && found.errors.contains("and are kept"))
    // Without repeats in lists, there is nothing new to predict.
    #expect(try evaluate().figures["lists"] as? Int == 0)
    let last = try evaluate("--duplicates", "last")
    #expect(last.figures["train_ratings"] as? Int == 20 && !last.errors.contains("kept"))
  }

  @Test func aModelOfRepeatsListsThemWhenAsked() throws {
    let folder = Folder()
    let file = folder.write(Self.listening, to: "log.csv")
    let model = folder["m.kindred"]
    #expect(try kindred("train", "next-item", "--ratings", file, "--model", model).status == 0)
    let list = try kindred("recommend", "--model", model, "u4", "--include-observed", "--json", "--limit", "1")
    #expect(try list.object()["item"] as? String == "0" && !list.errors.contains("repeats"))
    let new = try kindred("recommend", "--model", model, "u4", "--json", "--limit", "9")
    #expect(new.lines.count == 6 && new.errors.contains("--include-observed"))
    // By way of a store it is the same model.
    let store = folder["s.sqlite"]
    let imported = try kindred("import", file, "--store", store)
    #expect(imported.status == 0 && imported.errors.contains("200 rows repeat an earlier one"))
    #expect(try kindred("train", "next-item", "--store", store, "--model", folder["s.kindred"]).status == 0)
    let stored = try kindred(
      "recommend", "--model", folder["s.kindred"], "u4", "--include-observed", "--json", "--limit", "1")
    #expect(stored.output == list.output)
    // Without times a store cannot tell events apart.
    let timeless = folder.write(
      Self.listening.split(separator: "\n").map { $0.split(separator: ",")[..<2].joined(separator: ",") + "\n" }
        .joined(),
      to: "order.csv")
    let warned = try kindred("import", timeless, "--store", folder["t.sqlite"])
    #expect(warned.status == 0 && warned.errors.contains("by their times"))
  }

  @Test func dislikedItemsAreCounted() throws {
    let train = "user,item,rating\na,1,5\na,2,4\nb,1,5\nc,1,5\nc,3,4\nc,4,1\nc,5,1\n"
    let test = "user,item,rating\na,3,1\na,4,5\nb,2,2.5\nb,3,1\nc,2,4\n"
    // By popularity a gets 3 and 4, and b gets 2 and 3: a dislikes 3, b dislikes both.
    let object = try evaluate(train: train, test: test)
    #expect(object["disliked@1"] as? Double == 0.75 && object["disliked@2"] as? Double == 1)
    #expect(object["tested_users"] as? Int == 2, "b likes nothing")
    let all = try evaluate("--positive", "all", train: train, test: test)
    #expect(all["tested_users"] as? Int == 3 && all["disliked@1"] as? Double == 0.75)
    // The middle is that of all ratings, not of those that are kept.
    let kept = try evaluate("--minimum-value", "2", train: train, test: test)
    #expect(kept["disliked@1"] as? Double == 0.75, "\(kept)")
  }

  @Test func aSplitByTimeNeedsTimes() throws {
    let folder = Folder()
    let file = folder.write("a,1,5\na,2,4\na,3,1\nb,2,4\nb,3,4\nb,1,2\n", to: "r.csv")
    let refused = try kindred("evaluate", "popularity", "--ratings", file, "--split", "time:0.1")
    #expect(refused.status == 65 && refused.output == "" && refused.errorLines.count == 2)
    #expect(refused.errors.contains("no row has a time"))
    let last = try kindred("evaluate", "popularity", "--ratings", file, "--split", "leave-last", "--json")
    #expect(last.status == 0 && last.errors.contains("the order of the rows"))
    #expect(try last.object()["test_ratings"] as? Int == 2)
    let folds = try kindred("evaluate", "popularity", "--ratings", file, "--split", "folds:3")
    #expect(folds.status == 0 && folds.errorLines.count == 1)
  }

  /// 150 users with eight events each, all of them at about the same pace.
  private static let steady = (0..<1200).map { "u\($0 % 150),i\(($0 * 7 + $0 / 150) % 40),\(1_000_000 + $0)" }

  @Test func theDefaultIsByTimeAndIsNamed() throws {
    let folder = Folder()
    func run(_ rows: [String], _ arguments: String...) throws -> Command.Outcome {
      let columns = rows[0].contains(",1") ? "user,item,timestamp" : "user,item"
      let file = folder.write(([columns] + rows).joined(separator: "\n") + "\n", to: "r.csv")
      return try Command(["evaluate", "popularity", "--json", "--ratings", file] + arguments).finish()
    }
    let steady = try run(Self.steady)
    #expect(try steady.object()["split"] as? String == "time:0.1" && steady.object()["test_ratings"] as? Int == 120)
    #expect(steady.errorLines.count == 2 && steady.errors.contains("time:0.1"), "\(steady.errors)")
    for (rows, reason) in [
      (Array(Self.steady.prefix(300)), "known before it"),
      (Self.steady.map { $0.replacing(#/,1000.*/#, with: ",1000000") }, "same time"),
      (Self.steady.map { $0.replacing(#/,1.*/#, with: "") }, "no times"),
    ] {
      let outcome = try run(rows)
      #expect(try outcome.object()["split"] as? String == "user:0.2")
      #expect(outcome.errorLines.count == 2 && outcome.errors.contains(reason), "\(outcome.errors)")
    }
    for (split, flatters) in [
      ("random:0.1", true), ("user:0.2", true), ("folds:2", true), ("leave-last", false), ("time:0.2", false),
    ] {
      let outcome = try run(Self.steady, "--split", split)
      #expect(outcome.errors.contains("later events help to predict earlier ones") == flatters, "\(outcome.errors)")
    }
  }

  @Test func theTableTellsWhoWasPredicted() throws {
    let folder = Folder()
    let files = ["--ratings", folder.write(Self.train, to: "r.csv"), "--test", folder.write(Self.test, to: "t.csv")]
    let report = folder["report.html"]
    let outcome = try Command(
      ["evaluate", "popularity", "--next", "all", "--report", report] + files, environment: ["COLUMNS": "200"]
    ).finish()
    #expect(outcome.output.contains("Predicted 3 events of 2 users: 1 warm, 1 cold."))
    #expect(outcome.output.contains("1 event of users without an earlier one is not predicted."))
    for word in ["hit rate@10", "MRR@20", "warm", "cold", "shuffled"] { #expect(outcome.output.contains(word)) }
    let page = folder.text(of: "report.html")
    for words in ["Users and order", "1 warm, 1 cold", "The order of histories matters to none"] {
      #expect(page.contains(words), "\(words)")
    }
  }

  @Test(arguments: [
    ["--next", "first"], ["--positive", "some"], ["--split", "leave-last:0"], ["--positive", "nan"],
  ])
  func refusesWhatMakesNoSense(_ arguments: [String]) throws {
    let outcome = try Command(["evaluate", "mean", "--ratings", Fixtures.ratingsFile] + arguments).finish()
    #expect(outcome.status == 64 && outcome.output == "")
  }

  @Test func likedIsTheDefaultForRatings() throws {
    func figures(_ arguments: String...) throws -> [Double?] {
      let outcome = try Command(
        ["evaluate", "ease", "--ratings", Fixtures.ratingsFile, "--json", "--split", "user:0.2"] + arguments
      ).finish()
      let object = try outcome.object()
      return ["ndcg@10", "recall@20", "disliked@10"].map { object[$0] as? Double }
    }
    let standard = try figures()
    #expect(try figures("--positive", "liked") == standard && figures("--positive", "all") != standard)
    #expect(!standard.contains(nil))
  }
}
