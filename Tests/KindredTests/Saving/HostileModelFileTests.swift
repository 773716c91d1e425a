import Testing

@testable import Kindred

/// Files that are not what they seem: each must be refused with its reason, and none may crash.
@Suite struct HostileModelFileTests {
  // MARK: Accidents

  @Test func everyFlippedByteIsRefused() throws {
    let bytes = Self.small().bytes()
    #expect(bytes.count < 1500)
    for position in bytes.indices {
      for flip in [0x01, 0x20, 0xFF] as [UInt8] {
        var flipped = bytes
        flipped[position] ^= flip
        #expect(throws: ModelFileError.self, "byte \(position)") { try ModelFile(bytes: flipped, threads: 1) }
      }
    }
  }

  @Test func everyTruncationIsRefused() throws {
    let bytes = Self.small().bytes()
    let length = bytes[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    for count in bytes.indices {
      switch reason(of: Array(bytes.prefix(count))) {
      case .notAModel: #expect(count < 9)
      case .cutShort(let promised, let found):
        #expect(count >= 9 && promised == (count < 8 + length ? 8 + length : bytes.count) && found == count)
      case let other: Issue.record("\(count) bytes: \(String(describing: other))")
      }
    }
    #expect(reason(of: bytes + [0]) == .invalid("1 bytes follow its last tensor"))
  }

  @Test func sentencesSayWhatToDo() throws {
    func sentence(_ reason: ModelFileError.Reason) -> String {
      ModelFileError(path: "films.kindred", reason: reason).description
    }
    #expect(
      sentence(.cutShort(promised: 43_120, found: 1_012_000))
        == "films.kindred is cut short: its header declares 43,120 bytes and 1,012,000 are there; "
        + "copy it again or train anew"
    )
    #expect(
      sentence(.laterVersion(3))
        == "films.kindred was made by a later version of Kindred (format 3; this one reads up to 2); "
        + "update Kindred or train anew"
    )
    #expect(sentence(.damaged("x")) == "films.kindred is damaged: x; copy it again or train anew")
    #expect("a\u{1B}[31m\u{9B}é'".quoted == #"'a\u{1B}[31m\u{009B}é\''"#)
    #expect(String(repeating: "a", count: 90).quoted.count == 63)
    #expect([0, 999, 1000, 1_234_567].map(\.grouped) == ["0", "999", "1,000", "1,234,567"])
    #expect((-1234).grouped == "-1,234")
  }

  @Test func whatCannotBeOpenedSaysWhy() throws {
    try withFolder { folder in
      func reason(_ path: String) -> ModelFileError.Reason? {
        #expect(throws: ModelFileError.self) { try ModelFile(contentsOf: path) }?.reason
      }
      #expect(reason(folder + "/none") == .missing)
      #expect(reason(folder + "/none/none") == .missing)
      #expect(reason(folder) == .unreadable("it is a folder; name a file"))
      #expect(reason("/dev/null") == .notAModel("it is empty"))
      for path in [folder, folder + "/none/a.kindred"] {
        let error = #expect(throws: ModelFileError.self) { try Self.small().write(to: path) }
        #expect(
          error
            == ModelFileError(
              path: path, reason: .unwritable(path == folder ? "it is a folder" : "its folder does not exist")))
      }
      #expect(names(in: folder).isEmpty)
      guard let full = fullDevice(in: folder) else { return }
      let error = #expect(throws: ModelFileError.self) { try Self.small().write(to: full) }
      #expect(error?.description == "cannot write \(full): the disk is full")
    }
  }

  @Test func otherFilesAreNoModels() {
    for text in ["", "{", "user,item,value\n1,2,3\n", "{\"a\": 1, \"b\": [2, 3]}", String(repeating: "\0", count: 100)]
    {
      guard case .notAModel = reason(of: Array(text.utf8)) else {
        Issue.record("\(text.prefix(20))")
        continue
      }
    }
    let tensor = #"{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}"#
    #expect(
      reason(of: file(header: tensor, data: [0, 0, 0, 0], isSealed: false))
        == .notAModel("it holds tensors that another program wrote"))
  }

  // MARK: Headers made by hand

  @Test func aHandMadeFileIsRead() throws {
    let bytes = file(tensors: #""a":{"shape":[ 2 ,1],"dtype":"U\u0038","data_offsets":[0,2]},"#, data: [7, 8])
    #expect(try ModelFile(bytes: bytes).array("a", of: UInt8.self, shape: [2, 1]) == [7, 8])
  }

  @Test(arguments: ["3", "4", "9223372036854775807"]) func laterVersionsAreRefused(version: String) {
    #expect(reason(of: file(tensors: "", data: [], version: version)) == .laterVersion(Int(version)!))
  }

  @Test(arguments: ["0", "-1", "x", "", "1.5", "99999999999999999999"]) func versionsThatMakeNoSenseAreRefused(
    version: String
  ) {
    #expect(reason(of: file(tensors: "", data: [], version: version)) == .damaged("its header has no format version"))
  }

  /// Checksums are right here, so that what is refused is the layout.
  @Test(arguments: [
    ("[2]", "[0,4]", "does not fill"), ("[5]", "[0,4]", "does not fill"), ("[4]", "[0,9]", "does not fill"),
    ("[0]", "[0,4]", "does not fill"), ("[]", "[0,4]", "does not fill"),
    ("[4294967296,4294967296,4]", "[0,4]", "does not fill"), ("[9223372036854775807,2]", "[0,4]", "does not fill"),
    ("[4611686018427387904,4]", "[0,0]", "does not fill"),
    ("[9223372036854775807]", "[0,9223372036854775807]", "cut short"),
    ("[5]", "[0,5]", "cut short"), ("[3]", "[0,3]", "1 bytes follow"), ("[3]", "[1,4]", "wrong byte"),
    ("[0]", "[64,64]", "wrong byte"), ("[4]", "[9223372036854775803,9223372036854775807]", "wrong byte"),
    ("[4]", "[4,0]", "two rising offsets"), ("[4]", "[0,4,8]", "two rising offsets"),
    ("[4]", "[]", "two rising offsets"),
    ("[4]", "[-4,0]", "a whole number, not negative"), ("[-4]", "[0,4]", "a whole number, not negative"),
    ("[4.0]", "[0,4]", "']'"), ("[4e0]", "[0,4]", "']'"), ("[04]", "[0,4]", "a whole number"),
    ("[\"4\"]", "[0,4]", "a whole number"),
    ("[9223372036854775808]", "[0,4]", "64 bits"), ("[4]", "[0,99999999999999999999]", "64 bits"),
    ("[4,]", "[0,4]", "a whole number"),
    ("4", "[0,4]", "'['"), ("[[4]]", "[0,4]", "a whole number"),
  ])
  func wildShapesAndOffsetsAreRefused(shape: String, offsets: String, sentence: String) throws {
    let bytes = file(tensors: #""a":{"dtype":"U8","shape":\#(shape),"data_offsets":\#(offsets)},"#, data: [1, 2, 3, 4])
    let error = #expect(throws: ModelFileError.self) { try ModelFile(bytes: bytes) }
    #expect(error?.description.contains(sentence) == true, "\(String(describing: error))")
  }

  @Test(arguments: [
    (#""a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"#, "does not fill"),
    (#""a":{"dtype":"u8","shape":[4],"data_offsets":[0,4]},"#, "does not fill"),
    (
      #""a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"#,
      "wrong byte"
    ),
    (
      #""a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]},"#,
      "wrong byte"
    ),
    (
      #""a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"#,
      "each name once"
    ),
    (#""a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"\u0061":{},"#, "each name once"),
    (#""a":{"dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4]},"#, "each once"),
    (#""a":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"more":1},"#, "each once"),
    (#""a":{"dtype":"U8","shape":[4]},"#, "a dtype, a shape"), (#""a":{},"#, "a dtype, a shape"), (#""a":4,"#, "'{'"),
    (#""":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"#, "is no name"),
    (#""__a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"#, "is no name"),
    (#""__metadata__":{},"#, "each name once"), (#""a\x":4,"#, "an escape"), (#""\ud83c":4,"#, "surrogate"),
    (#""\ud83c\u0041":4,"#, "surrogate"), (#""\udfac":4,"#, "surrogate"), (#""\u12g4":4,"#, "hexadecimal"),
    ("\"\n\":4,", "control character"), (",", "'\"'"), ("{}", "'\"'"), (String(repeating: "[", count: 100_000), "'\"'"),
    (#""a":"# + String(repeating: "{\"dtype\":", count: 50_000), "'\"'"),
  ])
  func wildHeadersAreRefused(tensors: String, sentence: String) {
    let error = #expect(throws: ModelFileError.self) {
      try ModelFile(bytes: file(tensors: tensors, data: [1, 2, 3, 4]))
    }
    #expect(error?.description.contains(sentence) == true, "\(String(describing: error))")
  }

  @Test func wildMetadataIsRefused() {
    for (metadata, sentence) in [
      (#""a":1"#, "'\"'"), (#""a":{}"#, "'\"'"), (#""a":"b","a":"b""#, "each key once"), (#""a":"b""#, "no checksum"),
      (#""header_checksum":"0""#, "no checksum"), (#""header_checksum":"00000000000000000""#, "no checksum"),
      (#""header_checksum":"\u00301234567890""#, "does not match"),
      (#""header_checksum":"0000000000000000""#, "does not match"),
    ] {
      let header = #"{"__metadata__":{"format":"kindred","format_version":"1",\#(metadata)}}"#
      let error = #expect(throws: ModelFileError.self) {
        try ModelFile(bytes: file(header: header, data: [], isSealed: false))
      }
      #expect(error?.description.contains(sentence) == true, "\(metadata): \(String(describing: error))")
    }
    var bytes = Array(#"{"__metadata__":{"a":""#.utf8) + [0xC3, 0x28] + Array("\"}}".utf8)
    bytes = [UInt8(bytes.count), 0, 0, 0, 0, 0, 0, 0] + bytes
    #expect(reason(of: bytes) == .damaged("its header makes no sense at byte 22, which should be UTF-8"))
  }

  @Test func headersOfTheWrongLengthAreRefused() {
    let good = Self.small().bytes()
    for length in [0, 1, 64, 1 << 26, 1 << 26 + 1, UInt64.max, 1 << 63] as [UInt64] {
      let bytes = (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + good.dropFirst(8)
      #expect(throws: ModelFileError.self) { try ModelFile(bytes: bytes) }
    }
    var bytes = file(tensors: "", data: [], blanks: 1)
    #expect(reason(of: bytes) == .invalid("its data does not start at a multiple of 64 bytes"))
    bytes = file(tensors: "", data: [], blanks: 64)
    #expect(throws: Never.self) { try ModelFile(bytes: bytes) }
  }

  /// What lies well in the file and makes no sense together.
  @Test func wildTablesAreRefused() throws {
    var file = ModelFile()
    for (number, offsets)
      in ([[], [0], [0, 1], [1, 4], [0, 5, 4], [0, -1, 4], [0, .max, 4], [.min, 4], [0, 3, 2, 4]] as [[Int64]])
      .enumerated()
    {
      file.set("t\(number).bytes", to: Array("abcd".utf8))
      file.set("t\(number).offsets", to: offsets)
      file.set("t\(number).known", to: [UInt8](repeating: 1, count: max(0, offsets.count - 1)))
      #expect(throws: ModelFileError.self) { try file.vocabulary("t\(number)") }
      #expect(throws: ModelFileError.self) { try file.texts("t\(number)") }
    }
    for (bytes, offsets) in [
      ([0x61, 0x61], [0, 1, 2]), ([0xFF], [0, 1]), ([0xC3, 0xA9], [0, 1, 2]), ([], [0, 0, 0]),
    ] as [([UInt8], [Int64])] {
      file.set("ids.bytes", to: bytes)
      file.set("ids.offsets", to: offsets)
      #expect(throws: ModelFileError.self) { try file.vocabulary("ids") }
    }
    for (offsets, columns, values) in [
      ([], [], []), ([0, 1], [], []), ([1, 1], [0], [1]), ([0, 2, 1], [0], [1]), ([0, -1, 1], [0], [1]),
      ([0, .max, 1], [0], [1]),
      ([0, 1], [4], [1]), ([0, 1], [-1], [1]), ([0, 2], [1, 1], [1, 1]), ([0, 2], [1, 0], [1, 1]),
      ([0, 1], [0], [.nan]),
      ([0, 1], [0], []),
    ] as [([Int64], [Int32], [Float])] {
      file.set("m.offsets", to: offsets)
      file.set("m.columns", to: columns)
      file.set("m.values", to: values)
      #expect(throws: ModelFileError.self) { try file.matrix("m", columns: 4) }
    }
    file.set("f", to: [Float](repeating: 1, count: 16), shape: [1, 16])
    #expect(try file.factors("f", rows: 1, rank: 16).count == 1)
    #expect(throws: ModelFileError.self) { try file.factors("f", rows: 1, rank: 15) }
    file.set("f", to: [Float](repeating: .infinity, count: 16), shape: [1, 16])
    #expect(throws: ModelFileError.self) { try file.factors("f", rows: 1, rank: 16) }
    file.set("c", to: ModelFileTests.catalog)
    file.set("c.attributes.lists", to: [0, 1, 6, 8] as [Int64])
    #expect(throws: ModelFileError.self) { try file.catalog("c") }
    file.set("c.attributes.lists", to: [0, 0, 6, 9] as [Int64])
    #expect(throws: ModelFileError.self) { try file.catalog("c") }
  }

  // MARK: Fuzz

  /// Random changes with the checksums made right again, so that they reach everything behind the checksums.
  @Test func randomChangesNeverCrash() {
    let good = ModelFileTests.everything().bytes()
    let length = good[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    var read = 0
    for round in 0..<1500 {
      var stream = RandomStream(seed: 11, .data, round)
      var bytes = good
      for _ in 0...Int.random(in: 0..<4, using: &stream) { change(&bytes, headerLength: length, using: &stream) }
      seal(&bytes)
      guard let file = try? ModelFile(bytes: bytes, threads: 1) else { continue }
      read += 1
      readEverything(of: file)
    }
    // Most changes of the data pass, and most of the header do not: both sides are reached.
    #expect(read > 200 && read < 1400, "\(read)")
  }

  private func change(_ bytes: inout [UInt8], headerLength: Int, using stream: inout RandomStream) {
    guard bytes.count > 16 else { return }
    let isHeader = Bool.random(using: &stream)
    let range = isHeader ? 8..<min(bytes.count, 8 + headerLength) : min(bytes.count - 1, 8 + headerLength)..<bytes.count
    let position = Int.random(in: range, using: &stream)
    switch Int.random(in: 0..<8, using: &stream) {
    case 0: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &stream)
    case 1: bytes[position] = UInt8.random(in: 0...255, using: &stream)
    case 2: bytes[position] = Array("0123456789,:[]{}\"\\".utf8).randomElement(using: &stream) ?? 0
    case 3:
      for offset in position..<min(bytes.count, position + 8) { bytes[offset] = isHeader ? UInt8(ascii: "9") : 0xFF }
    case 4: bytes.removeSubrange(position..<min(bytes.count, position + Int.random(in: 1..<80, using: &stream)))
    case 5: bytes.insert(contentsOf: bytes[position..<min(bytes.count, position + 64)], at: position)
    case 6: bytes[Int.random(in: 0..<8, using: &stream)] = UInt8.random(in: 0...255, using: &stream)
    default:
      // Digits are what offsets and shapes are made of.
      let digits = range.filter { bytes[$0] >= 0x30 && bytes[$0] <= 0x39 }
      if let digit = digits.randomElement(using: &stream) {
        bytes[digit] = UInt8.random(in: 0x30...0x39, using: &stream)
      }
    }
  }

  private func readEverything(of file: ModelFile) {
    for name in file.names {
      _ = try? file.floats(name)
      _ = try? file.array(name, of: Double.self)
      _ = try? file.int32s(name, in: 0..<9)
      _ = try? file.array(name, of: Int64.self)
      _ = try? file.array(name, of: UInt8.self)
    }
    for key in file.keys {
      _ = try? file.integer(key)
      _ = try? file.number(key)
    }
    _ = try? file.factors("factors", rows: 3, rank: 5)
    _ = (try? file.matrix("matrix", columns: 4))?.transposed()
    if let ids = try? file.vocabulary("ids") { for position in 0..<ids.count { _ = ids.index(of: ids[position]) } }
    _ = try? file.texts("texts")
    _ = try? file.catalog("catalog")
    _ = file.bytes(threads: 1)
  }

  // MARK: Making files

  static func small() -> ModelFile {
    var file = ModelFile()
    file.set("rank", to: 2)
    file.set("a", to: [1, 2, 3] as [Float])
    file.set("b", to: [1, 2, 3, 4, 5] as [UInt8])
    return file
  }

  private func reason(of bytes: [UInt8]) -> ModelFileError.Reason? {
    #expect(throws: ModelFileError.self) { try ModelFile(bytes: bytes) }?.reason
  }

  /// A file of Kindred's with these members in its header, a comma after each, and right checksums.
  private func file(tensors: String, data: [UInt8], version: String = "1", blanks: Int = 0) -> [UInt8] {
    let metadata = """
      {"checksums":"\(data.isEmpty ? "" : xxh64(data).hexadecimal)","format":"kindred","format_version":"\(version)",\
      "header_checksum":"0000000000000000"}
      """
    return file(header: "{\(tensors)\"__metadata__\":\(metadata)}", data: data, blanks: blanks)
  }

  private func file(header: String, data: [UInt8], isSealed: Bool = true, blanks: Int = 0) -> [UInt8] {
    var text = Array(header.utf8)
    while (8 + text.count) % 64 != 0 { text.append(0x20) }
    text += [UInt8](repeating: 0x20, count: blanks)
    var bytes = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text + data
    if isSealed { seal(&bytes) }
    return bytes
  }

  /// Puts right checksums where they belong, as far as the places are there.
  private func seal(_ bytes: inout [UInt8]) {
    guard bytes.count > 8 else { return }
    let length = bytes[0..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(bytes.count - 8) else { return }
    let start = 8 + Int(length)
    func place(after key: String) -> Range<Int>? {
      guard let range = bytes[8..<start].firstRange(of: Array("\"\(key)\":\"".utf8)), range.upperBound + 16 <= start
      else { return nil }
      return range.upperBound..<range.upperBound + 16
    }
    if let digits = place(after: "checksums"), bytes.count > start {
      bytes.replaceSubrange(digits, with: Array(xxh64(Array(bytes[start...])).hexadecimal.utf8))
    }
    if let digits = place(after: "header_checksum") {
      bytes.replaceSubrange(digits, with: repeatElement(0x30, count: 16))
      bytes.replaceSubrange(digits, with: Array(xxh64(Array(bytes[8..<start])).hexadecimal.utf8))
    }
  }
}
