/// A scanner that finds the fields of the rows of a table.
///
/// It is a byte loop over borrowed memory and allocates nothing per row. Fields are ranges of the scanned bytes.
struct RowScanner {
  /// The separator between two fields.
  enum Delimiter: Equatable, Sendable {
    case byte(UInt8)
    case doubleColon
    /// A run of spaces or tabs.
    case blanks
  }

  /// The treatment of the double quote in a table.
  enum Quoting: Equatable, Sendable {
    /// The quote is a character like any other.
    case literal
    /// The caller expects no quotes; the scan stops at a field that starts with one.
    case stopping
    /// The quote opens a field that may hold delimiters, doubled quotes and line ends (RFC 4180).
    case honoured
    /// As `honoured`, and a backslash makes the next character a part of the field.
    case escaped
    /// The quote opens a field if another closes it before a delimiter on the same line; else it is a character.
    case withinLine

    /// The treatment while quoted fields are parsed, or, if they are not yet, where one stops the scan.
    func honouring(_ honours: Bool) -> Quoting {
      switch self {
      case .stopping: honours ? .honoured : .stopping
      case .escaped: honours ? .escaped : .stopping
      default: self
      }
    }
  }

  /// The range of a field in the scanned bytes.
  struct Field: Equatable {
    var start = 0
    var end = 0
    var isQuoted = false
    /// Whether the text between the quotes needs decoding: doubled quotes in a table, backslashes in JSON.
    var hasEscapes = false
  }

  /// The result of a scan.
  enum Ending: Equatable {
    /// The scan read a whole row; `next` is the position after its line end.
    case row
    /// The bytes ended inside the row, which is the last one of the text or needs more bytes.
    case bytesEnded
    /// A field starts with an unexpected quote.
    case quote
    /// The row is bad; `problem` holds the reason.
    case problem
  }

  /// The most columns in a row.
  static let mostColumns = 4096

  let delimiter: Delimiter
  var quoting: Quoting
  /// The fields of the last row; those from `count` on are left over from earlier rows.
  private(set) var fields: [Field]
  /// The number of fields in the last row, which may exceed the number of stored `fields`.
  private(set) var count = 0
  /// Whether a field that is not stored holds text.
  private(set) var hasTextBehindFields = false
  /// The position of the next row.
  private(set) var next = 0
  /// The number of line ends inside the last row.
  private(set) var innerLines = 0
  /// The problem of the last row, if its scan ended with one.
  private(set) var problem: RowProblem?
  /// The field whose quote was still open at the end of the bytes.
  private(set) var openField: Int?

  /// Creates a scanner.
  ///
  /// - Parameters:
  ///   - delimiter: The separator between two fields.
  ///   - quoting: The treatment of the double quote.
  ///   - fieldCount: The number of fields per row to store.
  init(delimiter: Delimiter, quoting: Quoting, fieldCount: Int) {
    self.delimiter = delimiter
    self.quoting = quoting
    fields = Array(repeating: Field(), count: fieldCount)
  }

  /// Scans the row that starts at a position.
  @inline(__always)
  mutating func scan(_ bytes: Span<UInt8>, from start: Int) -> Ending {
    count = 0
    innerLines = 0
    openField = nil
    if problem != nil { problem = nil }
    hasTextBehindFields = false
    switch (delimiter, quoting) {
    case (.byte(let delimiter), .honoured), (.byte(let delimiter), .escaped):
      return scanQuoted(bytes, from: start, delimiter: delimiter)
    case (.byte(let delimiter), .withinLine): return scanWithinLine(bytes, from: start, delimiter: delimiter)
    case (.byte(let delimiter), let quoting):
      return scanPlain(bytes, from: start, delimiter: delimiter, stopsAtQuotes: quoting == .stopping)
    case (.doubleColon, _):
      return scanPlain(bytes, from: start, delimiter: .colon, isDoubled: true, stopsAtQuotes: false)
    case (.blanks, _): return scanBlanks(bytes, from: start)
    }
  }

  @inline(__always)
  private mutating func add(_ start: Int, _ end: Int) {
    if count < fields.count {
      fields[count] = Field(start: start, end: end)
    } else if end > start {
      hasTextBehindFields = true
    }
    count += 1
  }

  /// Adds the last field of a line, without the carriage return of a Windows line end.
  @inline(__always)
  private mutating func addLast(_ start: Int, _ end: Int, _ bytes: Span<UInt8>) {
    add(start, end > start && bytes[end - 1] == .carriageReturn ? end - 1 : end)
  }

  private mutating func scanPlain(
    _ bytes: Span<UInt8>, from start: Int, delimiter: UInt8, isDoubled: Bool = false, stopsAtQuotes: Bool
  ) -> Ending {
    let end = bytes.count
    var position = start
    var field = start
    if stopsAtQuotes, start < end, bytes[start] == .quote { return .quote }
    while position < end {
      let byte = bytes[position]
      if byte == delimiter, !isDoubled || position + 1 < end && bytes[position + 1] == delimiter {
        add(field, position)
        if isDoubled { position += 1 }
        field = position + 1
        if stopsAtQuotes, field < end, bytes[field] == .quote { return .quote }
      } else if byte == .lineFeed {
        addLast(field, position, bytes)
        next = position + 1
        return .row
      }
      position += 1
    }
    addLast(field, end, bytes)
    next = end
    return .bytesEnded
  }

  private mutating func scanBlanks(_ bytes: Span<UInt8>, from start: Int) -> Ending {
    let end = bytes.count
    var position = start
    while true {
      while position < end, bytes[position].isBlank || bytes[position] == .carriageReturn { position += 1 }
      let field = position
      while position < end, bytes[position] > .space || !bytes[position].isSpace { position += 1 }
      if position > field { add(field, position) }
      if position == end { break }
      if bytes[position] == .lineFeed {
        next = position + 1
        return .row
      }
    }
    next = end
    return .bytesEnded
  }

  private mutating func scanWithinLine(_ bytes: Span<UInt8>, from start: Int, delimiter: UInt8) -> Ending {
    let end = bytes.count
    var position = start
    while true {
      let field = position
      if position < end, bytes[position] == .quote, let closing = closingQuote(bytes, from: field, delimiter) {
        var hasEscapes = false
        for inner in field + 1..<closing where bytes[inner] == .quote { hasEscapes = true }
        if count < fields.count {
          fields[count] = Field(start: field + 1, end: closing, isQuoted: true, hasEscapes: hasEscapes)
        } else {
          hasTextBehindFields = true
        }
        count += 1
        position = closing + 1
        if position < end, bytes[position] == .carriageReturn { position += 1 }
      } else {
        position = scanPlainField(bytes, from: field, delimiter)
      }
      if position == end {
        next = end
        return .bytesEnded
      }
      position += 1
      if bytes[position - 1] == .lineFeed {
        next = position
        return .row
      }
    }
  }

  /// Returns the position of the quote that closes a field before a delimiter or the line end; nil if there is none, so
  /// that the quote which opens the field is a character.
  private func closingQuote(_ bytes: Span<UInt8>, from start: Int, _ delimiter: UInt8) -> Int? {
    var position = start + 1
    while position < bytes.count, bytes[position] != .lineFeed, bytes[position] != delimiter {
      if bytes[position] == .quote {
        guard position + 1 < bytes.count, bytes[position + 1] == .quote else {
          let behind = position + 1
          let isLast =
            behind == bytes.count || bytes[behind] == .lineFeed
            || bytes[behind] == .carriageReturn && (behind + 1 == bytes.count || bytes[behind + 1] == .lineFeed)
          return isLast || bytes[behind] == delimiter ? position : nil
        }
        position += 1
      }
      position += 1
    }
    return nil
  }

  /// Scans a field without quotes, and returns the position of the delimiter or the line end behind it.
  @inline(__always)
  private mutating func scanPlainField(_ bytes: Span<UInt8>, from field: Int, _ delimiter: UInt8) -> Int {
    var position = field
    while position < bytes.count, bytes[position] != delimiter, bytes[position] != .lineFeed { position += 1 }
    if position < bytes.count, bytes[position] == delimiter {
      add(field, position)
    } else {
      addLast(field, position, bytes)
    }
    return position
  }

  private mutating func scanQuoted(_ bytes: Span<UInt8>, from start: Int, delimiter: UInt8) -> Ending {
    let end = bytes.count
    var position = start
    while true {
      if position < end, bytes[position] == .quote {
        let field = count
        guard let behind = scanQuotedField(bytes, from: position, limit: start + RowProblem.longestRow) else {
          if end - start > RowProblem.longestRow { return giveUp(.tooLong, bytes, behind: start) }
          openField = field
          next = end
          return .bytesEnded
        }
        position = behind
        let isBeforeLineEnd =
          position + 1 < end && bytes[position] == .carriageReturn && bytes[position + 1] == .lineFeed
        if isBeforeLineEnd || (position + 1 == end && bytes[position] == .carriageReturn) { position += 1 }
        if position < end, bytes[position] != delimiter, bytes[position] != .lineFeed {
          return giveUp(RowProblem(field: field, RowProblem.textBehindQuote), bytes, behind: position)
        }
      } else {
        position = scanPlainField(bytes, from: position, delimiter)
      }
      if position == end {
        next = end
        return .bytesEnded
      }
      position += 1
      if bytes[position - 1] == .lineFeed {
        next = position
        return .row
      }
    }
  }

  /// Scans the field whose opening quote is at a position; returns the position after its closing quote, nil if none is
  /// found.
  private mutating func scanQuotedField(_ bytes: Span<UInt8>, from start: Int, limit: Int) -> Int? {
    let end = min(bytes.count, limit)
    var field = Field(start: start + 1, end: 0, isQuoted: true)
    var position = start + 1
    while position < end {
      let byte = bytes[position]
      if byte == .backslash, quoting == .escaped, position + 1 < end {
        field.hasEscapes = true
        position += 1
        if bytes[position] == .lineFeed { innerLines += 1 }
      } else if byte == .quote {
        if position + 1 < bytes.count, bytes[position + 1] == .quote {
          field.hasEscapes = true
          position += 1
        } else {
          field.end = position
          if count < fields.count { fields[count] = field } else { hasTextBehindFields = true }
          count += 1
          return position + 1
        }
      } else if byte == .lineFeed {
        innerLines += 1
      }
      position += 1
    }
    return nil
  }

  /// Rejects the row and sets `next` after the first line end from a position on; for a row that is too long, from the
  /// end of the longest allowed row on.
  private mutating func giveUp(_ problem: RowProblem, _ bytes: Span<UInt8>, behind position: Int) -> Ending {
    let from = problem == .tooLong ? position + RowProblem.longestRow : position
    if problem == .tooLong { innerLines = bytes.lineCount(in: position..<from) }
    self.problem = problem
    guard let lineEnd = bytes.firstIndex(of: .lineFeed, from: from) else {
      next = bytes.count
      // Without its line end the row may go on behind the bytes, and its problem is not final.
      return problem == .tooLong ? .problem : .bytesEnded
    }
    next = lineEnd + 1
    return .problem
  }
}

extension RowScanner {
  /// Returns the decoded text of a field of the last row.
  func bytes(of field: Field, in bytes: Span<UInt8>) -> [UInt8] {
    let text = bytes.array(field.start..<field.end)
    guard field.hasEscapes else { return text }
    var decoded: [UInt8] = []
    decoded.reserveCapacity(text.count)
    var position = 0
    while position < text.count {
      let isEscaped = quoting == .escaped && text[position] == .backslash && position + 1 < text.count
      if isEscaped { position += 1 }
      decoded.append(text[position])
      position += text[position] == .quote && !isEscaped ? 2 : 1
    }
    return decoded
  }
}

extension Span<UInt8> {
  /// Returns the number of line ends in a range.
  func lineCount(in range: Range<Int>) -> Int {
    var lines = 0
    for position in range where self[position] == .lineFeed { lines += 1 }
    return lines
  }
}
