import Testing

@testable import Kindred

@Suite struct ReaderRoundTripTests {
  /// Interactions without duplicates whose ids need no quotes.
  private static func interactions(_ stream: inout RandomStream, count: Int) -> [Interaction<String, String>] {
    var seen: Set<[String]> = []
    var interactions: [Interaction<String, String>] = []
    for _ in 0..<count {
      let user = stream.below(3) == 0 ? "zoë-\(stream.below(9))" : "\(stream.below(60))"
      let item = stream.below(3) == 0 ? "a-longer-id-\(stream.below(20))" : "i\(stream.below(40))"
      guard seen.insert([user, item]).inserted else { continue }
      let value = stream.below(2) == 0 ? Float(stream.below(10)) / 2 : Float(stream.normal() * 1e3)
      let time = Timestamp(stream.below(2_000_000_000)) * 1_000_000
      interactions.append(Interaction(user: user, item: item, value: value, time: time))
    }
    return interactions
  }

  private static func table(_ rows: [Interaction<String, String>], _ delimiter: String, header: String? = nil) -> String
  {
    rows.reduce(into: header.map { $0 + "\n" } ?? "") { text, row in
      text += [row.user, row.item, "\(row.value)", "\(row.time! / 1_000_000)"].joined(separator: delimiter) + "\n"
    }
  }

  private static func quoted(_ text: String) -> String {
    "\"\(text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
  }

  private static func texts(_ rows: [Interaction<String, String>]) -> [String] {
    let crlf = table(rows, ",", header: "user,item,rating,time").split(separator: "\n").joined(separator: "\r\n")
    let json = rows.map {
      "{\"user\":\"\($0.user)\",\"item\":\"\($0.item)\",\"value\":\($0.value),\"time\":\($0.time! / 1_000_000)}"
    }
    let inter = "user_id:token\titem_id:token\trating:float\ttimestamp:float"
    let allQuoted = rows.map { row in
      [row.user, row.item, "\(row.value)", "\(row.time! / 1_000_000)"].map { quoted($0) }.joined(separator: ";")
    }
    let someQuoted = rows.enumerated().map { number, row in
      "\(row.user),\(number % 9 == 0 ? quoted(row.item) : row.item),\(row.value),\(row.time! / 1_000_000)"
    }
    return [
      table(rows, ","), table(rows, "\t"), table(rows, "::"), table(rows, ";"), table(rows, "|"), table(rows, "  "),
      table(rows, "\t", header: inter), crlf, "\u{FEFF}" + crlf, json.joined(separator: "\n"),
      allQuoted.joined(separator: "\n\n"), someQuoted.joined(separator: "\n"),
    ]
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func everyFormatReadsTheSame(seed: UInt64) throws {
    var stream = RandomStream(seed: seed, .data)
    let interactions = Self.interactions(&stream, count: 150)
    let expected = Interactions(interactions)
    for (format, text) in Self.texts(interactions).enumerated() {
      for bytes in [Array(text.utf8), Array(text.utf8).gzipped] {
        let file = TemporaryFile(bytes)
        for (threads, blockSize) in [(1, 4 << 20), (1, 1), (2, 50), (5, 300)] {
          var reader = InteractionReader()
          reader.threads = threads
          reader.blockSize = blockSize
          let read = try Interactions<String, String>(contentsOf: file.path, reader: reader)
          let place: Comment = "seed \(seed), format \(format), \(threads) threads, blocks of \(blockSize)"
          #expect(Array(read) == interactions, place)
          #expect(read.userIDs.bytes == expected.userIDs.bytes, place)
          #expect(read.itemIDs.bytes == expected.itemIDs.bytes, place)
        }
      }
    }
  }

  @Test func quotedTextOfAnyKindComesBack() throws {
    var stream = RandomStream(seed: 11, .data)
    let alphabet = ["a", "\"", ",", "\n", "\r\n", " ", "é", ";", "x"]
    var interactions: [Interaction<String, String>] = []
    for number in 0..<120 {
      let text = (0..<(1 + stream.below(6))).map { _ in alphabet[stream.below(alphabet.count)] }.joined()
      interactions.append(Interaction(user: "\(number)", item: text, value: Float(number)))
    }
    let text = "user,item,rating\n" + interactions.map { "\($0.user),\(Self.quoted($0.item)),\($0.value)\n" }.joined()
    for blockSize in [1, 40, 4 << 20] {
      var reader = InteractionReader()
      reader.blockSize = blockSize
      #expect(try rows(text, reader) == interactions.map { described($0) })
    }
  }

  /// Valid files with bytes changed, moved, doubled or taken out must read, or be refused, and never crash.
  @Test func survivesDamage() throws {
    var stream = RandomStream(seed: 5, .data)
    let interactions = Self.interactions(&stream, count: 12)
    let special = Array("\"\n\r,\t:;| {}[]\\0e-.nu".utf8) + [0, 0xFF, 0xC3, 0xEF]
    let sources = Self.texts(interactions).map { Array($0.utf8) }
    let file = TemporaryFile([])
    var readable = 0
    for round in 0..<1200 {
      var bytes = sources[round % sources.count]
      if round % 5 == 0 { bytes = bytes.gzipped }
      for _ in 0...stream.below(4) {
        let position = stream.below(bytes.count)
        switch stream.below(4) {
        case 0: bytes[position] = special[stream.below(special.count)]
        case 1: bytes.insert(special[stream.below(special.count)], at: position)
        case 2: bytes.removeSubrange(position..<min(bytes.count, position + 1 + stream.below(9)))
        default: bytes.insert(contentsOf: bytes[position..<min(bytes.count, position + 20)], at: position)
        }
        if bytes.isEmpty { bytes = [.lineFeed] }
      }
      var reader = InteractionReader()
      reader.threads = 1
      reader.blockSize = 1 + stream.below(200)
      if stream.below(6) == 0 { reader.rejectPath = file.sibling("bad.txt") }
      try file.overwrite(bytes)
      if let data = try? Interactions<String, String>(contentsOf: file.path, reader: reader) {
        readable += 1
        #expect(data.allSatisfy { $0.value.isFinite && !$0.user.isEmpty && !$0.item.isEmpty })
      }
      if stream.below(4) == 0 { _ = try? Catalog(contentsOf: file.path) }
    }
    #expect(readable > 100)
  }
}
