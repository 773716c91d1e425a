/// A format that is no text, recognised by the first bytes of a file.
enum ForeignFormat {
  /// Returns what a file is and the line that makes a table of it; nil for a text or an unknown format.
  static func reason(_ head: [UInt8], path: String) -> String? {
    guard let format = formats.first(where: { head.starts(with: $0.magic) }) else {
      return isWebPage(head) ? "this is a web page and no table; the download went wrong" : nil
    }
    var (name, cure) = (format.name, format.cure)
    if name == "zip archive", head.contains("xl/") || head.contains("[Content_Types].xml") {
      name = "Excel workbook"
      cure = excel
    }
    let table = path.split(separator: "/").last.map { $0.prefix { $0 != "." } } ?? "ratings"
    return "this is \(article(name)) \(name) and no text; "
      + cure.replacing("FILE", with: path).replacing("TABLE", with: table)
  }

  private static func article(_ name: String) -> String { "AEIOU".contains(name.prefix(1)) ? "an" : "a" }

  private static let excel =
    "make it CSV: python3 -c \"import pandas; pandas.read_excel('FILE').to_csv('TABLE.csv', index=False)\""

  private static func pandas(_ function: String) -> String {
    "make it CSV: python3 -c \"import pandas; pandas.\(function)('FILE').to_csv('TABLE.csv', index=False)\""
  }

  private static let formats: [(magic: [UInt8], name: String, cure: String)] = [
    (Array("PAR1".utf8), "Parquet file", "make it CSV: duckdb -c \"COPY (FROM 'FILE') TO 'TABLE.csv'\""),
    (Array("ARROW1".utf8), "Arrow file", pandas("read_feather")),
    (Array("FEA1".utf8), "Arrow file of Feather version 1", pandas("read_feather")),
    (
      [0xFF, 0xFF, 0xFF, 0xFF], "Arrow stream",
      "make it CSV: python3 -c \"import pyarrow as p; p.ipc.open_stream('FILE').read_pandas().to_csv('TABLE.csv', "
        + "index=False)\""
    ),
    (Array("ORC".utf8), "ORC file", pandas("read_orc")),
    (Array("Obj\u{1}".utf8), "Avro file", "make it CSV: duckdb -c \"COPY (FROM read_avro('FILE')) TO 'TABLE.csv'\""),
    ([0x50, 0x4B, 3, 4], "zip archive", "unpack it: unzip FILE"),
    (Array("BZh".utf8), "bzip2 file", "unpack it: bunzip2 --keep FILE"),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "xz file", "unpack it: unxz --keep FILE"),
    ([0x28, 0xB5, 0x2F, 0xFD], "Zstandard file", "unpack it: unzstd FILE"),
    ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "7-Zip archive", "unpack it: 7z x FILE"),
    (Array("Rar!".utf8), "RAR archive", "unpack it: unrar x FILE"),
    ([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], "Excel 97 workbook", excel),
    (
      Array("SQLite format 3\0".utf8), "SQLite database",
      "export a table: sqlite3 -header -csv FILE \"SELECT * FROM TABLE\" > TABLE.csv"
    ),
    ([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A], "HDF5 file", pandas("read_hdf")),
    (
      [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59], "NumPy array",
      "make it a table: python3 -c \"import numpy; numpy.savetxt('TABLE.csv', numpy.load('FILE'), delimiter=',', "
        + "fmt='%g')\""
    ),
    ([0x80, 2], "Python pickle", pandas("read_pickle")), ([0x80, 3], "Python pickle", pandas("read_pickle")),
    ([0x80, 4], "Python pickle", pandas("read_pickle")), ([0x80, 5], "Python pickle", pandas("read_pickle")),
    (Array("%PDF-".utf8), "PDF document", "export its table as CSV from the program that made it"),
    ([0xFF, 0xFE], "UTF-16 file", "make it UTF-8: iconv -f UTF-16 -t UTF-8 FILE > TABLE.csv"),
    ([0xFE, 0xFF], "UTF-16 file", "make it UTF-8: iconv -f UTF-16 -t UTF-8 FILE > TABLE.csv"),
  ]

  private static func isWebPage(_ head: [UInt8]) -> Bool {
    let start = String(decoding: head.drop { $0.isSpace }.prefix(15), as: UTF8.self).lowercased()
    return start.hasPrefix("<!doctype html") || start.hasPrefix("<html")
  }
}

extension [UInt8] {
  /// Whether these bytes hold a text.
  fileprivate func contains(_ text: String) -> Bool {
    let wanted = Array(text.utf8)
    guard count >= wanted.count else { return false }
    return (0...count - wanted.count).contains { self[$0..<$0 + wanted.count].elementsEqual(wanted) }
  }
}
