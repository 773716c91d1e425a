import Foundation
import GRDB
import Kindred
import Testing

@testable import KindredStore

struct ImportTests {
  private let folder = Folder()

  private static let dump = """
    {"ItemId":"heat","IsHidden":true,"Categories":["Crime","Drama"],"Timestamp":"2020-01-02T03:04:05Z",\
    "Labels":{"year":1995,"cast":["Pacino",null]},"Comment":"Heat"}
    {"ItemId":"é\\"\\\\","IsHidden":false,"Categories":null,"Timestamp":"0001-01-01T00:00:00Z","Labels":null,\
    "Comment":""}

    {"UserId":"ann","Labels":["a",{"b":1.5}],"Comment":"shy"}
    {"UserId":"bob"}
    {"FeedbackType":"star","UserId":"ann","ItemId":"heat","Value":4.5,"Timestamp":"2020-01-02T03:04:05.678+01:00",\
    "Updated":"2021-01-01T00:00:00Z"}
    {"FeedbackType":"read","UserId":"ann","ItemId":"heat","Timestamp":""}
    {"FeedbackType":"star","UserId":"zoe","ItemId":"alien","Value":-1e-3,"Timestamp":"2020-01-02 03:04:05"}
    """

  private func imported(_ store: Store, _ names: String..., items: String? = nil, kind: String? = nil) async throws {
    var importing = FileImport()
    if let kind { importing.kind = kind }
    try await store.add(try importing.read(names.map { folder[$0] }, items: items.map { folder[$0] }))
  }

  private func lines(_ store: Store) throws -> [String] {
    var lines: [String] = []
    try store.dump { lines.append($0) }
    return lines
  }

  @Test func aDumpComesInAndGoesOutTheSame() async throws {
    let store = try folder.store()
    folder.write(Self.dump, to: "dump.jsonl")
    try await imported(store, "dump.jsonl")
    #expect(
      try await store.item("heat")
        == StoredItem(
          id: "heat", title: "Heat", genres: ["Crime", "Drama"],
          attributes: JSON(#"{"year":1995,"cast":["Pacino",null]}"#)!, isHidden: true, time: 1_577_934_245))
    #expect(try await store.item("é\"\\") == StoredItem(id: "é\"\\"))
    #expect(
      try await store.user("ann") == StoredUser(id: "ann", attributes: JSON(#"["a",{"b":1.5}]"#)!, comment: "shy"))
    #expect(
      try await store.history(of: "ann") == [
        Feedback(user: "ann", item: "heat", kind: "star", value: 4.5, time: 1_577_930_645),
        Feedback(user: "ann", item: "heat", kind: "read", value: 0),
      ])
    #expect(try await store.history(of: "zoe")?.first?.value == -1e-3)
    let first = try lines(store)
    #expect(first.count == 9)
    folder.write(first.joined(separator: "\n"), to: "again.jsonl")
    let other = try folder.store("other.sqlite")
    try await imported(other, "again.jsonl")
    #expect(try lines(other) == first)
    // And over itself, nothing changes.
    try await imported(other, "again.jsonl")
    #expect(try lines(other) == first)
  }

  @Test func tablesOfRatingsComeIn() async throws {
    let store = try folder.store()
    folder.write(
      "user,item,rating,timestamp\nann,heat,4,20\nbob,heat,3,10\nann,alien,5,30\nann,heat,2,40\n", to: "r.csv")
    folder.write("itemId,title,genres,hidden\nheat,Heat (1995),Crime|Drama,\nunseen,Unseen,,true\n", to: "i.csv")
    try await imported(store, "r.csv", items: "i.csv")
    #expect(
      try await store.history(of: "ann") == [
        Feedback(user: "ann", item: "heat", value: 2, time: 40),
        Feedback(user: "ann", item: "alien", value: 5, time: 30),
      ])
    #expect(try await store.item("heat") == StoredItem(id: "heat", title: "Heat (1995)", genres: ["Crime", "Drama"]))
    #expect(try await store.item("unseen") == StoredItem(id: "unseen", title: "Unseen", isHidden: true))
    // Older feedback does not take the place of newer; what an item file does not say stays.
    _ = try await store.patchItem("heat", ItemPatch(isHidden: true))
    folder.write("ann heat 1 39\nbob heat 1 10\n", to: "old.txt")
    try await imported(store, "old.txt", items: "i.csv")
    #expect(try await store.history(of: "ann")?.first?.value == 2)
    #expect(try await store.history(of: "bob")?.first?.value == 1)
    #expect(try await store.item("heat")?.isHidden == true)
  }

  @Test func kindsStayApart() async throws {
    let store = try folder.store()
    folder.write("user,item,event\nann,heat,view\nann,heat,buy\nann,heat,view\nbob,heat,\n", to: "events.csv")
    try await imported(store, "events.csv", kind: "seen")
    #expect(try await store.counts().feedback == ["view": 1, "buy": 1, "seen": 1])
    #expect(try await store.history(of: "ann")?.map(\.time) == [nil, nil])
  }

  @Test func manyRowsComeInAndTheirIndexIsMadeAnew() async throws {
    let store = try folder.store()
    var text = ""
    for row in 0..<12_000 { text += "\(row % 300)\t\(row / 300 * 7 % 101)\t\(row % 5 + 1)\n" }
    folder.write(text, to: "r.tsv")
    try await imported(store, "r.tsv")
    let expected = Set(text.split(separator: "\n").map { $0.split(separator: "\t").prefix(2).joined(separator: "\t") })
    #expect(try await store.counts().feedback == ["rating": expected.count])
    #expect(try await store.feedback(item: "7", limit: 1000).elements.count == 300)
    let plan = try await store.read { db in
      try String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE name = 'feedback_by_item'")
    }
    #expect(plan == ["feedback_by_item"])
    let snapshot = try await store.snapshot()
    #expect(Set(snapshot.interactions.map { "\($0.user)\t\($0.item)" }) == expected)
  }

  @Test func somethingBadLeavesTheStoreAsItWas() async throws {
    let store = try folder.store()
    folder.write(Self.dump, to: "good.jsonl")
    try await imported(store, "good.jsonl")
    let before = try lines(store)
    folder.write(#"{"ItemId":"new"}"# + "\n" + #"{"ItemId":7}"#, to: "bad.jsonl")
    await #expect(throws: ReadError.self) { try await imported(store, "bad.jsonl") }
    #expect(try lines(store) == before)
  }

  // MARK: Malformed dumps

  private static let bad: [(line: String, reason: String)] = [
    ("{", "not JSON"), (#"{"ItemId":"a""#, "not JSON"), ("[1]", "no JSON object"), ("null", "no JSON object"),
    ("17", "no JSON object"),
    ("\"text\"", "no JSON object"), ("{}", "neither"), (#"{"Value":1}"#, "neither"),
    (#"{"UserId":"a","ItemId":"b"}"#, "neither"), (#"{"ItemId":1}"#, "ItemId"), (#"{"ItemId":""}"#, "empty"),
    (#"{"UserId":""}"#, "empty"), (#"{"UserId":["a"]}"#, "UserId"), (#"{"ItemId":"a\u0000b"}"#, "zero byte"),
    (#"{"ItemId":"a","Comment":"\u0000"}"#, "zero byte"), (#"{"ItemId":"a","Categories":"x"}"#, "Categories"),
    (#"{"ItemId":"a","Categories":[1]}"#, "Categories"), (#"{"ItemId":"a","IsHidden":"yes"}"#, "IsHidden"),
    (#"{"ItemId":"a","Timestamp":"soon"}"#, "Timestamp"), (#"{"ItemId":"a","Timestamp":5}"#, "Timestamp"),
    (#"{"FeedbackType":"x","UserId":"a"}"#, "ItemId"), (#"{"FeedbackType":"x","ItemId":"a"}"#, "UserId"),
    (#"{"FeedbackType":"","UserId":"a","ItemId":"b"}"#, "empty"),
    (#"{"FeedbackType":"x","UserId":"a","ItemId":"b","Value":"5"}"#, "Value"),
    (#"{"FeedbackType":"x","UserId":"a","ItemId":"b","Value":1e39}"#, "too large"),
    (#"{"FeedbackType":"x","UserId":"a","ItemId":"b","Value":NaN}"#, "not JSON"),
    (#"{"FeedbackType":"x","UserId":"a","ItemId":"b","Timestamp":"2020-13-01T00:00:00Z"}"#, "Timestamp"),
    (#"{"ItemId":""# + String(repeating: "x", count: 5000) + #""}"#, "longer than 4096"),
    (#"{"ItemId":"a","Comment":""# + String(repeating: "x", count: 1 << 20) + #""}"#, "1 MiB"),
    (#"{"ItemId":"a","Labels":"# + String(repeating: "[", count: 100_000) + "}", "not JSON"),
  ]

  @Test(arguments: bad.indices)
  func aBadLineIsNamed(_ number: Int) throws {
    let (line, reason) = Self.bad[number]
    folder.write("{\"UserId\":\"ann\"}\n\n\(line)\n{\"UserId\":\"bob\"}\n", to: "dump.jsonl")
    let error = #expect(throws: ReadError.self) { try FileImport().read([folder["dump.jsonl"]]) }
    #expect(error?.line == 3 && error?.file == folder["dump.jsonl"] && error?.reason.contains(reason) == true)
    var importing = FileImport()
    importing.reader.rejectPath = folder["bad.jsonl"]
    let contents = try importing.read([folder["dump.jsonl"]])
    #expect(contents.rejected == 1 && contents.users.map(\.id) == ["ann", "bob"])
    #expect(
      FileManager.default.contents(atPath: folder["bad.jsonl"])?.prefix(line.utf8.count + 1) == Data((line + "\n").utf8)
    )
  }

  /// Whatever bytes a dump holds: lines or an error, and never a crash.
  @Test func brokenDumpsAreReadOrRefused() throws {
    let seed = UInt64.random(in: .min ... .max)
    var generator = SplitMix(state: seed)
    var refused = 0
    for _ in 0..<400 {
      var bytes = Array(Self.dump.utf8)
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: if bytes.count > 1 { bytes.remove(at: place) }
        case 2: bytes.insert(contentsOf: Array("{}[]\",:\\\n0e".utf8).shuffled(using: &generator).prefix(2), at: place)
        default: bytes = Array(bytes.prefix(max(1, place)))
        }
      }
      do {
        try Data(bytes).write(to: URL(fileURLWithPath: folder["broken.jsonl"]))
        _ = try FileImport().read([folder["broken.jsonl"]])
      } catch let error as ReadError {
        #expect(!error.reason.isEmpty, "seed \(seed)")
        refused += 1
      }
    }
    #expect(refused > 100, "seed \(seed)")
  }

  private struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
      return mixed ^ mixed >> 31
    }
  }
}
