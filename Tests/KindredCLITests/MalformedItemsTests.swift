import Testing

/// Files that name no items: each is refused in a sentence, and no model is written.
@Suite struct MalformedItemsTests {
  static let header = "movieId,title,genres\n"
  static let flags = "|0|0|0|1|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0"
  static let long = String(repeating: "x", count: 1 << 20)

  static let files: [(what: String, bytes: [UInt8])] = texts.map { ($0.0, Array($0.1.utf8)) } + binaries

  private static let texts: [(String, String)] = [
    ("empty", ""), ("line ends alone", "\n\n\r\n"), ("only a header", header), ("blanks alone", "   \n  \n"),
    ("only a header, tabs", "item_id:token\tmovie_title:token_seq\n"), ("an empty id", header + ",Heat,Crime\n"),
    ("an id of blanks", header + "   ,Heat,Crime\n"), ("a quoted empty id", header + "\"\",Heat,Crime\n"),
    ("separators alone", header + "1,Heat,Crime\n,,\n"),
    ("an empty id behind good ones", header + "1,a,b\n2,c,d\n,e,f\n"),
    ("a title that is missing", header + "1,Heat,Crime\n2\n"), ("too many columns", header + "1,Heat,Crime,1995,x\n"),
    ("too many columns by far", header + "1" + String(repeating: ",", count: 5000) + "\n"),
    ("an unclosed quote", header + "1,\"Heat,Crime\n2,Alien,Horror\n"),
    ("a quote that opens at the end", header + "1,Heat,\""),
    ("text behind a quote", header + "1,\"Heat\" 1995,Crime\n"),
    ("a quoted id with text behind", header + "\"1\"2,Heat,Crime\n"),
    ("a huge id", header + String(repeating: "1", count: 4097) + ",Heat,Crime\n"),
    ("a line without an end", header + "1,Heat,\(long)\(long)"),
    ("a quoted field without an end", header + "1,\"\(long)\(long)\",x\n"),
    ("a zero byte in a title", header + "1,He\0at,Crime\n"), ("a zero byte in an id", header + "1\0,Heat,Crime\n"),
    ("a zero byte in the header", "movieId,ti\0tle\n1,Heat\n"),
    ("u.item with a short line", "1|Heat|01-Jan-1995||u\(flags)\n2|Alien|x\n"),
    ("u.item with an empty id", "1|Heat|01-Jan-1995||u\(flags)\n|Alien|01-Jan-1979||u\(flags)\n"),
    ("u.item with a long line", "1|Heat|01-Jan-1995||u\(flags)\n2|Alien|01-Jan-1979||u\(flags)|1|1\n"),
    ("movies.dat with a short line", "1::Heat::Crime\n2::Alien::Horror\n3\n"),
    ("movies.dat with an empty id", "1::Heat::Crime\n::Alien::Horror\n"),
    ("tabs with a short line", "item_id:token\tmovie_title:token_seq\n1\tHeat\n2\n"),
    ("tabs with an empty id", "item_id:token\tmovie_title:token_seq\n1\tHeat\n\tAlien\n"),
  ]

  private static let binaries: [(String, [UInt8])] = [
    ("zeros", [UInt8](repeating: 0, count: 4096)), ("a program", [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0, 0, 0, 10]),
    ("UTF-16", (header + "1,Heat,Crime\n").utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }),
    ("gzip's first bytes alone", [0x1F, 0x8B]), ("gzip cut short", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1, 6, 0]),
    ("gzip of an unknown method", [0x1F, 0x8B, 9, 0, 0, 0, 0, 0, 0, 3, 3, 0]),
    (
      "gzip of garbage",
      [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + (0..<500).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 1) }
    ),
    ("gzip of nothing", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
  ]

  @Test(arguments: files.map(\.what)) func refuses(_ what: String) throws {
    let folder = Folder()
    folder.write(Self.files.first { $0.what == what }?.bytes ?? [], to: "items")
    let arguments = ["--ratings", Fixtures.ratingsFile, "--items", folder["items"], "--model", folder["m.kindred"]]
    try expectRefusal(of: ["train", "mean"] + arguments, naming: folder["items"])
    #expect(folder.names == ["items"])
  }
}
