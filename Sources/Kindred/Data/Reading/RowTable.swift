import Synchronization

/// The rows of all files read so far, with one vocabulary of users and one of items.
struct RowStore {
  private var users: [Int32] = []
  private var items: [Int32] = []
  private var values: [Float] = []
  private var times: [Timestamp] = []
  /// The line of each row; kept only if duplicates are errors, which name it.
  private var lines: [Int] = []
  /// The first row of each file.
  private var fileStarts: [Int] = []
  private let userIDs: IDIndex
  private let itemIDs: IDIndex
  private var kinds = Vocabulary()
  /// The kind of each row, -1 for none; empty until a file has a column of kinds.
  private var rowKinds: [Int32] = []
  /// Whether each row is an event before the current one of its user, item and kind; empty if none is.
  private var isEarlier: [Bool] = []
  /// Whether the line of each row is kept.
  let keepsLines: Bool
  /// Whether the values belong to events, by the name of their column or the kinds of the interactions.
  private var areEvents = false
  private(set) var format: RowFormat?
  private(set) var summary = InteractionReader.Summary()

  /// - Parameter kind: The kind of rows that name none; nil if it is not known.
  init(keepsLines: Bool, kind: String? = nil) {
    self.keepsLines = keepsLines
    areEvents = kind.map(ColumnRole.isEvent) ?? false
    userIDs = IDIndex([])
    itemIDs = IDIndex([])
  }

  /// Creates a table of the interactions of a store.
  init(_ columns: consuming InteractionColumns) {
    keepsLines = false
    userIDs = IDIndex(columns.userIDs)
    itemIDs = IDIndex(columns.itemIDs)
    kinds = Vocabulary(columns.kindNames)
    precondition(userIDs.count == columns.userIDs.count && itemIDs.count == columns.itemIDs.count, "an id occurs twice")
    users = columns.users
    items = columns.items
    values = columns.values
    times = columns.times
    rowKinds = columns.kinds
    isEarlier = columns.isEarlier
    areEvents = !columns.kindNames.isEmpty && columns.kindNames.allSatisfy(ColumnRole.isEvent)
  }

  var count: Int { users.count }

  /// The ids of the user and the item of each row.
  var pairs: [(user: String, item: String)] {
    zip(users, items).map { (userIDs[Int($0)], itemIDs[Int($1)]) }
  }

  /// Starts the rows of a file.
  mutating func begin(_ format: RowFormat, file: String, isCompressed: Bool) {
    if fileStarts.isEmpty {
      summary.format = format.name + (isCompressed ? ", gzip" : "")
      summary.columns = format.report
      areEvents = areEvents || format.report.countedKind != nil
    }
    self.format = format
    fileStarts.append(count)
    summary.hasValues = summary.hasValues || format.columns.value != nil
    if format.columns.time != nil, !summary.hasTimes {
      summary.hasTimes = true
      times = Array(repeating: History.unknownTime, count: count)
    }
  }

  /// Counts rejected rows.
  mutating func reject(_ count: Int, _ errors: [ReadError]) {
    summary.rejected += count
    summary.rejections.keep(errors)
  }

  /// Appends the rows of blocks in their order.
  ///
  /// - Parameters:
  ///   - blocks: The blocks.
  ///   - share: The share of the file up to the end of the blocks, above 0 and at most 1, by which capacity for its
  ///     other rows is reserved; nil if it is not known.
  ///   - lastLine: The number of line ends up to the end of the last block.
  ///   - parallel: The threads, one per column.
  mutating func append(_ blocks: [ParsedBlock], share: Double?, lastLine: Int, using parallel: Parallel) {
    let first = count
    let added = blocks.reduce(0) { $0 + $1.users.count }
    appendKindsAndLines(of: blocks, lastLine: lastLine)
    if let share { reserve(first + added, share: share) }
    let (userIDs, itemIDs) = (userIDs, itemIDs)
    let (hasValues, hasTimes) = (format?.columns.value != nil, format?.columns.time != nil)
    let (userColumn, itemColumn, valueColumn, timeColumn) = (
      Column(&users), Column(&items), Column(&values), Column(&times)
    )
    parallel.forEach(summary.hasTimes ? 4 : 3) { column in
      switch column {
      case 0: userColumn.append(added) { userIDs.place(blocks.map { ($0.users, $0.userIDs) }, into: $0) }
      case 1: itemColumn.append(added) { itemIDs.place(blocks.map { ($0.items, $0.itemIDs) }, into: $0) }
      case 2: valueColumn.append(hasValues ? blocks.map(\.values) : [], else: 1, count: added)
      default: timeColumn.append(hasTimes ? blocks.map(\.times) : [], else: History.unknownTime, count: added)
      }
    }
    (users, items, values, times) = (userColumn.take(), itemColumn.take(), valueColumn.take(), timeColumn.take())
    summary.rows = count
  }

  /// Reserves capacity for all rows of a file, extrapolated from the rows in a share of it.
  private mutating func reserve(_ count: Int, share: Double) {
    let start = fileStarts.last ?? 0
    let expected = start + Int(Double(count - start) / share * 1.02) + 1024
    guard share < 1, expected > users.capacity else { return }
    users.reserveCapacity(expected)
    items.reserveCapacity(expected)
    values.reserveCapacity(expected)
    if summary.hasTimes { times.reserveCapacity(expected) }
  }

  private mutating func appendKindsAndLines(of blocks: [ParsedBlock], lastLine: Int) {
    if rowKinds.isEmpty, format?.columns.kind != nil { rowKinds = Array(repeating: -1, count: count) }
    var line = lastLine - blocks.reduce(0) { $0 + $1.lineCount }
    for block in blocks {
      if format?.columns.kind != nil {
        let places = (0..<block.kinds.count).map { kinds.insert(bytes: block.kinds.text(at: $0)) }
        rowKinds.append(contentsOf: block.rowKinds.map { $0 < 0 ? -1 : places[Int($0)] })
      } else if !rowKinds.isEmpty {
        rowKinds.append(contentsOf: repeatElement(-1, count: block.users.count))
      }
      if keepsLines { lines.append(contentsOf: block.lines.map { line + $0 + 1 }) }
      line += block.lineCount
    }
  }

  /// Returns the rows as training data, and the vocabularies.
  consuming func take() -> (data: TrainingData, userIDs: Vocabulary, itemIDs: Vocabulary) {
    let (userIDs, itemIDs) = (userIDs.vocabulary, itemIDs.vocabulary)
    var data = TrainingData(
      userCount: userIDs.count, itemCount: itemIDs.count, users: users, items: items, values: values, times: times)
    data.keepsRepeats = summary.repeats > 0
    data.valuesAreOfEvents = areEvents
    return (data, userIDs, itemIDs)
  }

  /// Returns the rows as columns, with their kinds.
  consuming func takeColumns() -> InteractionColumns {
    var columns = InteractionColumns()
    columns.userIDs = (0..<userIDs.count).map { userIDs[$0] }
    columns.itemIDs = (0..<itemIDs.count).map { itemIDs[$0] }
    columns.kindNames = (0..<kinds.count).map { kinds[$0] }
    columns.users = users
    columns.items = items
    columns.kinds = kinds.count == 0 ? [] : rowKinds
    columns.values = values
    columns.times = times
    return columns
  }
}

extension RowStore {
  /// Combines the rows of each pair into one, in place of the first, or keeps them as events.
  ///
  /// - Parameters:
  ///   - policy: The treatment of duplicates; nil keeps them if repeats are usual, and else the last of each pair.
  ///   - paths: The paths of the files, for errors.
  ///   - keepingKinds: Whether rows of different kinds are kept apart.
  ///   - parallel: The threads.
  /// - Throws: ``ReadError`` if the policy is `error` and there is a duplicate, or if the values of a pair overflow.
  mutating func resolveDuplicates(
    _ policy: InteractionReader.DuplicatePolicy?, paths: [String], keepingKinds: Bool = false, using parallel: Parallel
  ) throws(ReadError) {
    summary.kinds = (0..<kinds.count).map { kinds[$0] }
    let firsts = try duplicates(keepingKinds: keepingKinds && kinds.count > 0, paths, using: parallel)
    guard !firsts.isEmpty else { return }
    if policy == .error { throw duplicateError(firsts, paths) }
    summary.duplicates = firsts.count
    switch policy ?? (repeatsAreUsual(firsts.count) ? .keep : .last) {
    case .keep: return keepEvents(of: firsts)
    case .last, .error: keepLast(firsts)
    case .mean: try combine(firsts, paths) { sum, count in sum / Double(count) }
    case .sum: try combine(firsts, paths) { sum, _ in sum }
    }
    removeRows(firsts.map { $0.row })
  }

  private func duplicates(
    keepingKinds: Bool, _ paths: [String], using parallel: Parallel
  ) throws(ReadError) -> [PairIndex.Duplicate] {
    var users = users
    var userCount = userIDs.count
    if keepingKinds {
      // Each combination of a user and a kind, or of a user and no kind, counts as a user of its own.
      let (count, overflow) = userCount.multipliedReportingOverflow(by: kinds.count + 1)
      guard !overflow, count <= Int(Int32.max) else {
        throw ReadError(
          .badData, file: paths[0], reason: "there are \(kinds.count) kinds of feedback, more than can be kept apart")
      }
      userCount = count
      let kindCount = Int32(kinds.count + 1)
      for row in users.indices { users[row] = users[row] * kindCount + rowKinds[row] + 1 }
    } else if !PairIndex.hasDuplicates(
      users: users, items: items, userCount: userCount, itemCount: itemIDs.count, using: parallel)
    {
      return []
    }
    return PairIndex.firstRows(users: users, items: items, userCount: userCount, itemCount: itemIDs.count)
  }

  /// Whether rows repeat earlier pairs so often that they are events, and no mistakes: rows without values, or with
  /// counts and times, of which at least 20, and one in 20, repeat one.
  private func repeatsAreUsual(_ repeats: Int) -> Bool {
    let mayBeEvents = !summary.hasValues || summary.hasTimes && areEvents
    return mayBeEvents && repeats >= 20 && repeats * 20 >= count
  }

  /// Returns whether the rows of each pair, or of each pair and kind, repeat often enough to be kept as events.
  func repeatsAreUsual(keepingKinds: Bool, _ paths: [String], using parallel: Parallel) throws(ReadError) -> Bool {
    repeatsAreUsual(try duplicates(keepingKinds: keepingKinds, paths, using: parallel).count)
  }

  /// Replaces the value of each row by the value of its kind.
  ///
  /// Rows of a kind that the rule does not name are removed and counted as ignored.
  ///
  /// - Parameters:
  ///   - rule: The value of each kind.
  ///   - keepingRepeats: Whether a pair keeps all of its rows; if not, it keeps one per kind.
  mutating func valueKinds(_ rule: [String: Float], keepingRepeats: Bool) {
    areEvents = false
    let values = (0..<kinds.count).map { rule[kinds[$0]] }
    var known: Set<[Int32]> = []
    var ignored: [Int] = []
    for row in users.indices {
      let kind = rowKinds.isEmpty ? -1 : rowKinds[row]
      guard kind >= 0, let value = values[Int(kind)],
        keepingRepeats || known.insert([users[row], items[row], kind]).inserted
      else {
        if kind < 0 || values[Int(kind)] == nil { summary.ignored += 1 }
        ignored.append(row)
        continue
      }
      self.values[row] = value
    }
    removeRows(ignored)
    summary.rows = count
  }

  /// Keeps the rows of a pair as its events.
  ///
  /// Rows of a pair at the same known time are one event. The latest event of a pair has the value of the pair: that of
  /// its latest row that is not an earlier event or, adding kinds, the sum of its kinds' values. Before it, the value
  /// of an event is its own or, adding kinds, the sum of the kinds up to then; a kind with a value of 0 or less is an
  /// event only if the pair has no other.
  ///
  /// - Parameters:
  ///   - isSum: Whether the values of a pair's kinds are added, each once.
  ///   - mergesKinds: Whether the rows of a pair that repeats no kind are one event, at the latest time.
  mutating func keepEvents(addingKinds isSum: Bool, mergingKinds mergesKinds: Bool = false) {
    let duplicates = PairIndex.firstRows(
      users: users, items: items, userCount: userIDs.count, itemCount: itemIDs.count)
    summary.kinds = (0..<kinds.count).map { kinds[$0] }
    summary.duplicates = duplicates.count
    keepEvents(of: duplicates, addingKinds: isSum, mergingKinds: mergesKinds)
  }

  private mutating func keepEvents(
    of duplicates: [PairIndex.Duplicate], addingKinds isSum: Bool = false, mergingKinds mergesKinds: Bool = false
  ) {
    var removed: [Int] = []
    let sorted = duplicates.sorted { ($0.first, $0.row) < ($1.first, $1.row) }
    var start = 0
    while start < sorted.count {
      let first = sorted[start].first
      let group = sorted[start...].prefix { $0.first == first }
      start = group.endIndex
      let rows = ([first] + group.map(\.row)).sorted { (time(ofRow: $0), $0) < (time(ofRow: $1), $1) }
      let current = rows.last { isEarlier.isEmpty || !isEarlier[$0] } ?? first
      let value = isSum ? nil : values[current]
      if mergesKinds, !rowKinds.isEmpty, Set(rows.map { rowKinds[$0] }).count == rows.count {
        values[first] = value ?? sum(ofRows: [first] + group.map(\.row))
        if !times.isEmpty { times[first] = time(ofRow: rows[rows.count - 1]) }
        removed += group.map(\.row)
        continue
      }
      let counted = isSum ? addKinds(ofRows: rows) : rows
      var latest = counted[0]
      for row in counted.dropFirst() {
        if time(ofRow: row) != History.unknownTime, time(ofRow: row) == time(ofRow: latest) {
          values[latest] = values[row]
          removed.append(row)
        } else {
          latest = row
          summary.repeats += 1
        }
      }
      if let value { values[latest] = value }
      if counted.count < rows.count { removed += Set(rows).subtracting(counted) }
    }
    removeRows(removed.sorted())
  }

  private func sum(ofRows rows: [Int]) -> Float {
    rows.reduce(0) { min(max($0 + values[$1], -.greatestFiniteMagnitude), .greatestFiniteMagnitude) }
  }

  private func time(ofRow row: Int) -> Timestamp { times.isEmpty ? History.unknownTime : times[row] }

  /// Replaces the values of a pair's rows, which are in order of time, by the sums of their kinds' values up to each.
  ///
  /// - Returns: The rows that are events; the last of them has the sum of all.
  private mutating func addKinds(ofRows rows: [Int]) -> [Int] {
    var known: Set<Int32> = []
    var sum: Float = 0
    let positive = rows.filter { values[$0] > 0 }
    for row in rows {
      if known.insert(rowKinds[row]).inserted {
        sum = min(max(sum + values[row], -.greatestFiniteMagnitude), .greatestFiniteMagnitude)
      }
      values[row] = sum
    }
    let events = positive.isEmpty ? Array(rows.suffix(1)) : positive
    values[events[events.count - 1]] = values[rows[rows.count - 1]]
    return events
  }

  private func duplicateError(_ duplicates: [PairIndex.Duplicate], _ paths: [String]) -> ReadError {
    let duplicate = duplicates[0]
    let file = fileStarts.lastIndex { $0 <= duplicate.row } ?? 0
    let firstFile = fileStarts.lastIndex { $0 <= duplicate.first } ?? 0
    let place =
      firstFile == file ? "line \(lines[duplicate.first])" : "\(paths[firstFile]), line \(lines[duplicate.first])"
    let user = userIDs[Int(users[duplicate.row])].shown()
    let item = itemIDs[Int(items[duplicate.row])].shown()
    return ReadError(
      .badData, file: paths[file], line: lines[duplicate.row],
      reason: "the user '\(user)' and the item '\(item)' occur together already in \(place)")
  }

  private mutating func keepLast(_ duplicates: [PairIndex.Duplicate]) {
    for duplicate in duplicates {
      if !times.isEmpty {
        guard times[duplicate.row] >= times[duplicate.first] else { continue }
        times[duplicate.first] = times[duplicate.row]
      }
      values[duplicate.first] = values[duplicate.row]
    }
  }

  private mutating func combine(
    _ duplicates: [PairIndex.Duplicate], _ paths: [String], _ result: (Double, Int) -> Double
  ) throws(ReadError) {
    // The dictionary is only looked up by key, so its random order does not affect the result.
    var sums: [Int: (sum: Double, count: Int)] = [:]
    for duplicate in duplicates {
      var (sum, count) = sums[duplicate.first] ?? (Double(values[duplicate.first]), 1)
      sum += Double(values[duplicate.row])
      count += 1
      sums[duplicate.first] = (sum, count)
      if !times.isEmpty { times[duplicate.first] = max(times[duplicate.first], times[duplicate.row]) }
    }
    for duplicate in duplicates {
      guard let (sum, count) = sums.removeValue(forKey: duplicate.first) else { continue }
      let value = Float(result(sum, count))
      guard value.isFinite else {
        throw ReadError(.badData, file: paths[0], reason: "the values of a pair add up to more than a number can hold")
      }
      values[duplicate.first] = value
    }
  }

  /// Removes rows, which are given in rising order.
  private mutating func removeRows(_ rows: [Int]) {
    var removed = rows[...]
    var kept = 0
    for row in users.indices {
      if row == removed.first {
        removed.removeFirst()
        continue
      }
      users[kept] = users[row]
      items[kept] = items[row]
      values[kept] = values[row]
      if !times.isEmpty { times[kept] = times[row] }
      if !rowKinds.isEmpty { rowKinds[kept] = rowKinds[row] }
      if !isEarlier.isEmpty { isEarlier[kept] = isEarlier[row] }
      kept += 1
    }
    users.removeSubrange(kept...)
    items.removeSubrange(kept...)
    values.removeSubrange(kept...)
    if !times.isEmpty { times.removeSubrange(kept...) }
    if !rowKinds.isEmpty { rowKinds.removeSubrange(kept...) }
    if !isEarlier.isEmpty { isEarlier.removeSubrange(kept...) }
  }
}

/// A column of rows during an append. The columns grow in parallel, because most of the time goes into allocating
/// memory and looking up ids.
private final class Column<Element: BitwiseCopyable & Sendable>: Sendable {
  private let elements: Mutex<[Element]>

  /// Takes the elements out of an array until `take()` returns them.
  init(_ elements: inout [Element]) {
    self.elements = Mutex(elements)
    elements = []
  }

  func append(_ count: Int, _ fill: (SharedWriter<Element>) -> Void) where Element: ExpressibleByIntegerLiteral {
    elements.withLock { $0.append(count: count, filledWith: 0, fill) }
  }

  /// Appends the elements of blocks or, if there are no blocks, `count` copies of a value.
  func append(_ blocks: [[Element]], else value: Element, count: Int) {
    elements.withLock { elements in
      for block in blocks { elements.append(contentsOf: block) }
      if blocks.isEmpty { elements.append(contentsOf: repeatElement(value, count: count)) }
    }
  }

  func take() -> [Element] {
    elements.withLock { elements in
      defer { elements = [] }
      return elements
    }
  }
}
