import Testing

@testable import KindredJSON

@Suite struct JSONParsingTests {
  static let values: [(String, JSON)] = [
    ("null", .null), (" true ", .bool(true)), ("false", .bool(false)), ("0", .integer(0)), ("-12", .integer(-12)),
    ("18446744073709551615", .integer(UInt64.max)), (#""""#, ""),
    (#""a/b\/\"\\\b\f\n\r\t""#, "a/b/\"\\\u{8}\u{C}\n\r\t"),
    (#""\u00e9\ud83d\ude00\u0000""#, "é😀\0"), ("\"é😀\u{7F}\"", "é😀\u{7F}"), ("[]", []), ("[ ]", []),
    ("{ }", .object([])),
    ("[1,[2],{}]", [.integer(1), [.integer(2)], .object([])]),
    ("\t{ \"a\" : 1 ,\r\n\"b\":[ null , true ] } ", ["b": [.null, .bool(true)], "a": .integer(1)]),
    ("\u{FEFF}1", .integer(1)),
  ]

  @Test(arguments: values) func aTextIsItsValue(_ text: String, _ value: JSON) throws {
    #expect(try JSON(parsing: text) == value)
  }

  @Test func membersKeepTheirOrderAndNumbersTheirText() throws {
    let text = #"{"b":1.50,"a":-0.0e-7,"c":123456789012345678901234567890,"é":"\n","":[]}"#
    #expect(try JSON(parsing: text).text(.shortEscapes) == text)
    #expect(try JSON(parsing: text)["b"] == .number(JSONNumber(unchecked: "1.50")))
    #expect(try JSON(parsing: text)["d"] == nil)
  }

  static let malformed: [(String, Int, String)] = [
    ("", 0, "a value"), ("  ", 2, "a value"), ("nul", 0, "a value"), ("nulL", 0, "a value"), ("None", 0, "a value"),
    ("NaN", 0, "a value"), ("+1", 0, "a value"), (".5", 0, "a value"), ("'a'", 0, "a value"), ("]", 0, "a value"),
    ("-", 1, "a digit"), ("-a", 1, "a digit"), ("1.", 2, "a digit"), ("1.e3", 2, "a digit"), ("1e", 2, "a digit"),
    ("1e+", 3, "a digit"), ("-.5", 1, "a digit"), ("01", 1, "the end"), ("-01", 2, "the end"), ("0x1", 1, "the end"),
    ("1 2", 2, "the end"), ("nullnull", 4, "the end"), ("{}}", 2, "the end"), ("1\0", 1, "the end"),
    ("1,", 1, "the end"),
    ("1e309", 0, "a number of at most 64 bits"), ("[-1e309]", 1, "a number of at most 64 bits"),
    ("1" + String(repeating: "0", count: 309), 0, "a number of at most 64 bits"),
    ("[", 1, "a value"), ("[1", 2, "',' or ']'"), ("[1,", 3, "a value"), ("[1,]", 3, "a value"), ("[,1]", 1, "a value"),
    ("[1 2]", 3, "',' or ']'"), ("[1}", 2, "',' or ']'"), ("{", 1, "'\"'"), ("{1:2}", 1, "'\"'"), ("{a:1}", 1, "'\"'"),
    (#"{"a"}"#, 4, "':'"), (#"{"a" 1}"#, 5, "':'"), (#"{"a":}"#, 5, "a value"), (#"{"a":1"#, 6, "',' or '}'"),
    (#"{"a":1,}"#, 7, "'\"'"), (#"{"a":1]"#, 6, "',' or '}'"), (#"{"a":1,"a":1}"#, 7, "each name once"),
    (#"{"a":1,"\u0061":1}"#, 7, "each name once"), ("{\"\u{E9}\":1,\"e\u{301}\":1}", 8, "each name once"),
    (#"""#, 1, "'\"'"), (#""a"#, 2, "'\"'"), ("\"\n\"", 1, "a control character to be escaped"),
    ("\"\0\"", 1, "a control character to be escaped"), ("\"a\u{1F}\"", 2, "a control character to be escaped"),
    (#""\"#, 2, "an escaped character"), (#""\""#, 3, "'\"'"), (#""\x""#, 3, "an escape of JSON before this"),
    (#""\u12""#, 5, "a hexadecimal digit"), (#""\u00g0""#, 5, "a hexadecimal digit"),
    (#""\u"#, 3, "a hexadecimal digit"),
    (#""\ud800""#, 7, "the other half of a surrogate pair"), (#""\ud800\n""#, 8, "the other half of a surrogate pair"),
    (#""\udc00""#, 7, "a surrogate pair before this"), (#""\ud800\ud800""#, 13, "a surrogate pair before this"),
    (#""\ud800\u0061""#, 13, "a surrogate pair before this"), ("/**/1", 0, "a value"),
    ("\u{FEFF}\u{FEFF}1", 3, "a value"),
    ("\u{A0}1", 0, "a value"),
  ]

  @Test(arguments: malformed) func malformedTextIsRefused(_ text: String, _ position: Int, _ expected: String) {
    let error = #expect(throws: MalformedJSON.self) { try JSON(parsing: text) }
    #expect(error == MalformedJSON(expected: expected, position: position))
  }

  @Test func theErrorIsASentence() {
    let error = #expect(throws: MalformedJSON.self) { try JSON(parsing: "[1,]") }
    #expect(error?.description == "the JSON makes no sense at byte 3, which should be a value")
  }

  @Test(
    arguments: [[0xFF], [0xC3], [0xC3, 0x28], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF5, 0x80, 0x80, 0x80]] as [[UInt8]])
  func textThatIsNotUTF8IsRefused(_ bytes: [UInt8]) {
    let quote = UInt8(ascii: "\"")
    #expect(throws: MalformedJSON(expected: "UTF-8", position: 1)) { try JSON(parsing: [quote] + bytes + [quote]) }
    #expect(throws: MalformedJSON(expected: "a value", position: 0)) { try JSON(parsing: bytes) }
  }

  @Test func depthIsLimited() throws {
    func nested(_ depth: Int, _ open: String, _ close: String) -> String {
      String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
    }
    for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
      let deepest = nested(JSON.mostDepth, open, close)
      #expect(try JSON(parsing: deepest).text() == deepest)
      let error = #expect(throws: MalformedJSON.self) { try JSON(parsing: nested(JSON.mostDepth + 1, open, close)) }
      #expect(error?.expected == "no more than 512 values deep")
    }
    #expect(throws: MalformedJSON.self) { try JSON(parsing: String(repeating: "[", count: 1_000_000)) }
  }

  @Test func valuesOfManyMembersAndElementsAreRead() throws {
    let count = 20_000
    let members = (0..<count).map { ("name \($0)", JSON.array([.integer($0)])) }
    guard case .object(let read) = try JSON(parsing: JSON.object(members).text()) else { throw Misfit.type }
    #expect(read.map(\.0) == members.map(\.0) && read.map(\.1) == members.map(\.1))
  }

  /// Every value reads back from what it writes, in every format.
  @Test func valuesRoundTrip() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix(state: seed)
    for _ in 0..<2000 {
      let value = JSON.random(depth: 4, using: &random)
      for format in [[], .sortedKeys, .shortEscapes, .escapedSlashes, [.sortedKeys, .shortEscapes]] as [JSON.Format] {
        let read = try JSON(parsing: value.text(format))
        #expect(read == value, "seed \(seed)")
        if !format.contains(.sortedKeys) { #expect(read.text() == value.text(), "seed \(seed)") }
      }
    }
  }

  /// Random changes of a text are read or refused, and what is read is written as it was read.
  @Test func randomChangesNeverCrash() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix(state: seed)
    let alphabet = Array(#"{}[]":,\u/eE+-.019 nat"#.utf8) + [0, 10, 0x80, 0xC3, 0xFF]
    var read = 0
    for _ in 0..<5000 {
      var bytes = Array(JSON.random(depth: 3, using: &random).text().utf8)
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let position = Int.random(in: 0..<bytes.count, using: &random)
        bytes[position] = alphabet.randomElement(using: &random) ?? 0
      }
      guard let value = try? JSON(parsing: bytes) else { continue }
      read += 1
      #expect(try JSON(parsing: value.text()) == value, "seed \(seed)")
    }
    #expect(read > 100 && read < 4900, "\(read), seed \(seed)")
  }
}

@Suite struct JSONScannerTests {
  static let texts: [(String, String?)] = [
    (#"a"b"#, nil), (#""ab"c"#, "1 3 false"), (#""a\"b"c"#, "1 5 true"), (#""a\q""#, "1 4 true"), (#""a\"#, nil),
    (#""a\""#, nil), ("\"a\nb\"", nil), ("", nil),
  ]

  @Test(arguments: texts) func textsLieWhereTheirQuotesAre(_ text: String, _ expected: String?) {
    let bytes = Array(text.utf8)
    var scanner = JSONScanner(0..<bytes.count)
    let found = scanner.text(bytes.span)
    #expect(found.map { "\($0.start) \($0.end) \($0.hasEscapes)" } == expected)
    #expect(scanner.position == (found.map { $0.end + 1 } ?? 0))
  }

  static let nested: [(String, Int?)] = [
    ("[]x", 2), (#"{"a":[1,{"]":"}"}]},"#, 19), ("[[[]]", nil), ("[\"]", nil), ("[\"\n\"]", nil),
    (String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000), 200_000),
  ]

  @Test(arguments: nested) func nestedValuesArePassedOver(_ text: String, _ end: Int?) {
    let bytes = Array(text.utf8)
    var scanner = JSONScanner(0..<bytes.count)
    #expect(scanner.skipNested(bytes.span) == (end != nil))
    if let end { #expect(scanner.position == end) }
  }

  @Test func escapesAreReplaced() {
    let examples: [(String, String?)] = [
      (#"a\u0062\n"#, "ab\n"), ("", ""), (#"\ud83d\ude00"#, "😀"), (#"\ud83d"#, nil), (#"\q"#, nil), (#"\"#, nil),
      ("a\"b", nil),
    ]
    for (text, expected) in examples {
      let bytes = Array(text.utf8)
      #expect(JSONScanner.unescaped(bytes.span, in: 0..<bytes.count) == expected.map { Array($0.utf8) })
    }
    #expect(JSONScanner.unescaped(([0xFF] as [UInt8]).span, in: 0..<1) == nil)
  }

  static let counts: [(String, [Int]?)] = [
    ("[]", []), (" [ 0 ,12,9223372036854775807]", [0, 12, .max]), ("[9223372036854775808]", nil), ("[-1]", nil),
    ("[01]", nil), ("[00]", nil), ("[", nil), ("[1,]", nil), ("[1.0]", nil), ("1", nil),
  ]

  @Test(arguments: counts) func countsAreWholeNumbers(_ text: String, _ expected: [Int]?) {
    let bytes = Array(text.utf8)
    var scanner = JSONScanner(0..<bytes.count)
    #expect((try? scanner.counts(bytes.span)) == expected)
  }
}
