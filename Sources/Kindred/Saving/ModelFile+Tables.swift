extension ModelFile {
  // MARK: Columns

  /// Returns the floats of a tensor of one dimension, without a copy.
  ///
  /// - Parameters:
  ///   - name: The name of the tensor.
  ///   - count: The expected number of elements; nil accepts any number.
  ///   - isFinite: Whether infinities and NaNs are errors.
  func floats(_ name: String, count: Int? = nil, isFinite: Bool = true) throws(ModelFileError) -> Buffer<Float> {
    let floats = try column(name, of: Float.self, count: count)
    if isFinite, !floats.isFinite(parallel: Parallel()) {
      throw invalid("its tensor \(name.quoted) has a number that is not finite")
    }
    return floats
  }

  /// Returns the whole numbers of a tensor of one dimension, without a copy.
  ///
  /// - Parameters:
  ///   - name: The name of the tensor.
  ///   - count: The expected number of elements; nil accepts any number.
  ///   - range: The range of valid numbers; nil accepts any number.
  func int32s(
    _ name: String, count: Int? = nil, in range: Range<Int32>? = nil
  ) throws(ModelFileError) -> Buffer<Int32> {
    let numbers = try column(name, of: Int32.self, count: count)
    if let range, !numbers.allSatisfy({ range.contains($0) }) {
      throw invalid(
        "its tensor \(name.quoted) has a number that is not from \(range.lowerBound) up to \(range.upperBound)")
    }
    return numbers
  }

  /// Returns the elements of a tensor of one dimension, without a copy.
  func column<Element: TensorElement>(
    _ name: String, of type: Element.Type = Element.self, count: Int? = nil
  ) throws(ModelFileError) -> Buffer<Element> {
    let shape = try shape(of: name)
    guard shape.count == 1 else { throw invalid("its tensor \(name.quoted) has \(shape.count) dimensions, not one") }
    return try elements(name, of: type, shape: [count ?? shape[0]])
  }

  /// Returns the start of each part and the end of the last, which never fall and lead from 0 to `end`.
  private func offsets(_ name: String, count: Int?, end: Int) throws(ModelFileError) -> [Int] {
    if let count, count < 0 || count == .max { throw invalid("it has a count of \(count)") }
    let offsets = try column(name, of: Int64.self, count: count.map { $0 + 1 })
    var isRising = offsets.first == 0 && offsets.last == Int64(end)
    var last: Int64 = 0
    let copy = offsets.map { offset in
      isRising = isRising && offset >= last
      last = offset
      return Int(truncatingIfNeeded: offset)
    }
    guard isRising else { throw invalid("the offsets in its tensor \(name.quoted) do not rise from 0 to \(end)") }
    return copy
  }

  // MARK: Factors

  /// Returns a table of factor rows without a copy, after checking that its numbers are finite and its padding is zero.
  func factors(_ name: String, rows: Int, rank: Int) throws(ModelFileError) -> Factors {
    guard rows >= 0, rank >= 0, rank <= 1 << 24 else { throw invalid("it has \(rows) rows of rank \(rank)") }
    let stride = Factors.stride(for: rank)
    let elements = try elements(name, of: Float.self, shape: [rows, stride])
    let parallel = Parallel()
    guard elements.isFinite(parallel: parallel) else {
      throw invalid("its tensor \(name.quoted) has a number that is not finite")
    }
    for row in 0..<(stride > rank ? rows : 0) {
      guard (rank..<stride).allSatisfy({ elements[row * stride + $0] == 0 }) else {
        throw invalid("the rows of its tensor \(name.quoted) do not end in zeros")
      }
    }
    return Factors(count: rows, rank: rank, elements: elements)
  }

  /// Adds a table of factor rows, padding included; the caller stores its rank.
  mutating func set(_ name: String, to factors: Factors) {
    set(name, to: factors.elements, shape: [factors.count, factors.stride])
  }

  // MARK: Sparse matrices

  /// Returns a sparse matrix without a copy, after checking its invariants.
  ///
  /// - Parameters:
  ///   - name: The name of the matrix.
  ///   - rows: The expected number of rows; nil accepts any number.
  ///   - columns: The number of columns.
  func matrix(_ name: String, rows: Int? = nil, columns: Int) throws(ModelFileError) -> SparseMatrix {
    if let rows, rows < 0 || rows == .max { throw invalid("it has \(rows) rows") }
    let offsets = try column("\(name).offsets", of: Int64.self, count: rows.map { $0 + 1 })
    let positions = try column("\(name).columns", of: Int32.self)
    let values = try column("\(name).values", of: Float.self, count: positions.count)
    guard offsets.count > 0 else { throw invalid("its matrix \(name.quoted) has no offsets") }
    let matrix = SparseMatrix(
      rowCount: offsets.count - 1, columnCount: columns, offsets: offsets, columns: positions, values: values)
    guard matrix.isValid else {
      throw invalid("its matrix \(name.quoted) has cells out of order, out of place or not finite")
    }
    return matrix
  }

  /// Adds a sparse matrix as the tensors `name.offsets`, `name.columns` and `name.values`; the caller stores the number
  /// of its columns.
  mutating func set(_ name: String, to matrix: SparseMatrix) {
    set("\(name).offsets", to: matrix.offsets)
    set("\(name).columns", to: matrix.columns)
    set("\(name).values", to: matrix.values)
  }

  // MARK: Histories

  /// Returns histories without a copy, after checking that they fit together.
  ///
  /// - Parameters:
  ///   - name: The common part of the tensors' names.
  ///   - users: The expected number of users.
  ///   - items: The number of items.
  func historyTable(_ name: String, users: Int, items: Int) throws(ModelFileError) -> HistoryTable {
    var table = HistoryTable(rows: try matrix(name, rows: users, columns: items))
    let count = table.rows.count
    if contains("\(name).weights") { table.weights = try floats("\(name).weights", count: count) }
    if contains("\(name).times") { table.times = try column("\(name).times", count: count) }
    guard contains("\(name).order") else { return table }
    table.order = try int32s("\(name).order", count: count)
    for user in 0..<users {
      let cells = table.rows.cells(ofRow: user)
      var isListed = [Bool](repeating: false, count: cells.count)
      for place in table.order[cells] where isListed.indices.contains(Int(place)) { isListed[Int(place)] = true }
      guard isListed.allSatisfy({ $0 }) else { throw invalid("its tensor \("\(name).order".quoted) is no order") }
    }
    guard contains("\(name).events") else { return table }
    table.events = try column("\(name).events")
    table.eventOffsets = Buffer(
      try offsets("\(name).event_offsets", count: users, end: table.events.count).map { Int64($0) })
    for user in 0..<users {
      let cells = Int32(table.rows.cells(ofRow: user).count)
      let own = Int(table.eventOffsets[user])..<Int(table.eventOffsets[user + 1])
      guard own.count >= cells, table.events[own].allSatisfy({ (0..<cells).contains($0) }) else {
        throw invalid("its tensor \("\(name).events".quoted) names cells that the histories lack")
      }
    }
    return table
  }

  /// Adds histories as a matrix, and `name.weights`, `name.times` and `name.order` where they are known, and
  /// `name.events` and `name.event_offsets` where cells have several events.
  mutating func set(_ name: String, to table: HistoryTable) {
    set(name, to: table.rows)
    if !table.weights.isEmpty { set("\(name).weights", to: table.weights) }
    if !table.times.isEmpty { set("\(name).times", to: table.times) }
    if !table.order.isEmpty { set("\(name).order", to: table.order) }
    if !table.events.isEmpty {
      set("\(name).events", to: table.events)
      set("\(name).event_offsets", to: table.eventOffsets)
    }
  }

  // MARK: Ids

  /// Returns the ids of a data set.
  ///
  /// - Parameters:
  ///   - name: The common part of the tensors' names.
  ///   - count: The expected number of ids; nil accepts any number.
  func vocabulary(_ name: String, count: Int? = nil) throws(ModelFileError) -> Vocabulary {
    let (bytes, offsets) = try pieces(name, count: count)
    guard let vocabulary = Vocabulary(bytes: bytes, offsets: offsets) else {
      throw invalid("the ids in \(name.quoted) are not distinct")
    }
    return vocabulary
  }

  /// Adds ids as the tensors `name.bytes` and `name.offsets`.
  mutating func set(_ name: String, to vocabulary: Vocabulary) {
    set("\(name).bytes", to: vocabulary.bytes)
    set("\(name).offsets", to: vocabulary.offsets.map { Int64($0) })
  }

  // MARK: Texts

  /// Returns texts, each of which may be nil.
  ///
  /// - Parameters:
  ///   - name: The common part of the tensors' names.
  ///   - count: The expected number of texts; nil accepts any number.
  func texts(_ name: String, count: Int? = nil) throws(ModelFileError) -> [String?] {
    let (bytes, offsets) = try pieces(name, count: count)
    let isKnown = try column("\(name).known", of: UInt8.self, count: offsets.count - 1)
    return isKnown.indices.map { position in
      isKnown[position] == 0 ? nil : String(decoding: bytes[offsets[position]..<offsets[position + 1]], as: UTF8.self)
    }
  }

  /// Adds texts as the tensors `name.bytes`, `name.offsets` and `name.known`, which is 0 for nil and 1 for a text.
  mutating func set(_ name: String, to texts: [String?]) {
    setPieces(name, texts.map { $0 ?? "" })
    set("\(name).known", to: texts.map { $0 == nil ? 0 : 1 } as [UInt8])
  }

  /// Adds texts as the tensors `name.bytes` and `name.offsets`.
  private mutating func setPieces(_ name: String, _ texts: [String]) {
    var bytes: [UInt8] = []
    var offsets: [Int64] = [0]
    for text in texts {
      bytes.append(contentsOf: text.utf8)
      offsets.append(Int64(bytes.count))
    }
    set("\(name).bytes", to: bytes)
    set("\(name).offsets", to: offsets)
  }

  /// Returns the UTF-8 bytes of concatenated texts and the start of each, after checking that each text is valid UTF-8.
  private func pieces(_ name: String, count: Int?) throws(ModelFileError) -> (bytes: [UInt8], offsets: [Int]) {
    let bytes = Array(try column("\(name).bytes", of: UInt8.self))
    let offsets = try offsets("\(name).offsets", count: count, end: bytes.count)
    // If all bytes together are UTF-8, so is each text, unless it starts inside a character.
    guard String(validating: bytes, as: UTF8.self) != nil,
      offsets.allSatisfy({ $0 == bytes.count || !UTF8.isContinuation(bytes[$0]) })
    else { throw invalid("the texts in \(name.quoted) are not UTF-8") }
    return (bytes, offsets)
  }

  // MARK: Lists and catalogs

  /// Returns lists of texts.
  private func lists(_ name: String, count: Int) throws(ModelFileError) -> [[String]] {
    let (bytes, offsets) = try pieces(name, count: nil)
    let starts = try self.offsets("\(name).lists", count: count, end: offsets.count - 1)
    return (0..<count).map { list in
      (starts[list]..<starts[list + 1]).map { String(decoding: bytes[offsets[$0]..<offsets[$0 + 1]], as: UTF8.self) }
    }
  }

  private mutating func setLists(_ name: String, _ lists: [[String]]) {
    var starts: [Int64] = [0]
    for list in lists { starts.append(starts.last! + Int64(list.count)) }
    setPieces(name, Array(lists.joined()))
    set("\(name).lists", to: starts)
  }

  /// Returns a catalog.
  func catalog(_ name: String) throws(ModelFileError) -> Catalog {
    let ids = try vocabulary("\(name).ids")
    let (bytes, offsets) = try pieces("\(name).titles", count: ids.count)
    let genres = try lists("\(name).genres", count: ids.count)
    let attributes = try lists("\(name).attributes", count: ids.count)
    var catalog = Catalog()
    for position in 0..<ids.count {
      let pairs = attributes[position]
      var named: [String: String] = [:]
      guard pairs.count % 2 == 0 else { throw invalid("an attribute in \(name.quoted) has no value") }
      for pair in stride(from: 0, to: pairs.count, by: 2) { named[pairs[pair]] = pairs[pair + 1] }
      let title = String(decoding: bytes[offsets[position]..<offsets[position + 1]], as: UTF8.self)
      catalog[ids[position]] = Catalog.Entry(title: title, genres: genres[position], attributes: named)
    }
    return catalog
  }

  /// Adds a catalog in order of its ids as `name.ids`, `name.titles`, `name.genres` and `name.attributes`, in which
  /// names and values alternate.
  mutating func set(_ name: String, to catalog: Catalog) {
    let entries = catalog.entries.sorted { Self.isOrdered($0.key, $1.key) }
    set("\(name).ids", to: Vocabulary(entries.map(\.key)))
    setPieces("\(name).titles", entries.map(\.value.title))
    setLists("\(name).genres", entries.map(\.value.genres))
    setLists(
      "\(name).attributes",
      entries.map { entry in
        entry.value.attributes.sorted { Self.isOrdered($0.key, $1.key) }.flatMap { [$0.key, $0.value] }
      })
  }
}
