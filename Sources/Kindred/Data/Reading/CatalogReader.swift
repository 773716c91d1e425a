import KindredJSON

extension Catalog {
  /// The subject of a file: items or users.
  public enum Subject: Sendable {
    /// A file of items; a row has an id, a title, genres and further columns.
    case items
    /// A file of users; a row has an id and further columns, such as age and occupation.
    case users

    var name: String { self == .items ? "item" : "user" }
    package var plural: String { self == .items ? "items" : "users" }
  }

  /// Reads a file of items or users, plain or gzip.
  ///
  /// Known formats are MovieLens `movies.csv`, `movies.dat`, `u.item`, `users.dat` and `u.user`, RecBole `.item` and
  /// `.user`, JSON Lines, a JSON array of objects, and any other table with a column of ids. The header names the
  /// columns; without a header the order is id, title, genres for items, and the id first for users. Text that is not
  /// UTF-8 is read as Latin-1, the encoding of the older MovieLens files. If an id occurs twice, the last row counts.
  /// An item without a title gets its id as title.
  ///
  /// - Parameters:
  ///   - path: The path of the file.
  ///   - subject: The subject of the file.
  /// - Throws: ``ReadError`` with the first bad line.
  /// - Complexity: O(bytes).
  public init(contentsOf path: String, of subject: Subject = .items) throws(ReadError) {
    self = try CatalogReader(subject: subject).read(path).catalog
  }
}

/// A reader of files of items or users.
public struct CatalogReader: Sendable {
  /// A summary of a file.
  public struct Summary: Sendable, Equatable {
    /// The number of rows, rejected ones too; of rows with the same id the last one counts.
    public var rowCount = 0
    /// The number of rejected lines.
    public var rejected = 0
    /// The errors of the first rejected rows, of five at most.
    public var rejections: [ReadError] = []
    /// The sentences about what was understood, or was not.
    public var remarks: [String] = []
    /// The columns with a role, and in ``ColumnReport/unused`` those that became attributes.
    public var columns = ColumnReport()
  }

  /// The subject of the file.
  public var subject: Catalog.Subject
  /// The path of a file for bad rows, which are written unchanged while reading continues; nil stops at the first.
  public var rejectPath: String?

  /// Creates a reader.
  public init(subject: Catalog.Subject = .items) { self.subject = subject }

  /// Reads a file.
  ///
  /// - Throws: ``ReadError`` with the first bad line.
  /// - Complexity: O(bytes).
  public func read(_ path: String) throws(ReadError) -> (catalog: Catalog, summary: Summary) {
    let rejects = rejectPath.map { Rejects(path: $0) }
    let result = try read(path, rejects: rejects)
    try rejects?.commit()
    return result
  }

  /// Reads a file; the caller commits the bad rows.
  package func read(_ path: String, rejects: Rejects?) throws(ReadError) -> (catalog: Catalog, summary: Summary) {
    var catalog = Catalog()
    var summary = Summary()
    var file = try CatalogFile(contentsOf: path, of: subject)
    let numbers = subject == .items ? try NumbersBeside(path) : nil
    var count = 0
    while let row = file.nextRow() {
      defer { count += 1 }
      do throws(ReadError) {
        var (id, entry) = try file.entry(of: row)
        if let numbers, let list = try numbers.row(count) { entry.vectors[numbers.name] = list }
        catalog[id] = entry
      } catch {
        guard let rejects else { throw error }
        try rejects.append(row.bytes)
        summary.rejected += row.lines
        summary.rejections.keep([error])
      }
    }
    if catalog.count == 0 {
      throw summary.rejections.first ?? ReadError(.badData, file: path, reason: "the file holds no \(subject.plural)")
    }
    summary.rowCount = count
    summary.remarks = file.remarks
    summary.columns = file.columns
    if let numbers {
      try numbers.requireRows(count, of: path)
      summary.columns.columns.append(ColumnReport.Column(role: "numbers", name: numbers.name))
    }
    catalog.removeZeroFractions()
    return (catalog, summary)
  }
}

/// The numbers of items in an array of NumPy's format that stands beside their file, a row per row: `items.npy` beside
/// `items.csv`.
private struct NumbersBeside {
  /// The name of the array's file.
  let name: String
  private let path: String
  private let table: NumPyTable

  /// Opens the array; nil if there is none.
  init?(_ path: String) throws(ReadError) {
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
    var stem = path[folder.endIndex...]
    if stem.hasSuffix(".gz") { stem = stem.dropLast(3) }
    if let point = stem.lastIndex(of: ".") { stem = stem[..<point] }
    name = "\(stem).npy"
    self.path = "\(folder)\(name)"
    guard self.path != path, MappedFile.exists(self.path) else { return nil }
    table = try NumPyTable(contentsOf: self.path)
  }

  /// The numbers of a row; nil behind the last.
  func row(_ row: Int) throws(ReadError) -> [Float]? {
    guard row < table.count else { return nil }
    guard let numbers = table.row(row) else {
      throw ReadError(.badData, file: path, reason: "row \(row) of the array has a number that is not finite")
    }
    return numbers
  }

  func requireRows(_ count: Int, of items: String) throws(ReadError) {
    guard table.count == count else {
      throw ReadError(
        .badData, file: path,
        reason: "the array has \(table.count) rows, and \(items) has \(count); rename it if it is not about these items"
      )
    }
  }
}

extension Catalog {
  /// Writes ids such as `12.0` as `12` if all ids are of this form, as pandas writes whole numbers beside gaps.
  fileprivate mutating func removeZeroFractions() {
    let entries = entries
    guard entries.first.map({ [$0.key].haveZeroFractions }) == true, entries.map(\.key).haveZeroFractions else {
      return
    }
    var renamed = Catalog()
    for (id, entry) in entries {
      let whole = String(id.prefix { $0 != "." })
      var entry = entry
      if entry.title == id { entry.title = whole }
      renamed[whole] = entry
    }
    self = renamed
  }

  /// A sentence if no id of the catalog is one of a data set's; nil if one is, or the catalog is empty.
  ///
  /// - Parameters:
  ///   - subject: The subject of the catalog.
  ///   - path: The path of its file.
  ///   - ids: The ids of the data set, in the order of their positions.
  package func mismatch(_ subject: Subject, in path: String, with ids: some Collection<String>) -> String? {
    guard let first = ids.first, let own = inOrder.first, !ids.contains(where: { self[$0] != nil }) else { return nil }
    return "none of the \(ids.count) \(subject.plural) of the ratings is in \(path) (there: \(own.id.shown()); "
      + "here: \(first.shown()))"
  }
}

/// A table of items or users, or JSON objects, read row by row.
private struct CatalogFile {
  /// A row, or an object.
  struct Row {
    var bytes: [UInt8]
    /// The number of lines that it takes.
    var lines: Int
    var fields: [String] = []
    var members: [(String, JSON)]?
    var problem: (field: Int?, reason: String)?
  }

  private let path: String
  private let subject: Catalog.Subject
  private let text: ByteWindow
  private let isLatin1: Bool
  private let isJSON: Bool
  /// What a line of `text` is in the file.
  private let unit: String
  private var scanner: RowScanner
  private var layout = ItemLayout()
  private var position = 0
  private var line = 0
  private var rowLine = 0
  private var firstKeys: [String] = []

  init(contentsOf path: String, of subject: Catalog.Subject) throws(ReadError) {
    self.path = path
    self.subject = subject
    var text: ByteWindow
    // The whole text takes about as much memory as the catalog itself.
    do throws(ByteSource.Failure) {
      var source = try ByteSource(contentsOf: path)
      text = try source.rest()
    } catch { throw ReadError(error, file: path) }
    if let reason = ForeignFormat.reason(text.bytes(atMost: 8192), path: path) {
      throw ReadError(.badData, file: path, reason: reason)
    }
    position = text.byteOrderMarkLength
    var sample = Self.sampleLines(of: text, from: position)
    guard !sample.isEmpty else { throw ReadError(.badData, file: path, reason: "the file holds no \(subject.plural)") }
    isJSON = [UInt8(ascii: "{"), UInt8(ascii: "[")].contains(sample[0].first { !$0.isBlank })
    var unit = "line"
    var named: UInt8?
    if isJSON,
      let reshaping = try Reshaping(sample, delimiter: nil, file: path, text: { text.bytes(atMost: text.count) })
    {
      (text, unit, position) = (ByteWindow(reshaping.text, isLast: true), reshaping.unit, 0)
    } else if sample[0].count == 5, sample[0].starts(with: Array("sep=".utf8)) {
      named = sample[0][4]
      let start = position
      position = text.withBytes(0..<text.count) { ($0.firstIndex(of: .lineFeed, from: start) ?? $0.count - 1) + 1 }
      line = 1
      sample.removeFirst()
      guard !sample.isEmpty else {
        throw ReadError(.badData, file: path, reason: "the file holds no \(subject.plural)")
      }
    }
    self.unit = unit
    self.text = text
    isLatin1 = text.withBytes(0..<text.count) { !$0.isUTF8(0..<$0.count) }
    scanner = RowScanner(delimiter: .byte(.lineFeed), quoting: .literal, fieldCount: 1)
    if isJSON { return }
    let table = TableSample(items: sample, delimiter: named)
    let delimiter = table.delimiter
    // In these formats a quote at the start of a title is a part of the title.
    let isLiteral =
      table.header.contains { RecBole.isTyped($0) } || delimiter == .byte(124) || delimiter == .doubleColon
      || delimiter == .blanks
    scanner = RowScanner(
      delimiter: delimiter, quoting: isLiteral ? .literal : table.quoting.honouring(true),
      fieldCount: RowScanner.mostColumns)
    let start = (position, line)
    guard let first = nextRow() else { return }
    if let problem = first.problem { throw error(problem.field, problem.reason) }
    layout = ItemLayout(first.fields, of: subject, in: table)
    if !layout.hasHeader { (position, line) = start }
  }

  /// The sentences about columns that were not recognised.
  var remarks: [String] {
    guard !isJSON, subject == .items, layout.hasHeader, layout.title == nil else { return [] }
    return ["no column of \(path) was recognised as the title (\(layout.names.prefix(12).joined(separator: ", ")))"]
  }

  /// The columns with a role; of JSON objects, the keys of the first that was read.
  var columns: ColumnReport { isJSON ? ItemLayout.columns(of: firstKeys, subject) : layout.columns(of: subject) }

  private static func sampleLines(of text: ByteWindow, from position: Int) -> [[UInt8]] {
    let head = text.bytes(atMost: RowProblem.longestRow).dropFirst(position)
    return head.split(separator: .lineFeed).lazy.map { $0.last == .carriageReturn ? $0.dropLast() : $0 }
      .filter { !$0.allSatisfy { $0.isSpace } }.prefix(200).map { Array($0) }
  }

  /// Returns the next row that is not empty; nil at the end.
  mutating func nextRow() -> Row? {
    while position < text.count {
      rowLine = line + 1
      let start = position
      var row = isJSON ? nextObject() : nextTableRow()
      line += row.lines
      if row.problem == nil, position - start > RowProblem.longestRow {
        row.problem = (nil, RowProblem.tooLong.reason)
      }
      if row.problem != nil { return row }
      if let members = row.members {
        if !members.isEmpty { return row }
      } else if row.fields.contains(where: { !$0.isEmpty }) {
        return row
      } else if row.fields.count > 1 {
        row.problem = (0, "the \(subject.name) id is empty")
        return row
      }
    }
    return nil
  }

  private mutating func nextTableRow() -> Row {
    let start = position
    let (ending, fields) = text.withBytes(0..<text.count) { bytes in
      let ending = scanner.scan(bytes, from: start)
      return (ending, scanner.fields.prefix(scanner.count).map { decoded($0, in: bytes) })
    }
    position = scanner.next
    var row = Row(bytes: bytes(start..<position), lines: scanner.innerLines + 1, fields: fields)
    if ending != .row, let problem = scanner.problem {
      row.problem = (problem.field, problem.reason)
    } else if let open = scanner.openField {
      row.problem = (open, RowProblem.unclosedQuote)
    } else if scanner.count > RowScanner.mostColumns {
      row.problem = (nil, "the line has more than \(RowScanner.mostColumns) columns")
    } else if fields.contains(where: { $0.utf8.contains(0) }) {
      row.problem = (nil, RowProblem.zeroByte.reason)
    }
    if row.problem != nil, row.lines > 1 { restartBehindFirstLine(&row, from: start) }
    return row
  }

  /// Ends a bad row with its first line: a quote that is never closed must not take the rest of the file with it.
  private mutating func restartBehindFirstLine(_ row: inout Row, from start: Int) {
    guard let end = text.withBytes(0..<text.count, { $0.firstIndex(of: .lineFeed, from: start) }) else { return }
    position = end + 1
    row.lines = 1
    row.bytes = bytes(start..<position)
  }

  private func bytes(_ range: Range<Int>) -> [UInt8] {
    text.withBytes(range) { $0.array(0..<min($0.count, RowProblem.longestRow)) }
  }

  private mutating func nextObject() -> Row {
    let start = position
    position = text.withBytes(0..<text.count) { ($0.firstIndex(of: .lineFeed, from: start) ?? $0.count - 1) + 1 }
    var row = Row(bytes: bytes(start..<position), lines: 1)
    if row.bytes.allSatisfy({ $0.isSpace }) {
      row.members = []
    } else if let json = try? JSON(parsing: row.bytes), case .object(let members) = json {
      row.members = members
      if firstKeys.isEmpty { firstKeys = members.map(\.0) }
    } else {
      row.problem = (nil, "the line is not a JSON object")
    }
    return row
  }

  private func decoded(_ field: RowScanner.Field, in bytes: Span<UInt8>) -> String {
    let raw = scanner.bytes(of: field, in: bytes)
    let text =
      isLatin1
      ? String(String.UnicodeScalarView(raw.map { Unicode.Scalar($0) })) : String(decoding: raw, as: UTF8.self)
    return field.isQuoted ? text : trimmed(text)
  }

  private func error(_ field: Int?, _ reason: String) -> ReadError {
    if unit != "line" { return ReadError(.badData, file: path, reason: "\(unit) \(rowLine): \(reason)") }
    return ReadError(.badData, file: path, line: rowLine, column: field.map { $0 + 1 }, reason: reason)
  }

  /// Returns the id and the entry of a row.
  func entry(of row: Row) throws(ReadError) -> (id: String, entry: Catalog.Entry) {
    if let problem = row.problem { throw error(problem.field, problem.reason) }
    let found: (id: String, entry: Catalog.Entry)
    if let members = row.members {
      guard let entry = ItemLayout.entry(of: members, subject) else {
        throw error(
          nil,
          "the JSON object has no key for the \(subject.name) id; it has "
            + members.prefix(12).map { $0.0.shown() }.joined(separator: ", "))
      }
      found = entry
    } else {
      guard row.fields.count >= layout.neededCount else {
        throw error(
          row.fields.count, "the line has \(row.fields.count) columns where \(layout.names.count) are expected")
      }
      if row.fields.count > layout.names.count, !layout.joinsSurplus,
        row.fields[layout.names.count...].contains(where: { !$0.isEmpty })
      {
        throw error(nil, "the line has \(row.fields.count) columns where \(layout.names.count) are expected")
      }
      found = (row.fields[layout.id], layout.entry(row.fields))
    }
    if found.id.isEmpty { throw error(row.members == nil ? layout.id : nil, "the \(subject.name) id is empty") }
    if found.id.utf8.count > BlockParser.longestID {
      throw error(
        row.members == nil ? layout.id : nil, "the \(subject.name) id is longer than \(BlockParser.longestID) bytes")
    }
    return found
  }
}
