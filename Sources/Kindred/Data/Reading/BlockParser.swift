/// The rows of one block of a file, in columns.
///
/// An id is encoded as the small whole number that it is, or else as ~p for position p in a table of the block's own.
/// ``IDIndex`` turns both into positions.
struct ParsedBlock: Sendable {
  var users: [Int32] = []
  var items: [Int32] = []
  var values: [Float] = []
  var times: [Timestamp] = []
  /// The line of each row, from 0 at the block's start; empty unless the parser keeps lines.
  var lines: [Int] = []
  var userIDs = IDTable()
  var itemIDs = IDTable()
  var kinds = IDTable()
  /// The kind of each row, -1 for none; empty if there is no column of kinds.
  var rowKinds: [Int32] = []
  /// The number of line ends in the parsed bytes.
  var lineCount = 0
  /// The number of bytes in whole rows; the row after them is incomplete.
  var consumed = 0
  /// The problems of the first bad rows, and their lines, from 0 at the block's start.
  var problems: [(problem: RowProblem, line: Int)] = []
  /// The byte range of each bad row.
  var rejected: [Range<Int>] = []
  /// Whether the last bad row continues after the block.
  var endsInsideBadRow = false
  /// Whether a field starts with an unexpected quote, so that the block must be parsed again.
  var hasQuotes = false
}

/// A parser that turns a block of text into rows.
///
/// It has no mutable state, so threads share one parser.
struct BlockParser: Sendable {
  let format: RowFormat
  /// Whether parsing collects bad rows and continues; otherwise it stops at the first.
  let collectsRejected: Bool
  /// Whether the line of each row is kept.
  let keepsLines: Bool
  let userParsing: IDParsing
  let itemParsing: IDParsing

  /// The most bytes of an id.
  static let longestID = 4096
  /// The number of other rows in a block after which the parser stops trying ``NumberedRows``.
  private static let patience = 1000

  /// Parses the rows that start before `limit`.
  ///
  /// - Parameters:
  ///   - bytes: The text of the block, which may extend past `limit`.
  ///   - limit: The position at which no further row starts.
  ///   - isLast: Whether the text ends with the bytes.
  ///   - honoursQuotes: Whether quoted fields are parsed; otherwise they set `hasQuotes`.
  func parse(_ bytes: Span<UInt8>, limit: Int, isLast: Bool, honoursQuotes: Bool) -> ParsedBlock {
    switch format.layout {
    case .table(let delimiter, let quoting):
      let scan = RowScanner(
        delimiter: delimiter, quoting: quoting.honouring(honoursQuotes),
        fieldCount: max(format.columnCount ?? 0, format.columns.storedCount))
      return parse(bytes, with: scan, limit: limit, isLast: isLast)
    case .jsonLines(let keys):
      return parse(bytes, with: JSONLineScanner(keys: keys), limit: limit, isLast: isLast)
    }
  }

  private func parse(
    _ bytes: Span<UInt8>, with scan: some RowScan, limit: Int, isLast: Bool
  ) -> ParsedBlock {
    var scan = scan
    var block = ParsedBlock()
    reserve(&block, byteCount: min(limit, bytes.count))
    var plainCount: Int?
    var numbered = NumberedRows(format, userParsing: userParsing, itemParsing: itemParsing)
    var otherRows = 0
    while block.consumed < limit {
      let start = block.consumed
      if numbered?.move(from: bytes, to: &block, limit: limit, keepsLines: keepsLines) == true { continue }
      otherRows += 1
      if otherRows == Self.patience { numbered = nil }
      let ending = scan.scan(bytes, from: start)
      var problem: RowProblem?
      switch ending {
      case .row: break
      case .problem: problem = scan.problem
      case .quote: block.hasQuotes = true
      case .bytesEnded:
        problem = scan.openField.map { RowProblem(field: $0, RowProblem.unclosedQuote) } ?? scan.problem
      }
      if ending == .quote || (ending == .bytesEnded && !isLast) { break }
      if scan.innerLines > 0 || scan.openField != nil, hasStrayQuote(scan, bytes, from: start),
        scan.scanLiterally(bytes, from: start) != nil
      {
        problem = nil
      }
      let next = scan.next
      if problem == nil, scan.mayBeEmpty(bytes, from: start), bytes.isBlank(start, next) {
        // Empty lines are skipped.
      } else if let found = check(bytes, start..<next, plainCount: &plainCount, limit: limit) ?? problem
        ?? add(scan, bytes, to: &block)
      {
        if block.problems.count < RowProblem.mostShown { block.problems.append((found, block.lineCount)) }
        block.rejected.append(start..<next)
        if !collectsRejected { break }
      }
      block.lineCount += scan.innerLines
      block.consumed = next
      if next > start, bytes[next - 1] == .lineFeed {
        block.lineCount += 1
      } else if problem != nil, !isLast {
        block.endsInsideBadRow = true
      }
    }
    return block
  }

  /// Returns whether the quote that runs over line ends is a character of an id: every line up to the end of the field
  /// is a row by itself, as hardly any line of a text that contains line ends is.
  private func hasStrayQuote(_ scan: some RowScan, _ bytes: Span<UInt8>, from start: Int) -> Bool {
    var line = scan
    // Two columns of any text say too little about a field with one line end.
    if format.columns.value == nil, scan.innerLines < 2, scan.openField == nil { return false }
    var position = start
    var lines = 0
    while position < scan.next, lines < Self.linesToTry {
      guard let ending = line.scanLiterally(bytes, from: position), ending != .problem, isRow(line, bytes) else {
        return false
      }
      position = line.next
      lines += 1
    }
    // One line that is a row with an open quote may be half of a longer one.
    return lines > 1
  }

  private static let linesToTry = 64

  private func isRow(_ scan: some RowScan, _ bytes: Span<UInt8>) -> Bool {
    guard scan.count == format.columnCount, scan.fits(format) else { return false }
    for column in [format.columns.user, format.columns.item] {
      let field = scan.id(at: column, bytes)
      if field.end == field.start { return false }
      // A quoted field in the line shows that its quotes are not part of ids.
      if field.end > field.start + 1, bytes[field.start] == .quote, bytes[field.end - 1] == .quote { return false }
    }
    guard let column = format.columns.value else { return true }
    let field = scan.number(at: column, bytes)
    return NumberText.float(bytes, field.start, field.end) ?? format.values.number(bytes, field.start, field.end) != nil
  }

  private func reserve(_ block: inout ParsedBlock, byteCount: Int) {
    // Rows of rating files are 10 to 40 bytes. Too small a capacity costs one copy, too large a one only address space.
    let rows = byteCount / 12
    block.users.reserveCapacity(rows)
    block.items.reserveCapacity(rows)
    if format.columns.value != nil { block.values.reserveCapacity(rows) }
    if format.columns.time != nil { block.times.reserveCapacity(rows) }
  }

  /// Returns the problem of a row as a whole: its length, a zero byte or an invalid encoding; nil if there is none.
  ///
  /// - Parameter plainCount: The number of bytes known to be ASCII without zero bytes; computed at the first row.
  @inline(__always)
  private func check(
    _ bytes: Span<UInt8>, _ range: Range<Int>, plainCount: inout Int?, limit: Int
  ) -> RowProblem? {
    if range.count > RowProblem.longestRow { return .tooLong }
    let plain = plainCount ?? bytes.plainCount(upTo: limit)
    plainCount = plain
    return range.upperBound <= plain ? nil : slowCheck(bytes, range)
  }

  private func slowCheck(_ bytes: Span<UInt8>, _ range: Range<Int>) -> RowProblem? {
    for position in range where bytes[position] == 0 { return .zeroByte }
    return bytes.isUTF8(range) ? nil : .notUTF8
  }

  /// Adds a row to a block, or returns its problem and leaves the block unchanged.
  @inline(__always)
  private func add(_ scan: some RowScan, _ bytes: Span<UInt8>, to block: inout ParsedBlock) -> RowProblem? {
    let columns = format.columns
    if !scan.fits(format) { return scan.misfit(format) }
    let user = scan.id(at: columns.user, bytes, withoutFraction: format.trimsUserFraction)
    let item = scan.id(at: columns.item, bytes, withoutFraction: format.trimsItemFraction)
    if let problem = checkID(user, columns.user, .user) ?? checkID(item, columns.item, .item) { return problem }
    var value: Float = 1
    if let column = columns.value {
      let field = scan.number(at: column, bytes)
      guard
        let number = NumberText.float(bytes, field.start, field.end)
          ?? format.values.number(bytes, field.start, field.end), number.isFinite
      else {
        return RowProblem(field: column, reasonNotANumber(bytes.text(field.start..<field.end)))
      }
      value = number
    }
    var time = History.unknownTime
    if let column = columns.time, scan.has(column) {
      let field = scan.number(at: column, bytes)
      if let known = format.times.time(bytes, field.start, field.end) {
        time = known
      } else if !TimeForm.isMissing(bytes, field.start, field.end) {
        return RowProblem(field: column, reasonNoTime(bytes.text(field.start..<field.end)))
      }
    }
    if let problem = addIDs(scan, user, item, bytes, to: &block) { return problem }
    if columns.value != nil { block.values.append(value) }
    if columns.time != nil { block.times.append(time) }
    if keepsLines { block.lines.append(block.lineCount) }
    if let column = columns.kind {
      var kind: Int32 = -1
      if scan.has(column) {
        let field = scan.id(at: column, bytes)
        if field.end > field.start { kind = block.kinds.insert(bytes, field.start, field.end).position }
      }
      block.rowKinds.append(kind)
    }
    return nil
  }

  private func reasonNoTime(_ text: String) -> String {
    "the time '\(text.shown())' cannot be read; known forms are \(TimeForm.known)"
  }

  private func reasonNotANumber(_ text: String) -> String {
    if text.isEmpty { return "the value is missing" }
    let shown = text.shown()
    let isInfinite = NumberText.isNumber(text) || Double(text)?.isFinite == false
    return isInfinite ? "the value '\(shown)' is not a finite number" : "the value '\(shown)' is not a number"
  }

  @inline(__always)
  private func checkID(_ field: RowScanner.Field, _ column: Int, _ role: ColumnRole) -> RowProblem? {
    if field.end == field.start { return RowProblem(field: column, "the \(role.name) id is empty") }
    if field.end - field.start > Self.longestID {
      return RowProblem(field: column, "the \(role.name) id is longer than \(Self.longestID) bytes")
    }
    return nil
  }

  @inline(__always)
  private func addIDs(
    _ scan: some RowScan, _ user: RowScanner.Field, _ item: RowScanner.Field, _ bytes: Span<UInt8>,
    to block: inout ParsedBlock
  ) -> RowProblem? {
    var userPosition: Int32 = 0
    var isNewUser = false
    if let problem = intern(
      user, format.columns.user, scan, bytes, .user, isAnyText: userParsing.isAnyText, &block.userIDs, &userPosition,
      &isNewUser)
    {
      return problem
    }
    var itemPosition: Int32 = 0
    var isNewItem = false
    if let problem = intern(
      item, format.columns.item, scan, bytes, .item, isAnyText: itemParsing.isAnyText, &block.itemIDs, &itemPosition,
      &isNewItem)
    {
      if isNewUser { block.userIDs.removeLast() }
      return problem
    }
    block.users.append(~userPosition)
    block.items.append(~itemPosition)
    return nil
  }

  @inline(__always)
  private func intern(
    _ field: RowScanner.Field, _ column: Int, _ scan: some RowScan, _ bytes: Span<UInt8>, _ role: ColumnRole,
    isAnyText: Bool, _ table: inout IDTable, _ position: inout Int32, _ isNew: inout Bool
  ) -> RowProblem? {
    if field.hasEscapes {
      guard let text = scan.decoded(field, in: bytes), !text.contains(0) else {
        return RowProblem(field: column, "the \(role.name) id is not proper text")
      }
      (position, isNew) = ByteWindow(text, isLast: true).withBytes(0..<text.count) { table.insert($0, 0, $0.count) }
    } else {
      (position, isNew) = table.insert(bytes, field.start, field.end)
    }
    return isAnyText || (!isNew && !table.hasInvalid) ? nil : parseID(at: position, column, role, &table, &isNew)
  }

  /// Parses an id if it is new; returns a problem for an id that does not parse.
  private func parseID(
    at position: Int32, _ column: Int, _ role: ColumnRole, _ table: inout IDTable, _ isNew: inout Bool
  ) -> RowProblem? {
    let parsing = role == .user ? userParsing : itemParsing
    if isNew, !parsing.printsAsItIs(table.text(at: Int(position))) {
      let text = String(decoding: table.text(at: Int(position)), as: UTF8.self)
      table.setCanonical(parsing.canonical(text), at: position)
    }
    if table.isValid(position) { return nil }
    isNew = false
    let text = String(decoding: table.text(at: Int(position)), as: UTF8.self)
    return RowProblem(field: column, "the \(role.name) id '\(text.shown())' does not parse")
  }
}

/// The conversion of a file's texts to ids of a type.
struct IDParsing: Sendable {
  /// Whether every text is an id that prints unchanged.
  let isAnyText: Bool
  /// The function that parses a text and prints the id; nil for a text that does not parse.
  let canonical: @Sendable (String) -> String?
  private let isInteger: Bool

  init<ID: Identifier>(_ type: ID.Type) {
    isAnyText = type == String.self
    isInteger = type == Int.self || type == Int64.self
    canonical = { ID($0)?.description }
  }

  /// Whether short whole numbers are ids that print unchanged.
  var printsNumbersAsTheyAre: Bool { isInteger || isAnyText }

  /// Whether a text is certain to print unchanged without being parsed, as integers of at most 18 digits are.
  func printsAsItIs(_ text: ArraySlice<UInt8>) -> Bool {
    guard isInteger, text.count <= 18, let first = text.first, first != .zero || text.count == 1 else {
      return isAnyText
    }
    return text.allSatisfy { $0 &- .zero < 10 }
  }
}
