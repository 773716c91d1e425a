import KindredJSON

/// The reading of one file: recognises the format, parses waves of blocks in parallel and appends their rows in order.
///
/// The size of blocks is fixed, so neither the rows, nor the positions of ids, nor the first error depend on the number
/// of threads.
struct FileReading {
  let path: String
  let request: ColumnRequest?
  let parallel: Parallel
  let blockSize: Int
  let userParsing: IDParsing
  let itemParsing: IDParsing
  /// Whether only users and items are read.
  var readsPairsAlone = false

  /// The progress of the reading.
  private struct State {
    var source: ByteSource
    /// The number of line ends read so far.
    var line = 0
    /// Whether a quoted field was found; from then on blocks are parsed sequentially.
    var honoursQuotes = false
    /// Whether the rest of a bad row must be skipped.
    var isInsideBadRow = false
    /// What lines of the text are in the file; see ``Reshaping``.
    var unit = "line"
    /// The factor by which the window is enlarged to hold a whole row.
    var stretch = 1
  }

  func read(into rows: inout RowStore, rejects: Rejects?) throws(ReadError) {
    let source: ByteSource
    do throws(ByteSource.Failure) {
      source = try ByteSource(contentsOf: path)
    } catch { throw ReadError(error, file: path) }
    var state = State(source: source)
    guard let format = try recognise(&state) else {
      throw ReadError(.badData, file: path, reason: "the file holds no ratings")
    }
    rows.begin(format, file: path, isCompressed: source.isCompressed)
    let parser = BlockParser(
      format: format, collectsRejected: rejects != nil, keepsLines: rows.keepsLines, userParsing: userParsing,
      itemParsing: itemParsing)
    let countBefore = rows.count
    while try readWave(parser, &state, into: &rows, rejects: rejects) {}
    if rows.count == countBefore {
      // The rejected rows are written even though this throws, because they show the user the content of the file.
      try rejects?.commit()
      if let first = rows.summary.rejections.first, first.file == path { throw first }
      throw ReadError(.badData, file: path, reason: "the file holds no ratings")
    }
  }

  /// What the file holds, by its first lines.
  func content() throws(ReadError) -> InteractionReader.Content {
    var state: State
    do throws(ByteSource.Failure) {
      state = State(source: try ByteSource(contentsOf: path))
      state.source.consume(try state.source.window(ByteWindow.byteOrderMark.count).byteOrderMarkLength)
    } catch { throw ReadError(error, file: path) }
    guard let lines = try firstLines(&state) else { return .unknown }
    if let format = try? recognise(&state) {
      return format.hasHeader || !lines.mayBeItems ? .interactions : .unknown
    }
    let row: [String]
    if let json = try? JSON(parsing: lines.sample[0]), case .object(let members) = json {
      row = members.map(\.0)
    } else {
      row = TableSample(items: lines.sample).header
    }
    return ItemLayout.columns(of: row, .items).columns.contains { $0.role != "item" } ? .items : .unknown
  }

  /// Recognises the format by the first lines and skips the header; nil for a file without lines.
  ///
  /// A text of another shape, such as a matrix, is turned into rows before.
  private func recognise(_ state: inout State) throws(ReadError) -> RowFormat? {
    let head = try window(RowProblem.longestRow, of: &state)
    if let reason = ForeignFormat.reason(head.bytes(atMost: 8192), path: path) {
      throw ReadError(.badData, file: path, reason: reason)
    }
    if head.bytes(atMost: RowProblem.longestRow).endsLinesWithReturns {
      throw ReadError(
        .badData, file: path,
        reason: "its lines end with a carriage return alone; write line feeds: tr '\\r' '\\n' < \(path)")
    }
    state.source.consume(head.byteOrderMarkLength)
    guard var lines = try firstLines(&state) else { return nil }
    let delimiter = lines.namedDelimiter
    if delimiter != nil {
      lines.skip(&state.source, &state.line)
      guard let next = try firstLines(&state) else { return nil }
      lines = next
    }
    do throws(ReadError) {
      let reshaping = try Reshaping(lines.sample, delimiter: delimiter, file: path) { () throws(ReadError) in
        do throws(ByteSource.Failure) {
          let rest = try state.source.rest()
          return rest.bytes(atMost: rest.count)
        } catch { throw ReadError(error, file: path) }
      }
      if let reshaping {
        state.source = ByteSource(reshaping.text, madeOf: state.source)
        state.unit = reshaping.unit
        guard let next = try firstLines(&state) else { return nil }
        lines = next
      }
      var format = try RowFormat.recognised(
        in: lines.sample, request: request, delimiter: delimiter, readsPairsAlone: readsPairsAlone, file: path)
      if format.hasHeader { lines.skip(&state.source, &state.line) }
      if let date = format.ambiguousDate { format.times = .dates(try dayOrder(of: format, date, state)) }
      if let reshaping {
        format.name = reshaping.name
        if let places = reshaping.places { format.report.rename(places) }
        format.report.remarks += reshaping.remark.map { [$0] } ?? []
      }
      if format.columns.time != nil { format.report.timeUnit = format.times.name }
      return format
    } catch {
      var error = error
      if lines.sample[0].contains(0) { error.reason = RowProblem.zeroByte.reason }
      if error.line != nil { error.line = state.line + lines.firstLine }
      throw error
    }
  }

  /// Returns the first lines that are not empty, and skips empty ones if they fill a window; nil if there are none.
  private func firstLines(_ state: inout State) throws(ReadError) -> FirstLines? {
    let size = RowProblem.longestRow
    while true {
      let head = try window(size, of: &state)
      let lines = FirstLines(head.bytes(atMost: size), isLast: head.isLast && head.count <= size)
      if !lines.sample.isEmpty { return lines }
      if lines.isLast { return nil }
      lines.skip(&state.source, &state.line)
    }
  }

  /// Returns whether dates such as `12/1/2010` have the day or the month first, by the first date of the file that can
  /// be read in one way only.
  private func dayOrder(of format: RowFormat, _ date: String, _ state: State) throws(ReadError) -> TimeForm.DayOrder {
    var state = state
    guard case .table(let delimiter, let quoting) = format.layout, let column = format.columns.time else {
      throw ambiguity(date, format)
    }
    var scanner = RowScanner(
      delimiter: delimiter, quoting: quoting.honouring(true), fieldCount: format.columns.storedCount)
    while true {
      // A window holds a whole row, so that no part of one is taken for a date.
      let window = try window(max(blockSize, RowProblem.longestRow), of: &state)
      var position = 0
      let order: TimeForm.DayOrder? = window.withBytes(0..<window.count) { bytes in
        while position < bytes.count {
          if scanner.scan(bytes, from: position) == .bytesEnded, !window.isLast, position > 0 { return nil }
          position = max(scanner.next, position + 1)
          guard scanner.has(column) else { continue }
          let field = scanner.number(at: column, bytes)
          if let order = DateText.order(of: bytes.text(field.start..<field.end)) ?? nil { return order }
        }
        return nil
      }
      if let order { return order }
      if window.isLast && position >= window.count { throw ambiguity(date, format) }
      state.source.consume(min(position, window.count))
    }
  }

  private func ambiguity(_ date: String, _ format: RowFormat) -> ReadError {
    let columns = format.report.columns.map { column in
      "\(column.role)=\(column.name.replacing("column ", with: ""))" + (column.role == "time" ? ":mdy" : "")
    }
    return ReadError(
      .badData, file: path,
      reason:
        "the date '\(date.shown())' may have the day or the month first, and no other date of the file shows which; "
        + "say it: --columns \(columns.joined(separator: ",")) for the month first, :dmy for the day first")
  }

  private func window(_ size: Int, of state: inout State) throws(ReadError) -> ByteWindow {
    do throws(ByteSource.Failure) {
      return try state.source.window(size)
    } catch { throw ReadError(error, file: path) }
  }
}

/// The first lines of a text that are not empty.
private struct FirstLines {
  private static let count = 1000
  private(set) var sample: [[UInt8]] = []
  /// The number of the first line of the sample.
  private(set) var firstLine = 0
  /// The number of bytes up to the end of the first line of the sample, or of all bytes if the sample is empty.
  private(set) var passed = 0
  /// The number of line ends in those bytes.
  private(set) var lineEnds = 0
  let isLast: Bool

  /// The delimiter that a first line such as `sep=;` names.
  var namedDelimiter: UInt8? {
    guard let line = sample.first, line.count == 5,
      String(decoding: line.prefix(4), as: UTF8.self).lowercased() == "sep="
    else { return nil }
    return line[4]
  }

  /// Whether lines without a header may hold items: the second column has texts with blanks, or the third has words.
  var mayBeItems: Bool {
    let table = TableSample(sample)
    let texts = (1...2).map { table.texts($0, hasHeader: false) }
    return texts[0].contains { $0.contains(" ") } || !texts[1].isEmpty && ColumnContent(texts[1]).kind == .words
  }

  /// Moves a source behind the first line of the sample, or behind all lines if the sample is empty.
  func skip(_ source: inout ByteSource, _ line: inout Int) {
    source.consume(passed)
    line += lineEnds
  }

  init(_ bytes: [UInt8], isLast: Bool) {
    self.isLast = isLast
    var position = 0
    while position < bytes.count, sample.count < Self.count {
      let end = bytes[position...].firstIndex(of: .lineFeed) ?? bytes.count
      let line = bytes[position..<end]
      position = min(end + 1, bytes.count)
      let isBlank = line.allSatisfy { $0.isSpace }
      if sample.isEmpty {
        passed = position
        firstLine = lineEnds + 1
        lineEnds += end < bytes.count ? 1 : 0
      }
      // A truncated line is a part of the sample only if it is the first.
      if !isBlank, end < bytes.count || isLast || sample.isEmpty {
        sample.append(Array(line.last == .carriageReturn ? line.dropLast() : line))
      }
    }
  }
}

extension FileReading {
  /// Reads the next wave; returns false at the end of the file.
  private func readWave(
    _ parser: BlockParser, _ state: inout State, into rows: inout RowStore, rejects: Rejects?
  ) throws(ReadError) -> Bool {
    let window = try window(blockSize * InteractionReader.blocksPerWave * state.stretch, of: &state)
    if window.count == 0 { return false }
    var start = 0
    if state.isInsideBadRow {
      let lineEnd = window.withBytes(0..<window.count) { $0.firstIndex(of: .lineFeed, from: 0) }
      start = lineEnd.map { $0 + 1 } ?? window.count
      state.line += lineEnd == nil ? 0 : 1
      state.isInsideBadRow = lineEnd == nil
    }
    var blocks = state.honoursQuotes ? [] : parseInParallel(parser, window, from: start)
    if blocks.contains(where: { $0.result.hasQuotes }) {
      state.honoursQuotes = true
    }
    if state.honoursQuotes { blocks = parseInOrder(parser, window, from: start) }
    let consumed = blocks.last.map { $0.start + $0.result.consumed } ?? start
    for block in blocks {
      try report(block, window, state, rejects: rejects, to: &rows)
      state.line += block.result.lineCount
      state.isInsideBadRow = block.result.endsInsideBadRow
    }
    rows.append(
      blocks.map { $0.result }, share: state.source.share(consumed), lastLine: state.line, using: parallel)
    if consumed == 0 {
      try stretch(&state, window, rejects: rejects, rows: &rows)
    } else {
      state.stretch = 1
      state.source.consume(consumed)
    }
    return !(window.isLast && consumed == window.count)
  }

  /// A parsed part of a window.
  private struct Block: Sendable {
    let start: Int
    let result: ParsedBlock
  }

  /// Cuts a window at line ends and parses the parts in parallel.
  private func parseInParallel(_ parser: BlockParser, _ window: ByteWindow, from start: Int) -> [Block] {
    let ranges = window.blocksOfLines(of: blockSize, from: start)
    return parallel.map(ranges.count) { number in
      let range = ranges[number]
      let result = window.withBytes(range) { bytes in
        parser.parse(
          bytes, limit: bytes.count, isLast: window.isLast && range.upperBound == window.count, honoursQuotes: false)
      }
      return Block(start: range.lowerBound, result: result)
    }
  }

  /// Parses one block after another, each from the end of the last one's rows, because line ends may be inside quotes.
  private func parseInOrder(_ parser: BlockParser, _ window: ByteWindow, from start: Int) -> [Block] {
    var blocks: [Block] = []
    var start = start
    while start < window.count {
      let result = window.withBytes(start..<window.count) { bytes in
        parser.parse(
          bytes, limit: min(blockSize, bytes.count), isLast: window.isLast, honoursQuotes: true)
      }
      if result.consumed == 0, result.problems.isEmpty { break }
      blocks.append(Block(start: start, result: result))
      start += result.consumed
      if !result.problems.isEmpty, !parser.collectsRejected { break }
    }
    return blocks
  }

  /// Throws the first bad row of a block, or writes all of them to the file of rejected rows.
  private func report(
    _ block: Block, _ window: ByteWindow, _ state: State, rejects: Rejects?, to rows: inout RowStore
  ) throws(ReadError) {
    let errors = block.result.problems.map { problem, line in
      error(problem, line: state.line + line + 1, rows.format, state.unit)
    }
    guard let first = errors.first else { return }
    guard let rejects else { throw first }
    var lines = 0
    for range in block.result.rejected {
      let shift = block.start
      let (row, inner) = window.withBytes(range.lowerBound + shift..<range.upperBound + shift) { bytes in
        (bytes.array(0..<min(bytes.count, RowProblem.longestRow)), bytes.lineCount(in: 0..<max(0, bytes.count - 1)))
      }
      try rejects.append(row)
      lines += inner + 1
    }
    rows.reject(lines, errors)
  }

  private func error(_ problem: RowProblem, line: Int, _ format: RowFormat?, _ unit: String) -> ReadError {
    if unit != "line" {
      return ReadError(.badData, file: path, reason: "\(unit) \(line): \(problem.reason)")
    }
    let isTable = format?.columnCount != nil
    return ReadError(
      .badData, file: path, line: line, column: isTable ? problem.field.map { $0 + 1 } : nil, reason: problem.reason)
  }

  /// Enlarges the window, which holds no whole row, or rejects the row if it is longer than the longest one allowed.
  private func stretch(
    _ state: inout State, _ window: ByteWindow, rejects: Rejects?, rows: inout RowStore
  ) throws(ReadError) {
    if window.count <= RowProblem.longestRow {
      state.stretch *= 2
      return
    }
    let error = error(.tooLong, line: state.line + 1, rows.format, state.unit)
    guard let rejects else { throw error }
    let beginning = window.bytes(atMost: RowProblem.longestRow)
    try rejects.append(beginning)
    rows.reject(1, [error])
    state.line += beginning.count { $0 == .lineFeed }
    state.source.consume(beginning.count)
    state.isInsideBadRow = true
    state.stretch = 1
  }
}

extension [UInt8] {
  /// Whether these are lines of the old Mac: carriage returns stand between them, and no line feed.
  fileprivate var endsLinesWithReturns: Bool {
    guard let first = firstIndex(of: .carriageReturn), first + 1 < count else { return false }
    return !contains(.lineFeed)
  }
}
