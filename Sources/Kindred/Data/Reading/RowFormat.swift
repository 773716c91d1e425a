/// The format of the rows in a file of interactions, and the positions of their columns.
struct RowFormat: Sendable, Equatable {
  enum Layout: Sendable, Equatable {
    case table(RowScanner.Delimiter, RowScanner.Quoting)
    case jsonLines(keys: [[UInt8]])
  }

  var layout: Layout
  /// The name of the format in messages and reports.
  var name: String
  var columns: Columns
  /// The number of columns in a row, after which fields must be empty; nil for JSON Lines.
  var columnCount: Int?
  var hasHeader: Bool

  /// Recognises the format of a text by its first lines.
  ///
  /// - Parameters:
  ///   - sample: The first lines that are not empty.
  ///   - request: The assignment of columns to roles; nil recognises the columns.
  ///   - file: The path of the file, for errors.
  /// - Throws: ``ReadError`` if the columns of user and item are not found.
  static func recognised(in sample: [[UInt8]], request: ColumnRequest?, file: String) throws(ReadError) -> RowFormat {
    if sample[0].first(where: { !$0.isBlank }) == 123 {
      return try jsonLines(sample, request: request, file: file)
    }
    let rows = TableSample(sample)
    let header = rows.header
    let isRecBole = header.contains { RecBole.isTyped($0) }
    let roles = header.map { ColumnRole(named: $0) }
    let hasNames = roles.contains(.user) && roles.contains(.item)
    let hasHeader = rows.count > 0 && (hasNames || request?.usesNames == true || rows.startsWithWords(roles, request))
    let columnCount = hasHeader ? header.count : rows.columnCount
    let positions =
      try request.map { (request) throws(ReadError) in try places(request, header: header, file: file) }
      ?? (hasHeader ? byName(roles) : byPosition(columnCount))
    guard let columns = Columns(positions) else {
      throw ReadError(
        .badData, file: file, line: 1,
        reason: columnCount < 2
          ? "the line has one column; a user and an item are needed"
          : "no column for the user or the item was recognised in the header; name them, such as user=1,item=2,value=3")
    }
    let quoting: RowScanner.Quoting = isRecBole ? .literal : rows.quoting
    let name = isRecBole ? "RecBole .inter" : rows.name(columns: columns, hasHeader: hasHeader)
    return RowFormat(
      layout: .table(rows.delimiter, quoting), name: name, columns: columns,
      columnCount: max(columnCount, columns.neededCount), hasHeader: hasHeader)
  }

  private static func byPosition(_ count: Int) -> [ColumnRole: Int] {
    var positions: [ColumnRole: Int] = [:]
    for role in [ColumnRole.user, .item, .value, .time].prefix(max(count, 0)) { positions[role] = role.rawValue }
    return positions
  }

  /// Returns the first column of each role by name; the usual column of user or item if no name matches and it is free.
  private static func byName(_ roles: [ColumnRole?]) -> [ColumnRole: Int] {
    var positions: [ColumnRole: Int] = [:]
    for (position, role) in roles.enumerated() {
      if let role, positions[role] == nil { positions[role] = position }
    }
    for role in [ColumnRole.user, .item] where positions[role] == nil && role.rawValue < roles.count {
      if roles[role.rawValue] == nil { positions[role] = role.rawValue }
    }
    return positions
  }

  private static func places(
    _ request: ColumnRequest, header: [String], file: String
  ) throws(ReadError) -> [ColumnRole: Int] {
    var positions: [ColumnRole: Int] = [:]
    for role in ColumnRole.allCases {
      switch request.places[role] {
      case nil: continue
      case .position(let position): positions[role] = position - 1
      case .name(let name):
        let known =
          header.firstIndex(of: name) ?? header.firstIndex { ColumnRole.normalized($0) == ColumnRole.normalized(name) }
        guard let position = known else {
          throw ReadError(.badData, file: file, line: 1, reason: "the header has no column '\(name.shown())'")
        }
        positions[role] = position
      }
    }
    return positions
  }

  private static func jsonLines(
    _ sample: [[UInt8]], request: ColumnRequest?, file: String
  ) throws(ReadError) -> RowFormat {
    var names: [ColumnRole: String] = [:]
    var scanner = JSONLineScanner(keys: nil)
    for line in sample {
      // A malformed line counts with the keys before its error, so that the error names the line and not missing keys.
      _ = ByteWindow(line, isLast: true).withBytes(0..<line.count) { scanner.scan($0, from: 0) }
      for key in scanner.foundKeys {
        if let role = ColumnRole(named: key), names[role] == nil { names[role] = key }
      }
    }
    if let request {
      names = [:]
      for role in ColumnRole.allCases {
        guard let place = request.places[role] else { continue }
        guard case .name(let name) = place else {
          throw ReadError(
            .badRequest, file: file, reason: "JSON has no column positions; name the keys, such as user=customer")
        }
        names[role] = name
      }
    }
    guard names[.user] != nil, names[.item] != nil else {
      throw ReadError(.badData, file: file, line: 1, reason: "the JSON objects have no keys 'user' and 'item'")
    }
    func position(_ role: ColumnRole) -> Int? { names[role] == nil ? nil : role.rawValue }
    return RowFormat(
      layout: .jsonLines(keys: ColumnRole.allCases.map { Array((names[$0] ?? "").utf8) }), name: "JSON Lines",
      columns: Columns(user: 0, item: 1, value: position(.value), time: position(.time), kind: position(.kind)),
      columnCount: nil, hasHeader: false)
  }
}
