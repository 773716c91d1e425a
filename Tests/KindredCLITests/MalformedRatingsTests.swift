import Foundation
import Testing

/// Files that are no ratings: each is refused in a sentence, and nothing is left behind.
@Suite struct MalformedRatingsTests {
  static let header = "user,item,rating,time\n"
  static let long = String(repeating: "x", count: 1 << 20)

  static let files: [(what: String, bytes: [UInt8])] = texts.map { ($0.0, Array($0.1.utf8)) } + binaries

  private static let texts: [(String, String)] = [
    ("empty", ""), ("line ends alone", "\n\r\n\n"), ("only a header", header), ("one word", "word\n"),
    ("a value that is a word", header + "1,2,abc,4\n"), ("an empty value", header + "1,2,,4\n"),
    ("not a number", header + "1,2,nan,4\n"), ("infinite", header + "1,2,inf,4\n"),
    ("too large for a float", header + "1,2,1e39,4\n"), ("an absurd exponent", header + "1,2,1e999999999999,4\n"),
    ("a thousand digits", header + "1,2,\(String(repeating: "9", count: 1000)),4\n"),
    ("hexadecimal", header + "1,2,0x10,4\n"), ("two points", header + "1,2,3.4.5,4\n"),
    ("a time beyond all calendars", header + "1,2,3,1e300\n"), ("a day that is none", header + "1,2,3,2015-02-30\n"),
    ("a time that is a word", header + "1,2,3,soon\n"), ("an empty user", header + ",2,3,4\n"),
    ("an empty item", header + "1,,3,4\n"), ("an item of blanks", header + "1,   ,3,4\n"),
    ("a huge id", header + String(repeating: "u", count: 5000) + ",2,3,4\n"),
    ("too few columns", header + "1,2,3,4\n1,2\n"), ("too many columns", header + "1,2,3,4,5,6\n"),
    ("an unclosed quote", header + "1,\"2,3,4\n5,6\n"), ("text behind a quote", header + "1,\"2\"x,3,4\n"),
    ("a line without an end", header + long + long), ("a quote without an end", header + "1,\"\(long)\(long)"),
    ("a zero byte", header + "1,a\0b,3,4\n"), ("JSON that is an array", "[1,2,3]\n"),
    ("JSON without an item", "{\"user\":1,\"rating\":3}\n"), ("JSON cut short", "{\"user\":1,\"item\":2"),
    ("deep JSON", "{\"user\":1,\"item\":\(String(repeating: "[", count: 100_000))"),
    ("deep JSON beside a rating", "{\"user\":1,\"item\":2,\"x\":\(String(repeating: "{\"a\":", count: 100_000))"),
    ("JSON with half a surrogate", "{\"user\":1,\"item\":\"\\ud800\"}\n"),
    ("JSON with an infinite value", "{\"user\":1,\"item\":2,\"rating\":1e999}\n"),
    ("JSON with a truth for an item", "{\"user\":1,\"item\":true}\n"),
  ]

  private static let binaries: [(String, [UInt8])] = [
    ("zeros", [UInt8](repeating: 0, count: 4096)), ("a program", [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0, 0, 0]),
    ("a picture", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13]),
    ("every byte", (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 3) }),
    ("Latin-1", Array((header + "1,Am").utf8) + [0xE9] + Array("lie,3,4\n".utf8)),
    ("UTF-16", (header + "1,2,3,4\n").utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }),
    ("UTF-16 with its mark", [0xFF, 0xFE] + header.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }),
    ("an overlong letter", Array(header.utf8) + [0x31, 0x2C, 0xC0, 0xAF] + Array(",3,4\n".utf8)),
    ("gzip's first bytes alone", [0x1F, 0x8B]),
    ("gzip of nothing", gzipOf.dropLast(14) + [3, 0] + [0, 0, 0, 0, 0, 0, 0, 0]),
    ("gzip cut short", Array(gzipOf.dropLast(5))),
    ("gzip with a wrong checksum", gzipOf.dropLast(8) + [1, 2, 3, 4, 6, 0, 0, 0]),
    ("gzip with bytes behind", gzipOf + [1, 2, 3]),
    ("gzip of an unknown method", [0x1F, 0x8B, 7] + gzipOf.dropFirst(3)),
    (
      "gzip of garbage",
      [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + (0..<500).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 1) }
    ),
  ]

  /// What gzip makes of `1,2,3\n`, in one stored block.
  private static let gzipOf: [UInt8] =
    [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1, 6, 0, 0xF9, 0xFF] + Array("1,2,3\n".utf8) + crc + [6, 0, 0, 0]
  private static let crc: [UInt8] = {
    var sum: UInt32 = ~0
    for byte in "1,2,3\n".utf8 {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
    }
    return (0..<4).map { UInt8(truncatingIfNeeded: ~sum >> (8 * $0)) }
  }()

  @Test(arguments: files.map(\.what)) func refuses(_ what: String) throws {
    let folder = Folder()
    folder.write(Self.files.first { $0.what == what }?.bytes ?? [], to: "r.csv")
    let training = ["train", "mean", "--ratings", folder["r.csv"], "--model", folder["m.kindred"]]
    let testing = ["evaluate", "mean", "--ratings", Fixtures.ratingsFile, "--test", folder["r.csv"]]
    for arguments in [["info", folder["r.csv"]], training, testing] {
      try expectRefusal(of: arguments, naming: folder["r.csv"])
    }
    #expect(folder.names == ["r.csv"])
  }

  @Test func theGoodFileBehindTheBadOnesIsRead() throws {
    let folder = Folder()
    folder.write(Self.gzipOf, to: "r.csv.gz")
    #expect(try kindred("info", folder["r.csv.gz"], "--json").objects().first?["ratings"] as? Int == 1)
  }

  @Test func whatCannotBeOpenedIs66() throws {
    let folder = Folder()
    for (path, other) in [("a", "b"), ("b", "a")] { symlink(folder[other], folder[path]) }
    symlink(folder["none"], folder["dangling"])
    for path in [folder.path, folder["a"], folder["dangling"], folder["none"], folder["none/r.csv"]] {
      try expectRefusal(of: ["info", path], naming: path, status: 66)
      try expectRefusal(of: ["train", "--ratings", path, "--model", folder["m"]], naming: path, status: 66)
      let items = ["--ratings", Fixtures.ratingsFile, "--items", path, "--model", folder["m"]]
      try expectRefusal(of: ["train", "mean"] + items, naming: path, status: 66)
      try expectRefusal(of: ["recommend", "p1", "--model", path], naming: path, status: 66)
    }
    #expect(try kindred("info", folder.path).errors == "kindred: \(folder.path): it is a folder; name a file\n")
    #expect(folder.names == ["a", "b", "dangling"])
  }
}

/// Expects the command to end in good time with a status and one sentence, without a result; before it stands at most
/// what another file was taken for.
func expectRefusal(of arguments: [String], naming path: String, status: Int32 = 65) throws {
  let outcome = try Command(arguments).finish(within: 10)
  #expect(outcome.status == status, "\(arguments[0]): \(outcome.errors)")
  #expect(outcome.output == "")
  let sentence = outcome.errorLines.last ?? ""
  #expect(outcome.errorLines.count <= 2 && sentence.hasPrefix("kindred: "), "\(outcome.errors)")
  #expect(sentence.contains(path) && sentence.utf8.count < 600, "\(outcome.errors)")
  #expect(!outcome.errors.unicodeScalars.contains { $0.value < 32 && $0 != "\n" || $0.value == 127 })
}
