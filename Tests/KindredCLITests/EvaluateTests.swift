import Foundation
import Testing

@Suite struct EvaluateTests {
  static let contract: [String] = {
    var names = [
      "algorithm", "parameters", "split", "users", "items", "train_ratings", "test_ratings", "epochs", "threads",
      "rmse",
      "rmse_ci95", "mae", "mae_ci95", "mrr", "next", "relevance", "tested_users", "users_left_out", "lists",
      "unpredicted_events",
      "warm", "cold", "fit_seconds", "epoch_seconds", "recommend_seconds", "peak_memory_mb",
      "columns", "unused_columns", "header", "time_unit", "codes",
    ]
    for cutoff in [3, 7] {
      for name in [
        "precision", "recall", "recall_min", "ndcg", "map", "hit_rate", "mrr", "coverage", "gini", "novelty",
        "disliked",
        "shuffled_ndcg",
      ] { names.append("\(name)@\(cutoff)") }
      names += ["ndcg@\(cutoff)_ci95", "recall@\(cutoff)_ci95"]
    }
    return names.sorted()
  }()

  @Test(
    arguments: [
      ("random:0.1", 0.1), ("user:0.2", 2.0 / 12), ("leave-last", 1.0 / 12), ("leave-last:2", 2.0 / 12),
      ("time:0.1", 0.1), ("folds:3", 1.0 / 3),
    ] as [(String, Double)])
  func evaluatesEachSplit(_ split: String, _ share: Double) throws {
    let outcome = try kindred(
      "evaluate", "als", "--rank", "3", "--epochs", "2", "--ratings", Fixtures.ratingsFile, "--split", split,
      "--cutoffs", "3,7", "--json")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let objects = try outcome.objects()
    #expect(
      objects.compactMap { $0["algorithm"] as? String } == ["als", "popularity", "recent-popularity", "bias", "mean"])
    for object in objects {
      #expect(fields(object) == Self.contract)
      #expect(object["split"] as? String == split)
      let train = try #require(object["train_ratings"] as? Double)
      let test = try #require(object["test_ratings"] as? Double)
      #expect(train + test == Double(Fixtures.ratings.split(separator: "\n").count - 1))
      #expect(abs(test / (train + test) - share) < 0.03)
      let isOrdered = split.hasPrefix("leave-last") || split.hasPrefix("time")
      #expect((object["shuffled_ndcg@3"] is NSNull) == (!isOrdered || object["algorithm"] as? String == "mean"))
    }
    #expect(objects.map { $0["rmse"] is NSNull } == [false, true, true, false, false])
    #expect(objects.map { $0["ndcg@3"] is NSNull } == [false, false, false, false, true])
    #expect((objects.first?["parameters"] as? [String: String])?["rank"] == "3")
  }

  @Test func foldsHaveOneProgress() throws {
    let outcome = try kindred(
      "evaluate", "als", "--rank", "3", "--epochs", "2", "--ratings", Fixtures.ratingsFile, "--split", "folds:3")
    let lines = outcome.errorLines.filter { $0.hasPrefix("als") }
    #expect(!lines.isEmpty && lines.allSatisfy { $0.hasPrefix("als: ") && $0.contains(#/fold [123] of 3$/#) })
  }

  @Test func tablesHaveNoEmptyColumns() throws {
    let folder = Folder()
    let likes = Fixtures.ratings.split(separator: "\n").dropFirst().map {
      $0.split(separator: ",").prefix(2).joined(separator: ",") + "\n"
    }
    let file = folder.write(likes.joined(), to: "likes.csv")
    let lists = try kindred("evaluate", "implicit-als", "--ratings", file, "--split", "folds:2").output
    #expect(lists.contains("fit, all folds") && lists.contains("p of NDCG@10"))
    #expect(!lists.contains("RMSE") && !lists.contains("MAE"))
    let both = try kindred("evaluate", "als", "--epochs", "2", "--ratings", Fixtures.ratingsFile).output
    #expect(both.contains("p of RMSE") && !both.contains("to best") && !both.contains("all folds"))
    // Both tables begin with the algorithm of the best lists.
    let best = try #require(both.firstMatch(of: #/Lists: ([a-z-]+),/#)?.1)
    let first = both.matches(of: #/\n *(?:95 % interval)? .*RMSE.*\n([a-z-]+) /#).map(\.1)
    #expect(first == [best, best], "\(both)")
  }

  @Test func evaluatesOnAFile() throws {
    let folder = Folder()
    let lines = Fixtures.ratings.split(separator: "\n")
    let header = lines[0] + "\n"
    folder.write(header + lines.dropFirst().prefix(300).joined(separator: "\n"), to: "train.csv")
    folder.write(header + lines.dropFirst(301).joined(separator: "\n"), to: "test.csv")
    let arguments = ["--ratings", folder["train.csv"], "--test", folder["test.csv"], "--json"]
    let objects = try Command(["evaluate", "bias"] + arguments).finish().objects()
    #expect(objects.compactMap { $0["algorithm"] as? String } == ["bias", "popularity", "recent-popularity", "mean"])
    #expect(objects.first?["train_ratings"] as? Int == 300)
    #expect(objects.first?["test_ratings"] as? Int == lines.count - 301)
    #expect(objects.first?["split"] as? String == "files")
  }

  @Test func evaluatesThePairIfNoneIsNamed() throws {
    let outcome = try kindred("evaluate", "--ratings", Fixtures.ratingsFile, "--json")
    let names = try outcome.objects().compactMap { $0["algorithm"] as? String }
    #expect(names == ["sgd", "implicit-als", "ease", "blend", "popularity", "recent-popularity", "bias", "mean"])
  }

  /// Three users, four films; what is expected was worked out by hand.
  @Test func countsWhatIsInTheLists() throws {
    let folder = Folder()
    folder.write("user,item,rating\na,1,5\na,2,5\nb,1,5\nc,1,5\nc,2,1\nc,3,5\nc,4,5\n", to: "train.csv")
    folder.write("user,item,rating\na,4,5\nb,2,5\nb,4,5\n", to: "test.csv")
    let arguments = ["--ratings", folder["train.csv"], "--test", folder["test.csv"], "--cutoffs", "2", "--json"]
    let object = try Command(["evaluate", "popularity"] + arguments).finish().object()
    // Lists by popularity, ties in order: a gets 3, 4 and b gets 2, 3.
    func figure(_ name: String) -> Double { object[name] as? Double ?? .nan }
    #expect(abs(figure("precision@2") - 0.5) < 1e-9)
    #expect(abs(figure("recall@2") - (1 + 0.5) / 2) < 1e-9)
    #expect(abs(figure("recall_min@2") - (1 + 0.5) / 2) < 1e-9)
    #expect(abs(figure("hit_rate@2") - 1) < 1e-9)
    #expect(abs(figure("mrr") - (0.5 + 1) / 2) < 1e-9)
    #expect(abs(figure("map@2") - (0.5 + 0.5) / 2) < 1e-9)
    let second = 1 / log2(3.0)
    #expect(abs(figure("ndcg@2") - (second + 1 / (1 + second)) / 2) < 1e-9)
    #expect(abs(figure("coverage@2") - 0.75) < 1e-9)
    // Counts 0, 1, 1, 2: Σ (2i − 5) x = 2, over 4 · 4.
    #expect(abs(figure("gini@2") - (-1.0 + 1 + 6) / 16) < 1e-9)
    // Of three users two had film 2, one had 3 and one had 4.
    #expect(abs(figure("novelty@2") - (3 * log2(3.0) + log2(1.5)) / 4) < 1e-9)
    // Recall 1 and ½: a resample of two users has a mean of ½, ¾ or 1.
    #expect(object["recall@2_ci95"] as? [Double] == [0.5, 1])
  }

  @Test func detailsNameClassesAndComparisons() throws {
    let outcome = try kindred(
      "evaluate", "als", "--rank", "3", "--epochs", "2", "--ratings", Fixtures.ratingsFile, "--details", "--json")
    let object = try #require(try outcome.objects().first)
    #expect(fields(object).count > Self.contract.count)
    let activity = try #require(object["by_activity"] as? [[String: Any]])
    #expect(activity.compactMap { $0["people"] as? String }.isEmpty == false)
    let comparisons = try #require(object["comparisons"] as? [[String: Any]])
    #expect(
      Set(comparisons.compactMap { $0["with"] as? String }) == ["popularity", "recent-popularity", "bias", "mean"])
    #expect((object["by_popularity"] as? [Any])?.count == 3)
    #expect((object["calibration"] as? [Any])?.isEmpty == false)
  }

  @Test func warnsOfALeakAndOfNothingElse() throws {
    let folder = Folder()
    folder.write("user,item,rating\na,1,5\na,2,5\nb,1,5\nc,1,5\nc,2,1\n", to: "train.csv")
    folder.write("user,item,rating\na,1,5\nb,2,5\n", to: "leaky.csv")
    folder.write("user,item,rating\nb,2,5\n", to: "clean.csv")
    for (file, leaks) in [("leaky.csv", true), ("clean.csv", false)] {
      let arguments = ["evaluate", "bias", "--ratings", folder["train.csv"], "--test", folder[file]]
      let outcome = try Command(arguments).finish()
      #expect(outcome.status == 0)
      #expect(outcome.errors.contains("too good") == leaks)
    }
  }

  @Test(arguments: [
    ["--split", "some"], ["--split", "random:2"], ["--split", "folds:1"], ["--cutoffs", "0"], ["--cutoffs", "a"],
    ["--split", "leave-last", "--test", "x"], ["--rank", "3"], ["sgd", "als", "--rank", "3"],
  ])
  func refusesWhatMakesNoSense(_ arguments: [String]) throws {
    let outcome = try Command(["evaluate"] + arguments + ["--ratings", Fixtures.ratingsFile]).finish()
    #expect(outcome.status == 64)
    #expect(outcome.output == "")
    #expect(outcome.errors != "")
  }

  @Test func refusesASplitWithAnEmptyPart() throws {
    let folder = Folder()
    folder.write("a,1,5\nb,2,4\nc,3,1\n", to: "r.csv")
    for split in ["leave-last", "folds:4"] {
      let outcome = try kindred("evaluate", "mean", "--ratings", folder["r.csv"], "--split", split)
      #expect(outcome.status == 65)
      #expect(outcome.output == "" && outcome.errorLines.last?.hasPrefix("kindred: ") == true)
    }
  }
}
