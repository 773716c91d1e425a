import Foundation
import Testing

@Suite struct StoreTests {
  /// A folder with a store of the fixture's ratings.
  private func filled() throws -> Folder {
    let folder = Folder()
    let outcome = try kindred(
      "import", Fixtures.ratingsFile, "--items", Fixtures.itemsFile, "--store", folder["films.sqlite"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(words(outcome).contains(", 360 of them new."), "\(outcome.output)")
    #expect(words(outcome).contains("films.sqlite holds 360 ratings, 30 users and 20 items"), "\(outcome.output)")
    #expect(folder.names == ["films.sqlite"])
    return folder
  }

  /// The results, wherever lines were broken.
  private func words(_ outcome: Command.Outcome) -> String {
    outcome.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  @Test func importsAndSaysWhatIsThere() throws {
    let folder = try filled()
    let info = try kindred("info", folder["films.sqlite"], "--json").object()
    #expect(info["kind"] as? String == "store" && info["ratings"] as? Int == 360 && info["users"] as? Int == 30)
    #expect(info["items"] as? Int == 20 && info["models"] as? Int == 0 && info["model"] is NSNull)
    let text = words(try kindred("info", folder["films.sqlite"]))
    #expect(text.contains("a store of Kindred") && text.contains("'kindred train --store"))
    let again = try kindred("import", Fixtures.ratingsFile, "--store", folder["films.sqlite"], "--json").object()
    #expect(again["rows"] as? Int == 360 && again["ratings"] as? Int == 360 && again["new"] as? Int == 0)
  }

  @Test func exportAndImportGoRound() throws {
    let folder = try filled()
    let all = try kindred("export", "--store", folder["films.sqlite"])
    #expect(all.status == 0 && all.lines.count == 20 + 30 + 360)
    #expect(all.errors == "Wrote 410 items, users and ratings.\n")
    folder.write(all.output, to: "all.jsonl")
    #expect(try kindred("import", folder["all.jsonl"], "--store", folder["copy.sqlite"]).status == 0)
    #expect(try kindred("export", "--store", folder["copy.sqlite"]).output == all.output)
    let csv = folder["feedback.csv"]
    let written = try kindred("export", "--store", folder["films.sqlite"], "--format", "csv", "--output", csv)
    #expect(written.status == 0 && written.errors == "Wrote 360 ratings to \(csv).\n")
    let (ours, given) = (
      try kindred("info", csv, "--json").object(), try kindred("info", Fixtures.ratingsFile, "--json").object()
    )
    #expect(ours["ratings"] as? Int == 360 && ours["mean"] as? Double == given["mean"] as? Double)
  }

  @Test func aStoreIsCopiedAndBackedUp() throws {
    let folder = try filled()
    let copied = try kindred("copy", "--from", folder["films.sqlite"], "--to", folder["copy.sqlite"], "--json").object()
    #expect(copied["ratings"] as? Int == 360 && (copied["checksum"] as? String)?.count == 16)
    let all = try kindred("export", "--store", folder["films.sqlite"]).output
    #expect(try kindred("export", "--store", folder["copy.sqlite"]).output == all)
    let again = try kindred("copy", "--from", folder["films.sqlite"], "--to", folder["copy.sqlite"])
    #expect(again.status == 65 && again.errors.contains("is not empty"))
    func backup() throws -> Int32? {
      try kindred("backup", "--store", folder["films.sqlite"], "--output", folder["b.sqlite"]).status
    }
    #expect(try backup() == 0)
    #expect(try kindred("export", "--store", folder["b.sqlite"]).output == all)
    #expect(try backup() == 65)
    #expect(try kindred("backup", "--store", "postgres:///films", "--output", folder["c.sqlite"]).status == 64)
  }

  @Test func aDatabaseIsNamedWithoutItsPassword() throws {
    let place = "postgres://ann:secret@127.0.0.1:1/films"
    for outcome in [
      try kindred("info", place), try kindred("export", "--store", place),
      try kindred("keys", "list", "--store", place),
    ] {
      #expect(outcome.status == 64 && outcome.errors.contains("PGPASSWORD"), "\(outcome.errors)")
      #expect(!(outcome.errors + outcome.output).contains("secret"))
    }
    let outcome = try kindred("info", "postgres://127.0.0.1:1/films")
    #if Postgres
      #expect(outcome.status == 69 && outcome.errors.contains("does not answer"), "\(outcome.errors)")
    #else
      #expect(outcome.status == 64 && outcome.errors.contains("--traits default,Postgres"), "\(outcome.errors)")
    #endif
    let query = try kindred("train", "--ratings", "postgres://127.0.0.1:1/films", "--model", "x.kindred")
    #expect(query.status == 64 && query.errors.contains("--query"), "\(query.errors)")
  }

  @Test func hostileIDsGoRoundAsCSV() throws {
    let folder = Folder()
    let ids = [
      "comma,\u{301}x", "quote\"\u{301}", " blanks ", "\ttab", "a,b", "=1+1", "é", "e\u{301}", "user", "1;2", "x|y",
    ]
    let lines = try ids.enumerated().map { number, id in
      var fields: [String: Any] = [
        "FeedbackType": "rating", "UserId": id, "ItemId": ids[(number + 1) % ids.count], "Value": number % 5 + 1,
        "Timestamp": "2024-05-06T07:08:0\(number % 10)Z",
      ]
      if number == 3 { fields["Timestamp"] = nil }
      return String(decoding: try JSONSerialization.data(withJSONObject: fields, options: .sortedKeys), as: UTF8.self)
    }
    folder.write(lines.joined(separator: "\n") + "\n", to: "all.jsonl")
    #expect(try kindred("import", folder["all.jsonl"], "--store", folder["one.sqlite"]).status == 0)
    let csv = folder["one.csv"]
    #expect(try kindred("export", "--store", folder["one.sqlite"], "--format", "csv", "--output", csv).status == 0)
    let imported = try kindred("import", csv, "--store", folder["two.sqlite"])
    #expect(imported.status == 0, "\(imported.errors)")
    let feedback = { (store: String) throws -> [String] in
      try kindred("export", "--store", folder[store]).lines.filter { $0.contains("FeedbackType") }.sorted()
    }
    #expect(try feedback("two.sqlite") == feedback("one.sqlite"))
  }

  @Test func trainsOnAStoreAndKeepsTheModelBesideIt() throws {
    let folder = try filled()
    let train = try kindred("train", "implicit-als", "--rank", "4", "--store", folder["films.sqlite"], "--json")
    #expect(train.status == 0, "\(train.errors)")
    let model = folder["films.models/1.kindred"]
    #expect(try train.object()["model"] as? String == model)
    let info = try kindred("info", folder["films.sqlite"], "--json").object()
    #expect(
      info["models"] as? Int == 1 && info["model"] as? String == model && info["trainer"] as? String == "implicit-als")
    #expect(words(try kindred("info", folder["films.sqlite"])).contains("1: implicit-als"))
    let list = try kindred("recommend", "--model", model, "p1", "--json").objects()
    #expect(list.first?["title"] as? String != nil)
    let own = try kindred("train", "als", "--store", folder["films.sqlite"], "--model", folder["own.kindred"])
    #expect(own.status == 0 && !own.output.contains("kindred serve"))
    let again = try kindred("train", "implicit-als", "--rank", "4", "--store", folder["films.sqlite"])
    #expect(again.lines.last == "It answers when the store is served: kindred serve --store \(folder["films.sqlite"])")
    #expect(folder.names == ["films.models", "films.sqlite", "own.kindred"])
  }

  @Test func hiddenItemsAreInNoList() throws {
    let folder = try filled()
    let hidden = (1...10).map { "{\"ItemId\":\"f\($0)\",\"IsHidden\":true}\n" }.joined()
    folder.write(hidden, to: "hidden.jsonl")
    #expect(try kindred("import", folder["hidden.jsonl"], "--store", folder["films.sqlite"]).status == 0)
    #expect(try kindred("train", "als", "--store", folder["films.sqlite"]).status == 0)
    let list = try kindred(
      "recommend", "--model", folder["films.models/1.kindred"], "p1", "--limit", "20", "--include-observed", "--json"
    ).objects()
    #expect(Set(list.compactMap { $0["item"] as? String }) == Set((11...20).map { "f\($0)" }))
    #expect(try kindred("info", folder["films.sqlite"], "--json").object()["hidden_items"] as? Int == 10)
  }

  @Test func refusesWhatCannotBe() throws {
    let folder = try filled()
    let store = folder["films.sqlite"]
    func expect(_ status: Int32, _ words: String, _ arguments: String...) throws {
      let outcome = try Command(arguments).finish()
      #expect(outcome.status == status && outcome.output == "" && outcome.errors.contains(words), "\(outcome.errors)")
    }
    try expect(65, "is a store, not a model", "recommend", "--model", store, "p1")
    try expect(65, "train one: kindred train --store \(store)", "find", "film", "--model", store)
    try expect(66, "no such file", "info", folder["none.sqlite"])
    try expect(66, "no such file", "export", "--store", folder["none.sqlite"])
    try expect(66, "no such file", "train", "--store", folder["none.sqlite"])
    try expect(66, "no such file", "import", folder["none.csv"], "--store", folder["new.sqlite"])
    try expect(65, "is not a store", "export", "--store", Fixtures.ratingsFile)
    try expect(65, "is not a store", "import", Fixtures.ratingsFile, "--store", Fixtures.model)
    try expect(73, "its folder exists", "import", Fixtures.ratingsFile, "--store", folder["no/new.sqlite"])
    try expect(64, "--format npz", "export", "--store", store, "--format", "npz")
    try expect(64, "--store or a --model", "export")
    try expect(64, "cannot be used together", "train", "--store", store, "--ratings", Fixtures.ratingsFile)
    folder.write("user,item,rating\na,b,c\n", to: "bad.csv")
    try expect(65, "bad.csv, line 2, column 3", "import", folder["bad.csv"], "--store", folder["new.sqlite"])
    folder.write("{\"ItemId\":\"a\"}\n{\"ItemId\":1}\n", to: "bad.jsonl")
    try expect(65, "bad.jsonl, line 2: the ItemId", "import", folder["bad.jsonl"], "--store", folder["new.sqlite"])
    #expect(try kindred("import", "--items", Fixtures.itemsFile, "--store", folder["items.sqlite"]).status == 0)
    try expect(65, "no ratings to learn from", "train", "--store", folder["items.sqlite"])
    #expect(folder.names == ["bad.csv", "bad.jsonl", "films.sqlite", "items.sqlite"])
  }

  @Test func factorsAreExported() throws {
    let folder = Folder()
    let model = folder["m.kindred"]
    #expect(try kindred("train", "als", "--rank", "3", "--ratings", Fixtures.ratingsFile, "--model", model).status == 0)
    let csv = try kindred("export", "--model", model, "--format", "csv")
    #expect(csv.status == 0 && csv.lines.count == 52 && csv.lines[0] == "table,id,bias,1,2,3")
    let libmf = try kindred("export", "--model", model, "--format", "libmf")
    #expect(libmf.lines.count == 55 && libmf.lines[3] == "k 5" && libmf.errors.contains("model's order"))
    let npz = try kindred("export", "--model", model, "--format", "npz", "--output", folder["m.npz"])
    #expect(npz.status == 0)
    #expect(npz.errors.hasSuffix("Wrote the factors of 30 users and 20 items to \(folder["m.npz"]).\n"))
    #expect(Array(folder.bytes(of: "m.npz").prefix(2)) == [0x50, 0x4B])
    let pair = try kindred("export", "--model", Fixtures.model, "--format", "csv")
    #expect(pair.status == 0 && pair.errors.contains("predict ratings"))
    #expect(try kindred("train", "ease", "--ratings", Fixtures.ratingsFile, "--model", model).status == 0)
    let refused = try kindred("export", "--model", model, "--format", "npz", "--output", folder["e.npz"])
    #expect(refused.status == 65 && refused.errors.contains("ease has none"))
    #expect(folder.names == ["m.kindred", "m.npz"])
  }

  @Test(arguments: ["csv", "libmf", "npz"]) func exportsAModelWithItemsThatNobodyHasTaken(format: String) throws {
    let folder = Folder()
    let items = folder.write(Fixtures.items + "new1,New,Drama|War\nnew2,Newer,Comedy\n", to: "items.csv")
    let trained = try kindred(
      "train", "--ratings", Fixtures.ratingsFile, "--items", items, "--model", folder["m.kindred"])
    #expect(trained.status == 0, "\(trained.errors)")
    let written = try kindred(
      "export", "--model", folder["m.kindred"], "--format", format, "--output", folder["out"])
    #expect(written.status == 0, "\(written.errors)")
    #expect(written.errors.contains("2 items that nobody has taken have no factors, and are left out"))
    #expect(folder.bytes(of: "out").count > 100)
  }
}
