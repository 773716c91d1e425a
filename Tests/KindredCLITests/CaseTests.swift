import Foundation
import Testing

/// The command on files with the troubles of real ones, which stand in `Tests/Files/Cases`.
@Suite struct CaseTests {
  private static func file(_ name: String) -> String {
    var folder = URL(fileURLWithPath: #filePath)
    for _ in 0..<2 { folder.deleteLastPathComponent() }
    return folder.appendingPathComponent("Files/Cases/\(name)").path
  }

  private func file(_ name: String) -> String { Self.file(name) }

  @Test func saysWhatWasRead() throws {
    let folder = Folder()
    let info = try kindred("info", file("04/sold.csv"), "--json").object()
    #expect(info["columns"] as? [String: String] == ["user": "shopper_id", "item": "article", "time": "order_dt"])
    #expect(info["unused_columns"] as? [String] == [] && info["header"] as? Bool == true)
    #expect(info["time_unit"] as? String == "dates" && (info["codes"] as? [Any])?.isEmpty == true)
    let codes = try kindred("info", file("10/books.csv"), "--json").object()["codes"] as? [[String: Double]]
    #expect(codes?.first?["value"] == 0)
    let line =
      "\(file("02/unknown.csv")): user = user, item = item, no value; line 1 is the header; not used: score_xyz, shelf"
    let trained = try kindred(
      "train", "popularity", "--ratings", file("02/unknown.csv"), "--model", folder["m"], "--json")
    #expect(trained.errorLines.first.map { String($0) } == line)
    #expect(trained.errors.contains("value=score_xyz"))
    #expect(try trained.object()["unused_columns"] as? [String] == ["score_xyz", "shelf"])
    let imported = try kindred("import", file("02/unknown.csv"), "--store", folder["s.sqlite"])
    #expect(imported.errors.contains(line))
    let shown = try kindred("info", file("05/us.csv"))
    #expect(shown.output.contains("microseconds since") && shown.output.contains("2017-07-14T02:40:00Z"))
  }

  @Test func tellsItemsAndUsersFromRatings() throws {
    let items = try kindred("info", file("17/items.csv"), "--json").object()
    #expect(items["kind"] as? String == "items")
    let columns = items["columns"] as? [String: String]
    #expect(columns?["item"] != nil && columns?["title"] != nil && columns?["user"] == nil)
    let shown = try kindred("info", file("17/items.csv"))
    #expect(shown.status == 0 && shown.output.contains("items, to be named with --items"))
    #expect(try kindred("info", file("13/users.jsonl"), "--json").object()["kind"] as? String == "users")
    #expect(try kindred("info", file("09/titles.csv"), "--json").object()["kind"] as? String == "items")
    // A file with users and items is one of ratings, whatever is wrong with it.
    let folder = Folder()
    folder.write("user,item,title,rating\n1,2,One,much\n", to: "r.csv")
    let refused = try kindred("info", folder["r.csv"])
    #expect(refused.status != 0 && refused.errors.contains("'much'"))
  }

  @Test func warnsOfWhatIsNoLike() throws {
    let outcome = try kindred("info", file("02/bought.csv"))
    #expect(outcome.status == 0 && outcome.output.contains("not as liked"))
  }

  @Test func warnsOfASingleUser() throws {
    let folder = Folder()
    let rows = (0..<12).map { "\($0 / 3);NA;i\($0)\n" }
    folder.write("sessionId;userId;itemId\n" + rows.joined(), to: "s.csv")
    let outcome = try kindred("info", folder["s.csv"])
    #expect(outcome.status == 0 && outcome.output.contains("all rows have the same user, 'NA': is 'userId' the"))
  }

  @Test func strangersSeeWhatTheRuleCounts() throws {
    let folder = Folder()
    for algorithm in ["popularity", "implicit-als"] {
      let disliked = try kindred(
        "train", algorithm, "--ratings", file("21/events.csv"), "--feedback", "view=1,order=4,dislike=-2", "--model",
        folder["m"])
      #expect(disliked.status == 0)
      let list = try kindred("recommend", "--model", folder["m"], "stranger", "--json").objects()
      #expect(list.map { $0["item"] as? String } == ["fine", "odd", "poor"])
      #expect(list.last?["score"] as? Double == 0)
      #expect(
        try kindred(
          "train", algorithm, "--ratings", file("21/aged.csv"), "--half-life", "30", "--model", folder["h"]
        ).status == 0)
      let aged = try kindred("recommend", "--model", folder["h"], "stranger", "--limit", "2", "--json").objects()
      #expect(aged.map { $0["item"] as? String } == ["now", "other"])
    }
    let known = try kindred("recommend", "--model", folder["h"], "--history", "other", "--limit", "2", "--json")
    #expect(known.status == 0)
  }

  @Test func countsAreNoRatings() throws {
    let folder = Folder()
    let plays = file("23/plays.csv")
    let trained = try kindred("train", "--budget", "0s", "--ratings", plays, "--model", folder["m"], "--json")
    #expect(trained.status == 0 && trained.errors.contains("values from 1 to 65536, which are counts"))
    #expect(try trained.object()["rating"] is NSNull)
    let list = try kindred("recommend", "--model", folder["m"], "listener1", "--json").objects()
    #expect(!list.isEmpty && list.allSatisfy { $0["rating"] is NSNull })
    #expect(try kindred("predict", "--model", folder["m"], "--user", "listener1", "--item", "artist1").status == 65)
    let refused = try Command(["train", "sgd", "--ratings", plays, "--model", folder["n"]]).finish()
    #expect(refused.status == 65 && refused.errors.contains("the values are counts"))
    let info = try kindred("info", plays).output
    #expect(info.contains("counts, not ratings") && info.contains("10 to 99"))
  }

  /// Orders whose quantities are small: no scale of ratings from 1 to 3.
  @Test func quantitiesAreNoRatings() throws {
    let folder = Folder()
    var orders = "order_date,customer_email,product_sku,product_name,qty\n"
    // The last thirty orders repeat the first.
    for number in 0..<230 {
      let (user, item) = (number % 20, (number % 200 + number % 200 / 20 * 3) % 30)
      let day = number / 20 + 10
      orders += "2025-01-\(day) 10:00:00,user\(user)@example.com,SKU\(item),Mug \(item),\(1 + number % 3)\n"
    }
    folder.write(orders, to: "orders.csv")
    let trained = try kindred("train", "--budget", "0s", "--ratings", folder["orders.csv"], "--model", folder["m"])
    #expect(trained.status == 0 && trained.errors.contains("user = customer_email, item = product_sku, value = qty"))
    #expect(trained.errors.contains("which are counts"))
    #expect(trained.errors.contains("repeat an earlier pair and are kept"))
    #expect(!trained.output.contains("sgd"))
    let imported = try kindred("import", folder["orders.csv"], "--store", folder["s"])
    #expect(imported.status == 0 && imported.errors.contains("the values count events of the kind 'purchase'"))
    #expect(try kindred("info", folder["s"]).output.contains("purchase 230"))
    let fromStore = try kindred("train", "ease", "--store", folder["s"])
    #expect(fromStore.status == 0 && !fromStore.output.contains("and sgd"))
    #expect(try kindred("info", folder["s"]).output.contains(/1: ease, 20[0-9]{2}-[0-9]{2}-[0-9]{2}, of 230 events/))
  }

  @Test func needsTimesWhereTheyAreUsed() throws {
    let folder = Folder()
    folder.write("user,item,stamp\n1,2,2020-01-01\n1,3,2020-01-02\n2,2,2020-01-03\n", to: "r.csv")
    for arguments in [
      ["evaluate", "popularity", "--split", "time:0.5"],
      ["train", "popularity", "--half-life", "30", "--model", folder["m"]],
    ] {
      let outcome = try Command(arguments + ["--ratings", folder["r.csv"]]).finish()
      #expect(outcome.status == 65)
      #expect(outcome.errors.contains("no row has a time, which --"))
      #expect(outcome.errors.contains("--columns user=user,item=item,time=stamp"))
    }
  }

  @Test func rejectsRowsOfItemsToo() throws {
    let folder = Folder()
    folder.write("u,1,3\nu,2,4\nv,9,x\nv,3,1\n", to: "r.csv")
    let outcome = try kindred(
      "train", "popularity", "--ratings", folder["r.csv"], "--items", file("16/bad.csv"), "--reject", folder["bad"],
      "--model", folder["m"])
    #expect(outcome.status == 0)
    #expect(outcome.errors.contains("2 bad rows are in \(folder["bad"]); the first: "))
    #expect(folder.text(of: "bad") == "v,9,x\n2,\"Two\" 2\n")
  }

  @Test func warnsOfItemsThatMatchNothing() throws {
    let folder = Folder()
    let outcome = try kindred(
      "train", "popularity", "--ratings", file("14/ratings.csv"), "--items", file("14/other.csv"), "--model",
      folder["m"])
    #expect(outcome.status == 0)
    #expect(
      outcome.errors.contains("none of the 2 items of the ratings is in \(file("14/other.csv")) (there: tt1; here: 1)"))
  }

  @Test func idsMayBeginWithAHyphen() throws {
    let folder = Folder()
    let model = folder["m"]
    #expect(try kindred("train", "item-knn", "--ratings", file("18/views.csv"), "--model", model).status == 0)
    for arguments in [
      ["recommend", "--model", model, "-11"], ["recommend", "-11", "--model", model],
      ["recommend", "--model", model, "--history", "-77"],
      ["recommend", "--model", model, "--history", "--a_b9"],
      ["recommend", "--model", model, "x", "--exclude", "-77", "-9k"],
      ["similar", "--model", model, "--item", "-77"], ["similar", "--item", "--a_b9", "--model", model],
      ["recommend", "--model", model, "--", "-11"],
    ] {
      let outcome = try Command(arguments + (arguments.contains("--") ? [] : ["--json"])).finish()
      #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
      #expect(!outcome.errors.contains("does not know"), "\(arguments)")
    }
    #expect(try kindred("recommend", "--model", model, "-11", "--jsn").errors.contains("did you mean '--json'?"))
  }

  @Test func refusesValuesOffTheScale() throws {
    for (history, value) in [("f1:99", "f1:99"), ("f1:5,f3:-1", "f3:-1")] {
      let outcome = try kindred("recommend", "--model", Fixtures.model, "--history", history)
      #expect(outcome.status == 64)
      #expect(outcome.errors == "kindred: the ratings of this model run from 1 to 5: \(value)\n")
    }
    let liked = try kindred("recommend", "--model", Fixtures.model, "--history", "f1,f3", "--json").output
    #expect(try kindred("recommend", "--model", Fixtures.model, "--history", "f1:5,f3:5", "--json").output == liked)
  }

  @Test func answersEachRowOfAFileOfPairs() throws {
    for name in ["20/pairs.csv", "20/strange.csv"] {
      let outcome = try kindred("predict", "--model", Fixtures.model, "--pairs", file(name), "--json")
      let pairs = try outcome.objects().map { "\($0["user"] ?? "") \($0["item"] ?? "")" }
      #expect(pairs == (name == "20/pairs.csv" ? ["p1 f3", "p2 f4", "p1 f3"] : ["p1 f3", "p2 f4"]))
    }
    let folder = Folder()
    folder.write("a,b\nan item with a name that is longer than a column,p1\n", to: "p.csv")
    let table = try kindred(
      "predict", "--model", Fixtures.model, "--pairs", folder["p.csv"], "--columns", "user=2,item=1")
    #expect(table.output.contains("an item with a name that is longer than a column"))
  }

  @Test(arguments: ["25/views.csv", "25/fives.csv"]) func doesNotTuneWhatHasNoRatings(_ name: String) throws {
    let outcome = try kindred("tune", "sgd", "--ratings", file(name), "--trials", "2")
    #expect(outcome.status == 65)
    #expect(outcome.errors.hasSuffix("there is no rating to predict; tune implicit-als or ease instead\n"))
  }

  @Test(arguments: ["popularity", "mean"]) func hasNoSimilaritiesToShow(_ algorithm: String) throws {
    let folder = Folder()
    _ = try kindred("train", algorithm, "--ratings", Fixtures.ratingsFile, "--model", folder["m"])
    for json in [[], ["--json"]] {
      let outcome = try Command(["similar", "--model", folder["m"], "--item", "f1"] + json).finish()
      #expect(outcome.status == 65 && outcome.output == "")
      #expect(
        outcome.errors == "kindred: \(folder["m"]) has no similarities of items: it was trained by \(algorithm)\n")
    }
  }

  @Test func recommendsToSomeUsers() throws {
    let folder = Folder()
    let file = try kindred(
      "recommend", "--model", Fixtures.model, "--users", file("28/users.txt"), "--limit", "2", "--output",
      folder["l.csv"])
    #expect(file.status == 0)
    #expect(folder.text(of: "l.csv").split(separator: "\n").count == 7)
    #expect(file.errors.contains("Lists for 3 users are in") && file.errors.contains("does not know 1 of them"))
    let several = try kindred("recommend", "--model", Fixtures.model, "p3", "p4", "--limit", "2")
    #expect(several.lines.map { $0.prefix(4) } == ["user", "p3,1", "p3,2", "p4,1", "p4,2"])
    let none = try kindred(
      "recommend", "--model", Fixtures.model, "--all", "--genre", "Dramma", "--output", folder["n.csv"])
    #expect(none.status == 0 && none.errors.contains("No item has the genre 'Dramma'; did you mean 'Drama'?"))
    #expect(none.errors.contains("Lists for 0 of 30 users are in \(folder["n.csv"]); 30 got none."))
  }

  @Test func kindsMayBeMissing() throws {
    let columns = ["--columns", "user=1,item=2,value=3,kind=4"]
    #expect(try Command(["info", file("29/empty.csv")] + columns).finish().status == 0)
    #expect(try Command(["info", file("29/short.csv")] + columns).finish().status == 65)
  }

  @Test func findsItemsByTheirTitles() throws {
    let found = try kindred("find", "number 12", "--model", Fixtures.model)
    #expect(found.lines.dropFirst().map { $0.prefix(3) } == ["f12"])
    let similar = try kindred("similar", "--model", Fixtures.model, "--item", "Film, number 3 (1983)", "--json")
    #expect(try similar.output == kindred("similar", "--model", Fixtures.model, "--item", "f3", "--json").output)
    let named = try kindred("recommend", "--model", Fixtures.model, "--history", "film, number 3:5", "--json")
    #expect(try named.output == kindred("recommend", "--model", Fixtures.model, "--history", "f3:5", "--json").output)
    let several = try kindred("similar", "--model", Fixtures.model, "--item", "number 1")
    #expect(several.status == 65 && several.errors.contains("titles with these words: f1 Film, number 1 (1981); f10"))
    #expect(try kindred("find", "nothing", "--model", Fixtures.model).status == 65)
  }

  @Test(arguments: [
    (["recomend", "--model", "m"], "there is no command 'recomend'; did you mean 'recommend'?"),
    (["help", "recomend"], "there is no command 'recomend'; did you mean 'recommend'?"),
    (["train", "sdg"], "there is no algorithm 'sdg'; did you mean 'sgd'?"),
    (["tune", "eas"], "there is no algorithm 'eas'; did you mean 'ease'?"),
    (["train", "--rank", "64"], "--rank is an option of an algorithm"),
    (["train", "sgd", "--rnak", "3"], "'kindred train sgd' has no option '--rnak'; did you mean '--rank'?"),
    (["recommend", "--model", "m", "1", "--limit", "-3"], "--limit must be 1 or more"),
    (["train"], "--ratings <file> or --store <store> is missing"),
  ])
  func suggestsNearWords(_ arguments: [String], _ answer: String) throws {
    let outcome = try Command(arguments).finish()
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains(answer), "\(outcome.errors)")
  }
}
