import Foundation
import Testing

/// What is asked of a model: predict, complete, recommend, similar, groups, info.
@Suite struct AskingTests {
  private let model = Fixtures.model

  @Test func predictsAPair() throws {
    let outcome = try kindred("predict", "--model", model, "--user", "p1", "--item", "f3", "--json")
    #expect(outcome.status == 0)
    let object = try outcome.object()
    #expect(fields(object) == ["deviation", "item", "known_user", "rating", "user"])
    #expect(object["user"] as? String == "p1" && object["item"] as? String == "f3")
    #expect((1...5).contains(try #require(object["rating"] as? Double)))
    #expect(object["deviation"] is NSNull)
    let sentence = try kindred("predict", "--model", model, "--user", "p1", "--item", "f3").output
    #expect(sentence.wholeMatch(of: #/p1 would give Film, number 3 \(1983\) [1-5]\.\d ★.*\.\n/#) != nil, "\(sentence)")
  }

  @Test func saysWhatAPredictionNeeds() throws {
    for (given, words) in [
      (["--user", "p1"], "--item <item> is missing; 'kindred recommend --model \(model) p1' lists"),
      (["--item", "f1"], "--user <user> is missing"),
    ] {
      let outcome = try Command(["predict", "--model", model] + given).finish()
      #expect(outcome.status == 64 && outcome.errors.contains(words), "\(outcome.errors)")
    }
  }

  @Test func predictsAFileOfPairs() throws {
    let folder = Folder()
    folder.write("user,item\np1,f1\np2,f2\nnobody,f1\np1,nothing\n", to: "pairs.csv")
    let objects = try kindred("predict", "--model", model, "--pairs", folder["pairs.csv"], "--json").objects()
    #expect(objects.map { $0["user"] as? String } == ["p1", "p2", "nobody", "p1"])
    #expect(objects.map { $0["rating"] is NSNull } == [false, false, false, true])
  }

  @Test func completesTheMatrix() throws {
    let outcome = try kindred("complete", "--model", model)
    #expect(outcome.status == 0)
    let rows = outcome.lines.map { $0.split(separator: ",") }
    #expect(rows.count == Fixtures.users + 1)
    #expect(rows.allSatisfy { $0.count == Fixtures.films + 1 })
    #expect(rows.first?.first == "user")
    #expect(rows.dropFirst().allSatisfy { $0.dropFirst().allSatisfy { Double($0)?.isFinite == true } })
  }

  @Test func recommendsToAKnownUser() throws {
    let outcome = try kindred("recommend", "--model", model, "p1", "--limit", "4", "--json")
    #expect(outcome.status == 0 && outcome.errors == "")
    let objects = try outcome.objects()
    #expect(objects.count == 4)
    for object in objects {
      #expect(fields(object) == ["deviation", "item", "rating", "reasons", "score", "title"])
      #expect((object["title"] as? String)?.hasPrefix("Film, number ") == true)
      #expect(object["rating"] is Double && object["deviation"] is NSNull && object["reasons"] is [Any])
      let seen = Fixtures.ratings.contains("p1,\(object["item"] as? String ?? ""),")
      #expect(!seen)
    }
    let scores = objects.compactMap { $0["score"] as? Double }
    #expect(scores == scores.sorted(by: >))
    let table = try kindred("recommend", "--model", model, "p1", "--limit", "4")
    #expect(table.lines.count == 5 && table.output.contains("★") && table.output.contains("Drama, War"))
  }

  @Test func reasonsAreNotCut() throws {
    let arguments = ["recommend", "--model", model, "p1", "--limit", "3", "--explain"]
    func reasons(columns: String) throws -> [Substring] {
      let output = try Command(arguments, environment: ["COLUMNS": columns]).finish().output
      let lines = output.split(separator: "\n").filter { $0.hasPrefix("    ") }
      return lines.flatMap { $0.split(separator: " ") }
    }
    let whole = try reasons(columns: "400")
    #expect(try reasons(columns: "40") == whole && !whole.isEmpty)
  }

  @Test func recommendsToAStranger() throws {
    let history = try kindred("recommend", "--model", model, "--history", "f1:5, f3:5,f2:1", "--json")
    #expect(history.status == 0 && history.errors == "")
    let items = try history.objects().compactMap { $0["item"] as? String }
    #expect(items.count == 10 && Set(items).isDisjoint(with: ["f1", "f2", "f3"]))

    let nobody = try kindred("recommend", "--model", model, "nobody", "--json")
    #expect(nobody.status == 0)
    #expect(nobody.errors == "The model does not know 'nobody'; these are the most popular items.\n")
    let most = Dictionary(grouping: Fixtures.ratings.split(separator: "\n").dropFirst()) { $0.split(separator: ",")[1] }
    let counts = try nobody.objects().map { most[Substring($0["item"] as? String ?? "")]?.count ?? 0 }
    #expect(counts.count == 10 && counts == counts.sorted(by: >))
  }

  @Test func recommendsToAllUsers() throws {
    let folder = Folder()
    let outcome = try kindred("recommend", "--model", model, "--all", "--limit", "2", "--output", folder["lists.csv"])
    #expect(outcome.status == 0 && outcome.output == "")
    let lines = folder.text(of: "lists.csv").split(separator: "\n")
    #expect(lines.first == "user,rank,item,title,score,rating")
    #expect(lines.count == 1 + 2 * Fixtures.users)
    #expect(lines.dropFirst().first?.hasPrefix("p1,1,f") == true)
    #expect(lines.dropFirst().first?.contains(",\"Film, number ") == true)
    let arguments = ["--all", "--limit", "2", "--output", folder["lists.json"], "--json"]
    #expect(try Command(["recommend", "--model", model] + arguments).finish().status == 0)
    let first = try #require(folder.text(of: "lists.json").split(separator: "\n").first)
    let object = try #require(JSONSerialization.jsonObject(with: Data(first.utf8)) as? [String: Any])
    #expect(fields(object) == ["deviation", "item", "rating", "reasons", "score", "title", "user"])
  }

  @Test func findsWhatIsSimilar() throws {
    let items = try kindred("similar", "--model", model, "--item", "f1", "--limit", "3", "--json")
    #expect(items.status == 0)
    #expect(try items.objects().map { fields($0) } == Array(repeating: ["item", "score", "title"], count: 3))
    let users = try kindred("similar", "--model", model, "--user", "p1", "--limit", "3", "--json")
    #expect(try users.objects().map { fields($0) } == Array(repeating: ["score", "title", "user"], count: 3))
    #expect(try users.objects().allSatisfy { $0["title"] is NSNull })
    #expect(try kindred("similar", "--model", model, "--user", "p1").lines.count == 11)
    let nobody = try kindred("similar", "--model", model, "--user", "nobody")
    #expect(nobody.status == 0 && nobody.output == "" && nobody.errors.contains("does not know 'nobody'"))
  }

  @Test func findsWhatIsTakenTogether() throws {
    let items = try kindred("together", "--model", model, "--item", "f1", "--limit", "3", "--json")
    #expect(items.status == 0)
    #expect(try items.objects().map { fields($0) } == Array(repeating: ["baskets", "item", "lift", "title"], count: 3))
    // Odd films are liked by those who like odd films.
    let numbers = try items.objects().compactMap { Int(($0["item"] as? String ?? "").dropFirst()) }
    #expect(numbers.count == 3 && numbers.allSatisfy { $0 % 2 == 1 })
    let table = try kindred("together", "--model", model, "--item", "Film, number 1 (1981)", "--limit", "3")
    #expect(table.status == 0 && table.lines.count == 4 && table.lines[0].contains("lift"))
    #expect(try kindred("together", "--model", model, "--item", "nothing").status == 65)
    #expect(try Command(["together", "--model", model, "--item", "f1", "--gap", "-1"]).finish().status == 64)
  }

  @Test func groupsUsers() throws {
    let outcome = try kindred("groups", "--model", model, "--count", "2", "--json")
    #expect(outcome.status == 0)
    let groups = try outcome.objects()
    #expect(groups.map { fields($0) } == Array(repeating: ["group", "label", "size", "users"], count: 2))
    #expect(groups.compactMap { $0["group"] as? Int } == [1, 2])
    let users = groups.flatMap { $0["users"] as? [String] ?? [] }
    #expect(Set(users).count == Fixtures.users && users.count == Fixtures.users)
    #expect(groups.compactMap { $0["size"] as? Int }.reduce(0, +) == Fixtures.users)
    #expect(try kindred("groups", "--model", model, "--count", "2").output.contains("Group 2  "))
  }

  @Test func describesRatingsAndModels() throws {
    let info = try kindred("info", Fixtures.ratingsFile, "--json")
    #expect(info.lines.count == 1)
    let ratings = try info.object()
    #expect(
      fields(ratings) == [
        "codes", "columns", "density", "duplicates", "first_time", "format", "greatest", "header", "items", "kind",
        "last_time", "least", "mean", "ratings", "rejected", "time_unit", "unused_columns", "users",
      ])
    #expect(ratings["users"] as? Int == Fixtures.users && ratings["kind"] as? String == "ratings")
    #expect(ratings["first_time"] as? String == "1998-07-09")
    let shown = try kindred("info", Fixtures.ratingsFile).output
    #expect(!shown.contains(#/\b[1-5]\.0\b/#), "\(shown)")
    let folder = Folder()
    folder.write("a,b\nc,d\n", to: "bare.csv")
    let bare = try kindred("info", folder["bare.csv"], "--json").object()
    for name in ["least", "greatest", "mean", "first_time", "last_time"] { #expect(bare[name] is NSNull) }

    let object = try kindred("info", model, "--json").object()
    #expect(fields(object) == ["bytes", "items", "kind", "titles", "training", "users", "written"])
    let bytes = try #require(FileManager.default.attributesOfItem(atPath: model)[.size] as? Int)
    #expect(object["bytes"] as? Int == bytes)
    #expect(object["titles"] as? Int == Fixtures.films)
    let text = try kindred("info", model).output
    #expect(text.contains(#/file     \d.* [KMG]?B, written on \d{4}-\d\d-\d\d\n/#), "\(text)")
    #expect(text.contains("ranking  blend: budget ") && text.contains("rating   sgd: "))
  }
}
