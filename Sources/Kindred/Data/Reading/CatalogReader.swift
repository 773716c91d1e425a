extension Catalog {
  /// The subject of a file: items or users.
  public enum Subject: Sendable {
    /// A file of items; a row has an id, a title, genres and further columns.
    case items
    /// A file of users; a row has an id and further columns, such as age and occupation.
    case users

    var name: String { self == .items ? "item" : "user" }
    var plural: String { self == .items ? "items" : "users" }
  }

  /// Reads a file of items or users, plain or gzip.
  ///
  /// Known formats are MovieLens `movies.csv`, `movies.dat`, `u.item`, `users.dat` and `u.user`, RecBole `.item` and
  /// `.user`, and any other table with a column of ids. The header names the columns; without a header the order is
  /// id, title, genres for items, and the id first for users. Text that is not UTF-8 is read as Latin-1, the encoding
  /// of the older MovieLens files. If an id occurs twice, the last row counts. An item without a title gets its id as
  /// title.
  ///
  /// - Parameters:
  ///   - path: The path of the file.
  ///   - subject: The subject of the file.
  /// - Throws: ``ReadError`` with the first bad line.
  /// - Complexity: O(bytes).
  public init(contentsOf path: String, of subject: Subject = .items) throws(ReadError) {
    self.init()
    var file = try CatalogFile(contentsOf: path, of: subject)
    while let row = try file.nextRow() {
      if let (id, entry) = try file.entry(of: row) { self[id] = entry }
    }
    if count == 0 { throw ReadError(.badData, file: path, reason: "the file holds no \(subject.plural)") }
  }
}

/// A table of items or users, read row by row.
private struct CatalogFile {
  private let path: String
  private let subject: Catalog.Subject
  private let text: ByteWindow
  private let isLatin1: Bool
  private var scanner: RowScanner
  private var layout = ItemLayout()
  private var position = 0
  private var line = 0
  private var rowLine = 0

  init(contentsOf path: String, of subject: Catalog.Subject) throws(ReadError) {
    self.path = path
    self.subject = subject
    text = try Self.text(of: path)
    position = text.byteOrderMarkLength
    isLatin1 = text.withBytes(0..<text.count) { !$0.isUTF8(0..<$0.count) }
    scanner = RowScanner(delimiter: .byte(44), quoting: .honoured, fieldCount: RowScanner.mostColumns)
    let sample = sampleLines()
    guard !sample.isEmpty else { throw ReadError(.badData, file: path, reason: "the file holds no \(subject.plural)") }
    let table = TableSample(items: sample)
    let delimiter = table.delimiter
    // In these formats a quote at the start of a title is a part of the title.
    let isLiteral =
      table.header.contains { RecBole.isTyped($0) } || delimiter == .byte(124) || delimiter == .doubleColon
      || delimiter == .blanks
    scanner = RowScanner(
      delimiter: delimiter, quoting: isLiteral ? .literal : .honoured, fieldCount: RowScanner.mostColumns)
    let start = (position, line)
    guard let first = try nextRow() else { return }
    layout = ItemLayout(first, of: subject)
    if !layout.hasHeader { (position, line) = start }
  }

  /// Reads the whole text, which takes about as much memory as the catalog itself.
  private static func text(of path: String) throws(ReadError) -> ByteWindow {
    do throws(ByteSource.Failure) {
      var source = try ByteSource(contentsOf: path)
      var size = 1 << 20
      while true {
        let window = try source.window(size)
        if window.isLast { return window }
        size *= 2
      }
    } catch { throw ReadError(error, file: path) }
  }

  private func sampleLines() -> [[UInt8]] {
    let head = text.bytes(atMost: RowProblem.longestRow).dropFirst(position)
    return head.split(separator: .lineFeed).lazy.map { $0.last == .carriageReturn ? $0.dropLast() : $0 }
      .filter { !$0.allSatisfy { $0.isSpace } }.prefix(20).map { Array($0) }
  }

  /// Returns the fields of the next row that is not empty; nil at the end.
  mutating func nextRow() throws(ReadError) -> [String]? {
    while position < text.count {
      rowLine = line + 1
      let start = position
      let (ending, fields) = text.withBytes(0..<text.count) { bytes in
        let ending = scanner.scan(bytes, from: start)
        return (ending, scanner.fields.prefix(scanner.count).map { decoded($0, in: bytes) })
      }
      position = scanner.next
      line += scanner.innerLines + 1
      if ending == .problem, let problem = scanner.problem { throw error(problem.field, problem.reason) }
      if let open = scanner.openField { throw error(open, RowProblem.unclosedQuote) }
      if position - start > RowProblem.longestRow { throw error(nil, RowProblem.tooLong.reason) }
      if scanner.count > RowScanner.mostColumns {
        throw error(nil, "the line has more than \(RowScanner.mostColumns) columns")
      }
      if fields.contains(where: { $0.utf8.contains(0) }) { throw error(nil, RowProblem.zeroByte.reason) }
      if fields.contains(where: { !$0.isEmpty }) { return fields }
      if fields.count > 1 { throw error(0, "the \(subject.name) id is empty") }
    }
    return nil
  }

  private func decoded(_ field: RowScanner.Field, in bytes: Span<UInt8>) -> String {
    let raw = scanner.bytes(of: field, in: bytes)
    let text =
      isLatin1
      ? String(String.UnicodeScalarView(raw.map { Unicode.Scalar($0) })) : String(decoding: raw, as: UTF8.self)
    return field.isQuoted ? text : trimmed(text)
  }

  private func error(_ field: Int?, _ reason: String) -> ReadError {
    ReadError(.badData, file: path, line: rowLine, column: field.map { $0 + 1 }, reason: reason)
  }

  /// Returns the id and the entry of a row.
  func entry(of row: [String]) throws(ReadError) -> (id: String, entry: Catalog.Entry)? {
    guard row.count >= layout.neededCount else {
      throw error(row.count, "the line has \(row.count) columns where \(layout.names.count) are expected")
    }
    let id = row[layout.id]
    if id.isEmpty { throw error(layout.id, "the \(subject.name) id is empty") }
    if id.utf8.count > BlockParser.longestID {
      throw error(layout.id, "the \(subject.name) id is longer than \(BlockParser.longestID) bytes")
    }
    if row.count > layout.names.count, row[layout.names.count...].contains(where: { !$0.isEmpty }) {
      throw error(nil, "the line has \(row.count) columns where \(layout.names.count) are expected")
    }
    return (id, layout.entry(row))
  }
}
