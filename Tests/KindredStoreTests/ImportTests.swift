import Foundation
import Kindred
import Testing

@testable import KindredStore

struct ImportTests {
  private let folder = Folder()

  static let dump = """
    {"ItemId":"heat","IsHidden":true,"Categories":["Crime","Drama"],"Timestamp":"2020-01-02T03:04:05Z",\
    "Labels":{"year":1995,"cast":["Pacino",null]},"Comment":"Heat"}
    {"ItemId":"é\\"\\\\","IsHidden":false,"Categories":null,\
    "Timestamp":"0001-01-01T00:00:00Z","Labels":null,"Comment":""}

    {"UserId":"ann","Labels":["a",{"b":1.5}],"Comment":"shy"}
    {"UserId":"bob"}
    {"FeedbackType":"star","UserId":"ann","ItemId":"heat","Value":4.5,\
    "Timestamp":"2020-01-02T03:04:05.678+01:00","Updated":"2021-01-01T00:00:00Z"}
    {"FeedbackType":"read","UserId":"ann","ItemId":"heat","Timestamp":""}
    {"FeedbackType":"star","UserId":"zoe","ItemId":"alien","Value":-1e-3,"Timestamp":"2020-01-02 03:04:05"}
    """

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

  /// `KINDRED_RANDOM_DUMPS=100000` reads more.
  @Test func aChangedDumpIsReadOrRefused() throws {
    let count = ProcessInfo.processInfo.environment["KINDRED_RANDOM_DUMPS"].flatMap { Int($0) } ?? 300
    let words = ["null", "1e39", "\"\"", "{}", "[", "-9223372036854775808", "\\ud800", "\u{0}", "\n", "true", "é"]
    var state: UInt64 = 7
    func below(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    for number in 0..<count {
      var bytes = Array(Self.dump.utf8)
      for _ in 0...below(4) {
        let start = below(bytes.count)
        let end = min(bytes.count, start + below(12))
        switch below(4) {
        case 0: bytes.removeSubrange(start..<end)
        case 1: bytes[start] = UInt8(below(256))
        case 2: bytes.insert(contentsOf: bytes[start..<end], at: start)
        default: bytes.replaceSubrange(start..<end, with: Array(words[below(words.count)].utf8))
        }
      }
      try Data(bytes).write(to: URL(fileURLWithPath: folder["changed.jsonl"]))
      do throws(ReadError) {
        let contents = try FileImport().read([folder["changed.jsonl"]])
        #expect(contents.users.allSatisfy { !$0.id.isEmpty } && contents.items.allSatisfy { !$0.id.isEmpty })
      } catch {
        let lines = bytes.count { $0 == 10 } + 1
        #expect(!error.reason.isEmpty && (1...lines).contains(error.line ?? 1), "dump \(number): \(error)")
      }
    }
  }

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
