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
  /// The form of the times.
  var times = TimeForm.unit(.seconds)
  /// A date of the first lines if all of them can be read with the day first and with the month first.
  var ambiguousDate: String?
  /// The form of the values.
  var values = ValueForm.plain
  /// Whether user ids are whole numbers written as `12.0`.
  var trimsUserFraction = false
  /// Whether item ids are whole numbers written as `12.0`.
  var trimsItemFraction = false
  /// The meaning of the columns, for reports.
  var report = ColumnReport()

  /// Recognises the format of a text by its first lines.
  ///
  /// - Parameters:
  ///   - sample: The first lines that are not empty.
  ///   - request: The assignment of columns to roles; nil recognises the columns.
  ///   - delimiter: The delimiter, if the file names it.
  ///   - readsPairsAlone: Whether only the columns of user and item are read.
  ///   - file: The path of the file, for errors.
  /// - Throws: ``ReadError`` if the columns of user and item are not found, or if several readings are as likely.
  static func recognised(
    in sample: [[UInt8]], request: ColumnRequest?, delimiter: UInt8? = nil, readsPairsAlone: Bool = false, file: String
  ) throws(ReadError) -> RowFormat {
    if sample[0].first(where: { !$0.isBlank }) == UInt8(ascii: "{") {
      return try jsonLines(sample, request: request, readsPairsAlone: readsPairsAlone, file: file)
    }
    let rows = TableSample(sample, delimiter: delimiter)
    let isRecBole = rows.header.contains { RecBole.isTyped($0) }
    let hasHeader = try HeaderEvidence(rows, request).isHeader(file: file)
    let columnCount = hasHeader ? rows.header.count : rows.columnCount
    let names = hasHeader ? rows.header : (0..<columnCount).map { "column \($0 + 1)" }
    let contents = names.indices.map { ColumnContent(rows.texts($0, hasHeader: hasHeader)) }
    var positions =
      if let request {
        try places(request, header: rows.header, file: file)
      } else if hasHeader {
        try byName(names, contents, file: file)
      } else if rows.mayBeLists {
        throw lists(file: file)
      } else {
        try byPosition(contents, startsWithWords: rows.header.allSatisfy { Double($0) == nil }, file: file)
      }
    if readsPairsAlone { positions = positions.filter { $0.key == .user || $0.key == .item } }
    guard let columns = Columns(positions) else {
      throw ReadError(
        .badData, file: file, line: 1,
        reason: columnCount < 2
          ? "the line has one column; a user and an item are needed"
          : "no column for the user or the item was recognised in the header; name them, such as user=1,item=2,value=3")
    }
    let quoting: RowScanner.Quoting = isRecBole ? .literal : rows.quoting
    let name = isRecBole ? "RecBole .inter" : rows.name(columns: columns, hasHeader: hasHeader)
    var format = RowFormat(
      layout: .table(rows.delimiter, quoting), name: name, columns: columns,
      columnCount: max(columnCount, columns.storedCount), hasHeader: hasHeader)
    try format.recogniseForms(request: request, file: file) { rows.texts($0, hasHeader: hasHeader) }
    format.report = ColumnReport(columns, names: names, contents: contents, hasHeader: hasHeader)
    format.report.isTruth = format.values == .boolean
    return format
  }

  /// Recognises how values, times and ids are written.
  private mutating func recogniseForms(
    request: ColumnRequest?, file: String, texts: (Int) -> [String]
  ) throws(ReadError) {
    if let column = columns.value {
      values = ValueForm.recognised(in: texts(column), commasSeparate: delimiter == .byte(44))
    }
    if let column = columns.time {
      do throws(TimeForm.Doubt) {
        times = try TimeForm.recognised(in: texts(column), order: request?.dayOrder)
      } catch {
        switch error {
        case .dayOrMonth(let text): ambiguousDate = text
        case .noUnit(let text):
          throw ReadError(
            .badData, file: file,
            reason: "the time '\(text.shown())' is in no known unit, for it is not between 1970 and 2100 in seconds, "
              + "ms, µs or ns; leave the time out of --columns, or write it in one of these units")
        }
      }
    }
    trimsUserFraction = texts(columns.user).haveZeroFractions
    trimsItemFraction = texts(columns.item).haveZeroFractions
  }

  private var delimiter: RowScanner.Delimiter? {
    if case .table(let delimiter, _) = layout { delimiter } else { nil }
  }

  /// Returns the roles of columns without a header: user, item, value, time, unless their content is something else.
  private static func byPosition(
    _ contents: [ColumnContent], startsWithWords: Bool, file: String
  ) throws(ReadError) -> [ColumnRole: Int] {
    guard contents.count >= 2 else { return [:] }
    var positions: [ColumnRole: Int] = [.user: 0, .item: 1]
    var isClear = contents[0].mayBeIDs && contents[1].mayBeIDs
    for column in contents.indices.dropFirst(2) {
      let content = contents[column]
      switch content.kind {
      case .empty: continue
      case .dates: positions[.time] = positions[.time] ?? column
      case .truths, .decimals, .whole:
        if content.isTime, positions[.time] == nil {
          positions[.time] = column
        } else if positions[.value] == nil {
          positions[.value] = column
        } else if column == 3, positions[.time] == nil {
          positions[.time] = column
        }
      case .words:
        if content.repeatsFew, positions[.kind] == nil, column <= 3 {
          positions[.kind] = column
        } else if column == 2 {
          // Each such row is refused, with the reason.
          positions[.value] = column
          isClear = isClear && contents.count <= 4 && !startsWithWords
        } else if column == 3, positions[.time] == nil {
          positions[.time] = column
        }
      }
    }
    // Numbers of the size of times are ids only if the times are elsewhere.
    let hasTimes = positions[.time].map { contents[$0].isTime } ?? false
    if contents.count > 2, contents[0].isTime || contents[1].isTime, !hasTimes { isClear = false }
    if contents.count > 4, positions[.value] != 2, positions[.time] != 2 { isClear = false }
    // A third column of times before words is a log, whose second column need not be the item.
    if contents.count > 4, positions[.time] == 2, contents[3...].contains(where: { $0.kind == .words }) {
      isClear = false
    }
    guard !isClear else { return positions }
    let columns = contents.enumerated().map { "\($0 + 1) \($1.kind.name) (\($1.example.shown()))" }
    throw ReadError(
      .badData, file: file,
      reason: "without a header the columns are taken for user, item, value and time, which does not fit: "
        + "\(columns.joined(separator: ", ")); name them, such as --columns \(suggestion(contents))")
  }

  private static func lists(file: String) -> ReadError {
    ReadError(
      .badData, file: file,
      reason: "each line may be a user and the items that they had; make a pair per line: awk '{ for (i = 2; i <= NF; "
        + "i++) print $1, $i }' \(file); or, where a line has no user: awk '{ for (i = 1; i <= NF; i++) print NR, $i "
        + "}'; if the columns are user, item, value and time, say so: --columns user=1,item=2,value=3,time=4")
  }

  /// Returns the roles of columns by their names; of one or two columns without a known name, also by their order.
  private static func byName(
    _ names: [String], _ contents: [ColumnContent], file: String
  ) throws(ReadError) -> [ColumnRole: Int] {
    var positions = ColumnRole.places(in: names)
    if positions[.time] == nil {
      // `order_dt` is a time if its texts are.
      positions[.time] = names.indices.first { ColumnRole.mayBeTime(names[$0]) && contents[$0].isTime }
    }
    let missing = [ColumnRole.user, .item].filter { positions[$0] == nil }
    if missing.isEmpty { return positions }
    let free = names.indices.filter { column in
      !positions.values.contains(column) && ColumnRole(named: names[column]) == nil && contents[column].kind != .empty
    }
    // With a value or a time the file is one of ratings, and not one of items or users that has one of the names.
    let isOfRatings = missing.count == 2 || positions[.value] != nil || positions[.time] != nil
    if isOfRatings, free.count == missing.count, free.allSatisfy({ contents[$0].mayBeIDs }) {
      for (role, column) in zip(missing, free) { positions[role] = column }
      return positions
    }
    let known = positions.filter { $0.key == .user || $0.key == .item }.mapValues { names[$0] }
    // Users and items come more than once; an order's number, or a row's, may not.
    let ids = free.filter { contents[$0].mayBeIDs && !contents[$0].repeatsFew }
    var choices = (ids.filter { contents[$0].repeats } + ids.filter { !contents[$0].repeats }).map { names[$0] }[...]
    let example = [ColumnRole.user, .item].map { role in
      "\(role.name)=\(known[role] ?? choices.popFirst() ?? (role == .user ? "1" : "2"))"
    }
    throw ReadError(
      .badData, file: file, line: 1,
      reason: "no column for the \(missing.map(\.name).joined(separator: " and the ")) was recognised in the header, "
        + "which has \(names.prefix(30).map { $0.shown() }.joined(separator: ", ")); name them, such as "
        + "--columns \(example.joined(separator: ","))")
  }

  private static func suggestion(_ contents: [ColumnContent]) -> String {
    var ids = contents.indices.filter { contents[$0].mayBeIDs && !contents[$0].isTime }[...]
    var parts = ["user=\((ids.popFirst() ?? 0) + 1)", "item=\((ids.popLast() ?? 1) + 1)"]
    if let time = contents.firstIndex(where: \.isTime) { parts.append("time=\(time + 1)") }
    return parts.joined(separator: ",")
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
          throw ReadError(
            .badData, file: file, line: 1,
            reason: "the header has no column '\(name.shown())'; it has "
              + header.prefix(30).map { $0.shown() }.joined(separator: ", "))
        }
        positions[role] = position
      }
    }
    return positions
  }

  private static func jsonLines(
    _ sample: [[UInt8]], request: ColumnRequest?, readsPairsAlone: Bool, file: String
  ) throws(ReadError) -> RowFormat {
    let keys = JSONLineScanner.keys(of: sample)
    var names: [ColumnRole: String] = [:]
    let scalars = keys.filter { $0.kind == .scalar }.map(\.name)
    for (role, place) in ColumnRole.places(in: scalars) { names[role] = scalars[place] }
    let truths = keys.filter { $0.kind == .truth }.map(\.name)
    if names[.value] == nil { names[.value] = ColumnRole.places(in: truths)[.value].map { truths[$0] } }
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
    if readsPairsAlone { names = names.filter { $0.key == .user || $0.key == .item } }
    guard names[.user] != nil, names[.item] != nil else {
      let known = keys.isEmpty ? "" : "; they have \(keys.prefix(30).map { $0.name.shown() }.joined(separator: ", "))"
      throw ReadError(
        .badData, file: file, line: 1,
        reason: "the JSON objects have no keys 'user' and 'item'\(known)"
          + (scalars.count > 1 ? "; name them, such as --columns user=\(scalars[0]),item=\(scalars[1])" : ""))
    }
    func position(_ role: ColumnRole) -> Int? { names[role] == nil ? nil : role.rawValue }
    let bytes = ColumnRole.allCases.map { Array((names[$0] ?? "").utf8) }
    let columns = Columns(user: 0, item: 1, value: position(.value), time: position(.time), kind: position(.kind))
    var format = RowFormat(
      layout: .jsonLines(keys: bytes), name: "JSON Lines", columns: columns, columnCount: nil, hasHeader: false)
    let texts = JSONLineScanner.texts(of: sample, keys: bytes)
    try format.recogniseForms(request: request, file: file) { texts[$0].filter { !TimeForm.isMissing($0) } }
    format.report = ColumnReport(names, unused: keys.map(\.name).filter { !names.values.contains($0) })
    format.report.isTruth = format.values == .boolean
    return format
  }
}

extension JSONLineScanner {
  /// Returns the keys of some lines, in order of their first appearance.
  static func keys(of lines: [[UInt8]]) -> [(name: String, kind: Kind)] {
    var scanner = JSONLineScanner(keys: nil)
    var keys: [(name: String, kind: Kind)] = []
    for line in lines {
      // A malformed line counts with the keys before its error, so that the error names the line and not missing keys.
      _ = ByteWindow(line, isLast: true).withBytes(0..<line.count) { scanner.scan($0, from: 0) }
      for key in scanner.foundKeys where !keys.contains(where: { $0.name == key.name }) { keys.append(key) }
    }
    return keys
  }

  /// Returns the texts of each role's key in some lines.
  fileprivate static func texts(of lines: [[UInt8]], keys: [[UInt8]]) -> [[String]] {
    var scanner = JSONLineScanner(keys: keys)
    var texts = [[String]](repeating: [], count: keys.count)
    for line in lines {
      ByteWindow(line, isLast: true).withBytes(0..<line.count) { bytes in
        _ = scanner.scan(bytes, from: 0)
        guard scanner.problem == nil else { return }
        for role in keys.indices where scanner.isPresent[role] {
          let field = scanner.fields[role]
          texts[role].append(bytes.text(field.start..<field.end))
        }
      }
    }
    return texts
  }
}
