import Foundation
import Testing

@testable import Kindred

@Suite struct ModelFileTests {
  @Test func givesBackWhatWasSet() throws {
    try withFolder { folder in
      let path = folder + "/all.kindred"
      try Self.everything().write(to: path)
      let file = try ModelFile(contentsOf: path)
      #expect(file.keys == ["algorithm", "mean", "penalty", "seed", "ünïcode"])
      #expect(file["algorithm"] == "als" && file["none"] == nil)
      #expect(try file.text("ünïcode") == "q\"uo\\te\n\u{1}\u{7F}é𝄞\u{0}/")
      #expect(try file.integer("seed", in: 0...42) == 42)
      #expect(try file.number("mean", as: Float.self) == Float(0.1))
      #expect(try file.number("penalty") == 1.0 / 3)
      #expect(try file.array("doubles", shape: [2, 2]) == [1, .pi, -0.0, .infinity] as [Double])
      #expect(try file.array("bytes", of: UInt8.self) == Array(0...200))
      #expect(try file.array("empty", of: Int32.self, shape: [0, 7]) == [])
      #expect(try file.array("scalar", of: Int64.self, shape: []) == [.min])
      #expect(try file.shape(of: "doubles") == [2, 2])
      #expect(try file.floats("row", count: 3) == [1, 2, 3])
      #expect(try file.int32s("row32", in: -5..<6) == [5, -5])
      #expect(try file.factors("factors", rows: 3, rank: 5) == Self.factors)
      #expect(try file.matrix("matrix", rows: 3, columns: 4) == Self.matrix)
      #expect(try file.matrix("matrix", columns: 4) == Self.matrix)
      let vocabulary = try file.vocabulary("ids", count: 4)
      #expect((0..<4).map { vocabulary[$0] } == ["318", "", "élan", "🎬"] && vocabulary.index(of: "🎬") == 3)
      #expect(try file.texts("texts", count: 4) == ["a", nil, "", "é"])
      #expect(try file.catalog("catalog") == Self.catalog)
      #expect(file.contains("row") && !file.contains("rows"))
    }
  }

  @Test func theSameContentGivesTheSameBytes() throws {
    let bytes = Self.everything().bytes()
    let read = try ModelFile(bytes: bytes)
    #expect(read.bytes(threads: 5) == bytes)
    var other = ModelFile()
    for name in read.names.reversed() {
      switch try #require(read.tensors[name]).type {
      case "F32": other.set(name, to: try read.array(name, of: Float.self), shape: try read.shape(of: name))
      case "F64": other.set(name, to: try read.array(name, of: Double.self), shape: try read.shape(of: name))
      case "I32": other.set(name, to: try read.array(name, of: Int32.self), shape: try read.shape(of: name))
      case "I64": other.set(name, to: try read.array(name, of: Int64.self), shape: try read.shape(of: name))
      default: other.set(name, to: try read.array(name, of: UInt8.self), shape: try read.shape(of: name))
      }
    }
    for key in read.keys.reversed() { other.set(key, to: try read.text(key)) }
    #expect(other.bytes(threads: 1) == bytes)
    try withFolder { folder in
      try ModelFile(bytes: bytes).write(to: folder + "/a.kindred")
      try ModelFile(contentsOf: folder + "/a.kindred").write(to: folder + "/a.kindred")
      #expect(try [UInt8](Data(contentsOf: URL(filePath: folder + "/a.kindred"))) == bytes)
      #expect(names(in: folder) == ["a.kindred"])
    }
  }

  /// The layout is that of safetensors, as another parser sees it.
  @Test func isASafetensorsFile() throws {
    struct Entry: Decodable {
      var dtype: String
      var shape: [Int]
      var data_offsets: [Int]
    }
    struct Header: Decodable {
      var __metadata__: [String: String]
    }
    let bytes = Self.everything().bytes()
    let length = bytes[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    #expect(bytes[8] == UInt8(ascii: "{") && (8 + length) % 64 == 0)
    let header = Data(bytes[8..<8 + length])
    let metadata = try JSONDecoder().decode(Header.self, from: header).__metadata__
    #expect(metadata["format"] == "kindred" && metadata["format_version"] == "2" && metadata["algorithm"] == "als")
    let object = try #require(try JSONSerialization.jsonObject(with: header) as? NSDictionary)
    var entries: [String: Entry] = [:]
    for case let (name as String, member) in object where name != "__metadata__" {
      entries[name] = try JSONDecoder().decode(Entry.self, from: JSONSerialization.data(withJSONObject: member))
    }
    let sizes = ["F32": 4, "F64": 8, "I32": 4, "I64": 8, "U8": 1]
    var end = 0
    for (name, entry) in entries.sorted(by: {
      ($0.value.data_offsets[0], $0.value.data_offsets[1]) < ($1.value.data_offsets[0], $1.value.data_offsets[1])
    }) {
      #expect(entry.data_offsets[0] == end)
      #expect(name.hasPrefix("__padding_") || end % 64 == 0)
      end = entry.data_offsets[1]
      #expect(end - entry.data_offsets[0] == entry.shape.reduce(try #require(sizes[entry.dtype]), *))
      if name.hasPrefix("__padding_") {
        #expect(bytes[8 + length + entry.data_offsets[0]..<8 + length + end].allSatisfy { $0 == 0 })
      }
    }
    #expect(8 + length + end == bytes.count)
    let row = try #require(entries["row"]).data_offsets[0] + 8 + length
    #expect(Array(bytes[row..<row + 8]) == [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40])
    #expect(metadata["checksums"] == xxh64(Array(bytes[(8 + length)...])).hexadecimal)
    let zeroed = String(decoding: header, as: UTF8.self)
      .replacing(
        "\"header_checksum\":\"\(metadata["header_checksum"] ?? "")\"", with: "\"header_checksum\":\"0000000000000000\""
      )
    #expect(metadata["header_checksum"] == xxh64(Array(zeroed.utf8)).hexadecimal)
  }

  @Test func holdsNothing() throws {
    let bytes = ModelFile().bytes()
    #expect(bytes.count % 64 == 0)
    let file = try ModelFile(bytes: bytes)
    #expect(file.names.isEmpty && file.keys.isEmpty)
  }

  /// More than one block of checksums.
  @Test(arguments: [1, 2, 5]) func largeTensorsAreVerified(threads: Int) throws {
    try withFolder { folder in
      var file = ModelFile()
      let floats = (0..<700_000).map { Float($0) }
      file.set("large", to: floats)
      file.set("small", to: [1] as [UInt8])
      let path = folder + "/large.kindred"
      try file.write(to: path, threads: threads)
      let copy = try ModelFile(contentsOf: path, threads: threads)
      #expect(try copy.array("large") == floats)
      var bytes = try [UInt8](Data(contentsOf: URL(filePath: path)))
      #expect(bytes == copy.bytes())
      bytes[bytes.count - 1_000_000] ^= 1
      #expect(
        throws: ModelFileError(
          path: "the model", reason: .damaged("bytes 1,048,576 to 2,097,152 of its data do not match their checksum"))
      ) {
        try ModelFile(bytes: bytes, threads: threads)
      }
    }
  }

  @Test func aLaterChangeOfTheBufferLeavesTheFile() throws {
    var buffer = Buffer<Float>([1, 2])
    var file = ModelFile()
    file.set("a", to: buffer)
    buffer[0] = 9
    #expect(try file.floats("a") == [1, 2])
    let read = try ModelFile(bytes: file.bytes())
    var copy = try read.floats("a")
    copy[1] = 5
    #expect(copy == [1, 5])
    #expect(try read.floats("a") == [1, 2])
  }

  @Test func saysWhatIsMissingOrWrong() throws {
    var file = Self.everything()
    file.set("nan", to: [0, .nan] as [Float])
    file.set("number", to: "nan")
    func reason(_ body: () throws -> Void) -> String {
      do {
        try body()
        return "nothing"
      } catch { return "\(error)" }
    }
    func sentence(_ what: String) -> String { "the model is not a valid model: \(what); train anew" }
    #expect(reason { _ = try file.text("none") } == sentence("it has no 'none'"))
    #expect(
      reason { _ = try file.integer("seed", in: 0...9) }
        == sentence("its 'seed' is '42', not a whole number from 0 to 9"))
    #expect(
      reason { _ = try file.integer("algorithm", in: 0...9) }
        == sentence("its 'algorithm' is 'als', not a whole number from 0 to 9"))
    #expect(reason { _ = try file.number("number") } == sentence("its 'number' is 'nan', not a number"))
    #expect(reason { _ = try file.floats("none") } == sentence("it has no tensor 'none'"))
    #expect(
      reason { _ = try file.floats("bytes") } == sentence("its tensor 'bytes' has elements of type 'U8', not F32"))
    #expect(reason { _ = try file.floats("row", count: 4) } == sentence("its tensor 'row' has the shape [3], not [4]"))
    #expect(reason { _ = try file.floats("factors") } == sentence("its tensor 'factors' has 2 dimensions, not one"))
    #expect(reason { _ = try file.floats("nan") } == sentence("its tensor 'nan' has a number that is not finite"))
    #expect(try file.floats("nan", isFinite: false).count == 2)
    #expect(
      reason { _ = try file.int32s("row32", in: 0..<6) }
        == sentence("its tensor 'row32' has a number that is not from 0 up to 6"))
    #expect(reason { throw file.invalid("its rank is 0") } == sentence("its rank is 0"))
    for (rows, rank) in [(-1, 5), (3, -1), (3, .max), (.max, 5), (2, 5), (3, 17)] {
      #expect(throws: ModelFileError.self) { try file.factors("factors", rows: rows, rank: rank) }
    }
    for rows in [-1, 2, 5, .max] {
      #expect(throws: ModelFileError.self) { try file.matrix("matrix", rows: rows, columns: 4) }
      #expect(throws: ModelFileError.self) { try file.vocabulary("ids", count: rows) }
      #expect(throws: ModelFileError.self) { try file.texts("texts", count: rows) }
    }
    #expect(throws: ModelFileError.self) { try file.matrix("matrix", columns: 3) }
  }

  @Test func numbersComeBackExactly() throws {
    var file = ModelFile()
    var stream = RandomStream(seed: 5, .data)
    for number in 0..<200 {
      let float = Float(bitPattern: UInt32(truncatingIfNeeded: stream.next()))
      let double = Double(bitPattern: stream.next())
      guard float.isFinite, double.isFinite else { continue }
      file.set("f\(number)", to: float)
      file.set("d\(number)", to: double)
      let copy = try ModelFile(bytes: file.bytes())
      #expect(try copy.number("f\(number)", as: Float.self).bitPattern == float.bitPattern)
      #expect(try copy.number("d\(number)").bitPattern == double.bitPattern)
    }
  }

  static let factors: Factors = {
    var factors = Factors(count: 3, rank: 5)
    for row in 0..<3 { for column in 0..<5 { factors[row, column] = Float(row * 5 + column) / 7 } }
    return factors
  }()

  static let matrix = SparseMatrix(
    rowCount: 3, columnCount: 4, rows: [0, 2, 0, 2, 2], columns: [3, 1, 0, 0, 2], values: [1, 2, 3, 4, 5.5])

  static let catalog: Catalog = {
    var catalog = Catalog()
    catalog[318] = Catalog.Entry(title: "The Shawshank Redemption", genres: ["Crime", "Drama"])
    catalog[1] = Catalog.Entry(title: "", attributes: ["year": "1995", "länge": "", "": "x"])
    catalog["é"] = Catalog.Entry(title: "Élan \"vital\"", genres: [""], attributes: ["a": "é"])
    return catalog
  }()

  /// One of each thing that a file can hold.
  static func everything() -> ModelFile {
    var file = ModelFile()
    file.set("algorithm", to: "als")
    file.set("ünïcode", to: "q\"uo\\te\n\u{1}\u{7F}é𝄞\u{0}/")
    file.set("seed", to: 42)
    file.set("mean", to: Float(0.1))
    file.set("penalty", to: 1.0 / 3)
    file.set("doubles", to: [1, .pi, -0.0, .infinity] as [Double], shape: [2, 2])
    file.set("bytes", to: Array(0...200) as [UInt8])
    file.set("empty", to: [] as [Int32], shape: [0, 7])
    file.set("scalar", to: [.min] as [Int64], shape: [])
    file.set("row", to: [1, 2, 3] as [Float])
    file.set("row32", to: [5, -5] as [Int32])
    file.set("factors", to: factors)
    file.set("matrix", to: matrix)
    file.set("ids", to: Vocabulary(["318", "", "élan", "🎬"]))
    file.set("texts", to: ["a", nil, "", "é"] as [String?])
    file.set("catalog", to: catalog)
    return file
  }
}
