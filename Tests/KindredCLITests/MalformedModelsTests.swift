import Foundation
import Testing

@testable import Kindred

/// Files that are no models: each is refused in a sentence, whatever reads it.
@Suite struct MalformedModelsTests {
  static let good: [UInt8] = {
    let folder = Folder()
    let files = ["--ratings", Fixtures.notebook, "--model", folder["m.kindred"]]
    _ = try? Command(["train", "sgd", "--rank", "3", "--epochs", "2"] + files).finish()
    return folder.bytes(of: "m.kindred")
  }()

  static let files: [(what: String, bytes: [UInt8])] =
    accidents + lengths + edits.map { ($0.0, edited($0.1, to: $0.2)) } + others

  private static let accidents: [(String, [UInt8])] = [
    ("empty", []), ("one byte", [1]), ("seven bytes", Array(good.prefix(7))), ("a length alone", Array(good.prefix(8))),
    ("half a header", Array(good.prefix(100))), ("all but the last byte", good.dropLast()),
    ("the header alone", Array(good.prefix(8 + headerLength))), ("a byte more", good + [0]), ("twice", good + good),
    ("zeros", [UInt8](repeating: 0, count: 5000)), ("a flipped bit in the header", flipped(at: 60)),
    ("a flipped bit in a tensor", flipped(at: good.count - 40)), ("a flipped bit of the length", flipped(at: 1)),
    ("the data turned into zeros", good.prefix(8 + headerLength) + good.dropFirst(8 + headerLength).map { _ in 0 }),
  ]

  /// The first eight bytes say how long the header is.
  private static let lengths: [(String, [UInt8])] =
    [UInt64(0), 1, 64, 1 << 26, 1 << 32, 1 << 63, .max].map { length in
      ("a header of \(length) bytes", (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + good.dropFirst(8))
    }

  /// Changes of the same length, with the checksums made right again: what is refused is what the file says.
  private static let edits: [(String, String, String)] = [
    ("a later format", #""format_version":"2""#, #""format_version":"9""#),
    ("a format that is a word", #""format_version":"2""#, #""format_version":"x""#),
    ("another program's format", #""format":"kindred""#, #""format":"kindled""#),
    ("a negative rank", #""ranking.rank":"3""#, #""ranking.rank":"-""#),
    ("a rank too large", #""ranking.rank":"3""#, #""ranking.rank":"17""#),
    ("no rank", #""ranking.rank":"3""#, #""ranking.rang":"3""#),
    ("a kind unheard of", #""ranking.kind":"ratings""#, #""ranking.kind":"rantings""#),
    ("a fold-in unheard of", #""ranking.fold_in":"ridge""#, #""ranking.fold_in":"bridge""#),
    ("fewer items", #""ranking.items":"4""#, #""ranking.items":"3""#),
    ("more users", #""ranking.users":"6""#, #""ranking.users":"7""#),
    ("a mean that is not finite", #""ranking.mean":""#, #""ranking.mean":"nan"#),
    ("no kind", #""ranking.kind""#, #""ranking.bind""#),
    ("wild offsets", #""popularity":{"data_offsets":["#, #""popularity":{"data_offsets":[9"#),
    ("negative offsets", #""popularity":{"data_offsets":["#, #""popularity":{"data_offsets":[-"#),
    (
      "offsets beyond 64 bits", #""popularity":{"data_offsets":["#,
      #""popularity":{"data_offsets":[99999999999999999999"#
    ),
    ("another type", #""dtype":"I64""#, #""dtype":"U64""#), ("an unknown type", #""dtype":"I64""#, #""dtype":"X64""#),
    ("a tensor by another name", #""popularity""#, #""popularitx""#),
    ("no users's ids", #""user_ids.bytes""#, #""user_ids.bites""#),
    ("no histories", #""histories.columns""#, #""histories.colunns""#),
  ]

  private static let others: [(String, [UInt8])] = [
    ("deep JSON", header(String(repeating: "{\"a\":", count: 50_000))),
    ("deep arrays", header("{\"a\":" + String(repeating: "[", count: 100_000))),
    ("a header of blanks", header("        ")),
    ("an empty header", header("{}")), ("an open header", header("{\"__metadata__\":{\"format\":\"kindred\"")),
    ("a header that is an array", header("[1,2]")), ("a header in Latin-1", header("{").dropLast() + [0xE9, 0x7D]),
    ("tensors of another program", header(#"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#)),
    ("a table of ratings", Array("user,item,rating\n".utf8)),
    ("gzip", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1, 6, 0, 0xF9, 0xFF]),
    ("ids that are not UTF-8", changed("user_ids.bytes") { $0[0] = 0xFF }),
    ("an id twice", changed("item_ids.bytes") { $0.replaceSubrange(5..<10, with: $0[0..<5]) }),
    ("offsets of ids that fall", changed("item_ids.offsets") { $0[8] = 200 }),
    ("negative offsets of ids", changed("item_ids.offsets") { $0[15] = 0xFF }),
    ("items that are not there", changed("histories.columns") { $0[0] = 200 }),
    ("negative items", changed("histories.columns") { $0[3] = 0xFF }),
    ("negative counts", changed("popularity") { $0[3] = 0xFF }),
    ("factors that are no numbers", changed("ranking.items") { $0.replaceSubrange(0..<4, with: [0, 0, 0xC0, 0x7F]) }),
    ("infinite ratings", changed("histories.values") { $0.replaceSubrange(0..<4, with: [0, 0, 0x80, 0x7F]) }),
    ("infinite biases", changed("ranking.item_biases") { $0.replaceSubrange(0..<4, with: [0, 0, 0x80, 0xFF]) }),
  ]

  @Test(arguments: files.map(\.what)) func refuses(_ what: String) throws {
    let folder = Folder()
    let path = folder["m.kindred"]
    let bytes = Self.files.first { $0.what == what }?.bytes ?? []
    #expect(bytes != Self.good)
    folder.write(bytes, to: "m.kindred")
    try expectRefusal(of: ["recommend", "user1", "--model", path], naming: path)
    try expectRefusal(of: ["complete", "--model", path, "--output", folder["matrix.csv"]], naming: path)
    try expectRefusal(of: ["info", path], naming: path)
    #expect(folder.names == ["m.kindred"])
  }

  @Test func theGoodModelBehindTheBadOnesIsRead() throws {
    let folder = Folder()
    folder.write(Self.edited(#""ranking.rank":"3""#, to: #""ranking.rank":"3""#), to: "m.kindred")
    #expect(try kindred("complete", "--model", folder["m.kindred"]).status == 0)
    #expect(try kindred("recommend", "user1", "--model", folder["m.kindred"]).status == 0)
    folder.write(Self.changed("popularity") { $0[0] = 9 }, to: "m.kindred")
    #expect(try kindred("recommend", "user1", "--model", folder["m.kindred"]).status == 0)
  }

  // MARK: Files made by hand

  private static var headerLength: Int { good.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) } }

  private static func flipped(at position: Int) -> [UInt8] {
    var bytes = good
    bytes[position] ^= 0x10
    return bytes
  }

  private static func header(_ text: String) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: text.utf8.count >> (8 * $0)) } + Array(text.utf8)
  }

  /// The good model with a text in its header replaced; blanks at the header's end keep its length.
  private static func edited(_ text: String, to replacement: String) -> [UInt8] {
    let header = String(decoding: good[8..<8 + headerLength], as: UTF8.self)
    precondition(header.contains(text), "\(text) is not in \(header)")
    var changed = header.replacingOccurrences(of: text, with: replacement)
    while changed.utf8.count > headerLength, changed.last == " " { changed.removeLast() }
    while changed.utf8.count % 64 != 56 { changed += " " }
    return sealed(self.header(changed) + good.dropFirst(8 + headerLength))
  }

  /// The good model with the bytes of a tensor changed.
  private static func changed(_ name: String, _ change: (inout [UInt8]) -> Void) -> [UInt8] {
    let header = String(decoding: good[8..<8 + headerLength], as: UTF8.self)
    guard let start = header.range(of: "\"\(name)\":{\"data_offsets\":["),
      let end = header[start.upperBound...].firstIndex(of: "]")
    else { preconditionFailure("no tensor \(name)") }
    let offsets = header[start.upperBound..<end].split(separator: ",").compactMap { Int($0) }
    let range = (8 + headerLength + offsets[0])..<(8 + headerLength + offsets[1])
    var bytes = good
    var tensor = Array(bytes[range])
    change(&tensor)
    bytes.replaceSubrange(range, with: tensor)
    return sealed(bytes)
  }

  /// Puts right checksums in.
  private static func sealed(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    let start = 8 + bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    func put(_ sum: String, after key: String) {
      guard let range = bytes[8..<start].firstRange(of: Array("\"\(key)\":\"".utf8)) else { return }
      bytes.replaceSubrange(range.upperBound..<range.upperBound + 16, with: Array(sum.utf8))
    }
    func sum(_ bytes: ArraySlice<UInt8>) -> String { Checksum.xxh64(Buffer(Array(bytes)).bytes).hexadecimal }
    put(sum(bytes[start...]), after: "checksums")
    put("0000000000000000", after: "header_checksum")
    put(sum(bytes[8..<start]), after: "header_checksum")
    return bytes
  }
}
