/// A fast parser for the most common rows: two whole numbers as ids, then a value and a time if the file has such
/// columns, in this order, read in one pass over the bytes.
///
/// Every other row is left to the general scanner, so this parser changes the speed of reading and never its result.
struct NumberedRow: Sendable {
  /// The bound below which an id is encoded as its number, so that ``IDIndex`` can look it up in a table.
  static let numberLimit = 1 << 24

  private let delimiter: RowScanner.Delimiter
  let hasValue: Bool
  let hasTime: Bool
  private let timeScale: TimeForm.Scale

  /// Creates a parser for a format; nil if the format has no such rows.
  init?(_ format: RowFormat, userParsing: IDParsing, itemParsing: IDParsing) {
    guard case .table(let delimiter, _) = format.layout, userParsing.printsNumbersAsTheyAre,
      itemParsing.printsNumbersAsTheyAre
    else { return nil }
    let columns = format.columns
    let count = columns.time != nil ? 4 : columns.value != nil ? 3 : 2
    guard columns.user == 0, columns.item == 1, columns.kind == nil, format.columnCount == count,
      columns.value == (count > 2 ? 2 : nil), columns.time == (count > 3 ? 3 : nil)
    else { return nil }
    guard let scale = format.times.scale else { return nil }
    self.delimiter = delimiter
    timeScale = scale
    hasValue = count > 2
    hasTime = count > 3
  }

  /// A parsed row.
  struct Row {
    var user: Int32
    var item: Int32
    var value: Float = 1
    var time: Timestamp = 0
    /// The position of the next row.
    var next: Int
  }

  /// Parses the row that starts at a position and ends with a line end; nil if it has any other form.
  @inline(__always)
  func row(_ bytes: Span<UInt8>, from start: Int) -> Row? {
    switch delimiter {
    case .byte(let byte): row(bytes, from: start) { $0 == byte ? 1 : 0 }
    case .blanks: row(bytes, from: start) { $0.isBlank ? 1 : 0 }
    case .doubleColon: row(bytes, from: start) { $0 == .colon ? 2 : 0 }
    }
  }

  /// Parses a row with a delimiter of one byte, or of one byte twice.
  ///
  /// - Parameter delimiterLength: Returns the number of bytes in the delimiter that starts with a byte; 0 for a byte
  ///   that starts none.
  @inline(__always)
  private func row(_ bytes: Span<UInt8>, from start: Int, _ delimiterLength: (UInt8) -> Int) -> Row? {
    var position = start
    guard let user = number(bytes, &position), pass(bytes, &position, delimiterLength),
      let item = number(bytes, &position)
    else { return nil }
    var row = Row(user: user, item: item, next: 0)
    if hasValue {
      guard pass(bytes, &position, delimiterLength) else { return nil }
      let field = position
      while position < bytes.count, bytes[position] &- .zero < 10 || bytes[position] == .point { position += 1 }
      guard let value = NumberText.float(bytes, field, position), value.isFinite else { return nil }
      row.value = value
    }
    if hasTime {
      guard pass(bytes, &position, delimiterLength) else { return nil }
      let field = position
      while position < bytes.count, bytes[position] &- .zero < 10 { position += 1 }
      guard let time = timeScale.time(bytes, field, position) else { return nil }
      row.time = time
    }
    if position < bytes.count, bytes[position] == .carriageReturn { position += 1 }
    guard position < bytes.count, bytes[position] == .lineFeed else { return nil }
    row.next = position + 1
    return row
  }

  @inline(__always)
  private func pass(_ bytes: Span<UInt8>, _ position: inout Int, _ delimiterLength: (UInt8) -> Int) -> Bool {
    guard position < bytes.count else { return false }
    let byte = bytes[position]
    let length = delimiterLength(byte)
    guard length > 0 else { return false }
    position += 1
    guard length == 2 else { return true }
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  /// Parses a whole number below `numberLimit` without leading zeros; nil for any other text.
  @inline(__always)
  private func number(_ bytes: Span<UInt8>, _ position: inout Int) -> Int32? {
    let start = position
    var number = 0
    while position < bytes.count {
      let digit = bytes[position] &- .zero
      guard digit < 10 else { break }
      number = number &* 10 &+ Int(digit)
      position += 1
    }
    let length = position - start
    guard length > 0, length <= 8, number < Self.numberLimit, length == 1 || bytes[start] != .zero else { return nil }
    return Int32(number)
  }
}

/// A buffer of 256 numbered rows, which are appended to a block together, because one append per field was the
/// bottleneck.
struct NumberedRows: Sendable {
  private static let most = 256
  private let form: NumberedRow
  private var users = [Int32](repeating: 0, count: most)
  private var items = [Int32](repeating: 0, count: most)
  private var values = [Float](repeating: 0, count: most)
  private var times = [Timestamp](repeating: 0, count: most)

  /// Creates a buffer for a format; nil if the format has no numbered rows.
  init?(_ format: RowFormat, userParsing: IDParsing, itemParsing: IDParsing) {
    guard let form = NumberedRow(format, userParsing: userParsing, itemParsing: itemParsing) else { return nil }
    self.form = form
  }

  /// Parses the next rows of a block's text into its columns, up to the first row of another form or at `limit`.
  ///
  /// - Returns: Whether there was such a row.
  mutating func move(from bytes: Span<UInt8>, to block: inout ParsedBlock, limit: Int, keepsLines: Bool) -> Bool {
    let start = block.consumed
    var count = 0
    repeat {
      (count, block.consumed) = Self.read(
        bytes, from: block.consumed, limit: limit, as: form, &users, &items, &values, &times)
      block.users.append(contentsOf: users[..<count])
      block.items.append(contentsOf: items[..<count])
      if form.hasValue { block.values.append(contentsOf: values[..<count]) }
      if form.hasTime { block.times.append(contentsOf: times[..<count]) }
      if keepsLines { block.lines.append(contentsOf: block.lineCount..<block.lineCount + count) }
      block.lineCount += count
    } while count == Self.most
    return block.consumed > start
  }

  /// Parses rows until the buffer is full, a row has another form, or `limit` is reached.
  private static func read(
    _ bytes: Span<UInt8>, from start: Int, limit: Int, as form: NumberedRow, _ users: inout [Int32],
    _ items: inout [Int32], _ values: inout [Float], _ times: inout [Timestamp]
  ) -> (count: Int, end: Int) {
    var (count, position) = (0, start)
    var userSpan = users.mutableSpan
    var itemSpan = items.mutableSpan
    var valueSpan = values.mutableSpan
    var timeSpan = times.mutableSpan
    while count < most, position < limit, let row = form.row(bytes, from: position),
      row.next - position <= RowProblem.longestRow
    {
      userSpan[count] = row.user
      itemSpan[count] = row.item
      valueSpan[count] = row.value
      timeSpan[count] = row.time
      count += 1
      position = row.next
    }
    return (count, position)
  }
}
