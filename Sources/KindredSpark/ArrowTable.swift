#if Spark
  /// A table that Spark sent as an Arrow IPC stream, with every offset, length and type checked.
  ///
  /// It holds the types that Kindred's queries return: numbers, text and lists of numbers. Values may not be null.
  struct ArrowTable: Sendable, Equatable {
    enum Values: Sendable, Equatable {
      case integers([Int64])
      case smallIntegers([Int32])
      case floats([Float])
      case doubles([Double])
      case texts([String])
      /// The lists of all rows, one after another, and where each ends.
      case lists(ends: [Int], [Float])
      /// Of a type that Kindred does not use.
      case unread(String)
    }
    struct Column: Sendable, Equatable {
      var name: String
      var nulls: Int
      var values: Values
    }

    private(set) var rowCount = 0
    private(set) var columns: [Column] = []

    /// Decodes a stream: a schema, batches of records, and an end.
    ///
    /// - Throws: ``SparkError`` if the bytes are no such stream.
    init(_ bytes: [UInt8]) throws(SparkError) {
      var reader = ByteReader(bytes: bytes)
      var fields: [Field]?
      while let message = try reader.nextMessage() {
        switch message.kind {
        case 1: fields = try Field.schema(message.header)
        case 3:
          guard let fields else { throw ByteReader.malformed("records come before their schema") }
          try append(try RecordBatch(message.header, bytes, message.body), fields)
        default: throw ByteReader.malformed("a message has the kind \(message.kind)")
        }
      }
      guard let fields else { throw ByteReader.malformed("there is no schema") }
      if columns.isEmpty {
        columns = fields.map { Column(name: $0.name, nulls: 0, values: $0.type.noValues) }
      }
    }

    private mutating func append(_ batch: RecordBatch, _ fields: [Field]) throws(SparkError) {
      guard columns.isEmpty else { throw ByteReader.malformed("a stream has more than one batch") }
      var batch = batch
      var isKnown = true
      for field in fields {
        // The number of buffers of an unknown type is unknown, so no column after it can be found.
        isKnown = isKnown && field.type.isKnown
        columns.append(
          isKnown ? try batch.column(field) : Column(name: field.name, nulls: 0, values: .unread("another type")))
      }
      rowCount = batch.rowCount
    }

    private func column(_ name: String) throws(SparkError) -> Column {
      guard let column = columns.first(where: { $0.name == name }) else {
        throw SparkError(.badData, "Spark's answer has no column '\(name)'")
      }
      guard column.nulls == 0 else { throw SparkError(.badData, "Spark's column '\(name)' has \(column.nulls) nulls") }
      return column
    }

    private func mismatch(_ name: String, _ wanted: String) -> SparkError {
      SparkError(.badData, "Spark's column '\(name)' does not hold \(wanted)")
    }

    func int32s(_ name: String) throws(SparkError) -> [Int32] {
      guard case .smallIntegers(let values) = try column(name).values else { throw mismatch(name, "32-bit integers") }
      return values
    }

    func int64s(_ name: String) throws(SparkError) -> [Int64] {
      guard case .integers(let values) = try column(name).values else { throw mismatch(name, "64-bit integers") }
      return values
    }

    /// Finite numbers.
    func floats(_ name: String) throws(SparkError) -> [Float] {
      guard case .floats(let values) = try column(name).values, values.allSatisfy(\.isFinite) else {
        throw mismatch(name, "finite numbers of 32 bits")
      }
      return values
    }

    /// Finite numbers.
    func doubles(_ name: String) throws(SparkError) -> [Double] {
      guard case .doubles(let values) = try column(name).values, values.allSatisfy(\.isFinite) else {
        throw mismatch(name, "finite numbers of 64 bits")
      }
      return values
    }

    func texts(_ name: String) throws(SparkError) -> [String] {
      guard case .texts(let values) = try column(name).values else { throw mismatch(name, "text") }
      return values
    }

    /// Lists of the same number of finite numbers.
    func rows(_ name: String, width: Int) throws(SparkError) -> [[Float]] {
      guard case .lists(let ends, let values) = try column(name).values, values.allSatisfy(\.isFinite) else {
        throw mismatch(name, "lists of finite numbers")
      }
      var start = 0
      var rows: [[Float]] = []
      for end in ends {
        guard end - start == width else { throw mismatch(name, "lists of \(width) numbers") }
        rows.append(Array(values[start..<end]))
        start = end
      }
      return rows
    }
  }

  /// A column of the schema.
  private struct Field {
    indirect enum Kind {
      case int32, int64, float, double, text, list(Kind)
      /// A type that Kindred does not use, and the number of its buffers; nil if that is not known.
      case other(String, buffers: Int?)

      /// Whether the number of its buffers is known.
      var isKnown: Bool {
        switch self {
        case .list(let type): type.isKnown
        case .other(_, let buffers): buffers != nil
        default: true
        }
      }

      var noValues: ArrowTable.Values {
        switch self {
        case .int32: .smallIntegers([])
        case .int64: .integers([])
        case .float: .floats([])
        case .double: .doubles([])
        case .text: .texts([])
        case .list: .lists(ends: [], [])
        case .other(let name, _): .unread(name)
        }
      }
    }
    var name: String
    var type: Kind

    static func schema(_ table: FlatTable) throws(SparkError) -> [Field] {
      guard try table.int16(0) ?? 0 == 0 else { throw ByteReader.malformed("numbers are big-endian") }
      return try fields(of: table, at: 1, depth: 0)
    }

    private static func fields(of table: FlatTable, at slot: Int, depth: Int) throws(SparkError) -> [Field] {
      guard depth < 8 else { throw ByteReader.malformed("types are nested too deeply") }
      var fields: [Field] = []
      for field in try table.tables(slot) {
        guard try field.field(4) == nil else { throw ByteReader.malformed("a column has a dictionary") }
        let type = try field.table(3)
        let children = try Self.fields(of: field, at: 5, depth: depth + 1)
        fields.append(Field(name: try field.text(0) ?? "", type: try kind(try field.byte(2) ?? 0, type, children)))
      }
      return fields
    }

    private static func kind(_ number: UInt8, _ type: FlatTable?, _ children: [Field]) throws(SparkError) -> Kind {
      switch number {
      case 2:
        let bits = try type?.int32(0) ?? 0
        let isSigned = try type?.byte(1) ?? 0 != 0
        if isSigned, bits == 32 { return .int32 }
        return isSigned && bits == 64 ? .int64 : .other("an integer of \(bits) bits", buffers: 2)
      case 3:
        switch try type?.int16(0) ?? 0 {
        case 1: return .float
        case 2: return .double
        default: return .other("a half-precision number", buffers: 2)
        }
      case 5: return .text
      case 4: return .other("binary data", buffers: 3)
      case 6: return .other("truth values", buffers: 2)
      case 7: return .other("a decimal number", buffers: 2)
      case 8: return .other("dates", buffers: 2)
      case 10: return .other("timestamps", buffers: 2)
      case 12:
        guard children.count == 1 else { throw ByteReader.malformed("a list has \(children.count) types") }
        return .list(children[0].type)
      default: return .other("a type with the number \(number)", buffers: nil)
      }
    }
  }

  /// The rows of a stream.
  private struct RecordBatch {
    let rowCount: Int
    private let bytes: [UInt8]
    private let nodes: [(length: Int, nulls: Int)]
    private let buffers: [Range<Int>]
    private var node = 0
    private var buffer = 0

    init(_ table: FlatTable, _ bytes: [UInt8], _ body: Range<Int>) throws(SparkError) {
      self.bytes = bytes
      guard try table.field(3) == nil else { throw ByteReader.malformed("a batch is compressed") }
      rowCount = try ByteReader.count(try table.int64(0) ?? 0)
      var nodes: [(length: Int, nulls: Int)] = []
      for place in try table.structs(1, size: 16) {
        nodes.append(
          (try ByteReader.count(try table.int64(at: place)), try ByteReader.count(try table.int64(at: place + 8))))
      }
      var buffers: [Range<Int>] = []
      for place in try table.structs(2, size: 16) {
        let start = try ByteReader.count(try table.int64(at: place))
        let length = try ByteReader.count(try table.int64(at: place + 8))
        guard start <= body.count, length <= body.count - start else {
          throw ByteReader.malformed("a buffer lies outside of its batch")
        }
        buffers.append(body.lowerBound + start..<body.lowerBound + start + length)
      }
      (self.nodes, self.buffers) = (nodes, buffers)
    }

    private mutating func nextNode() throws(SparkError) -> (length: Int, nulls: Int) {
      guard node < nodes.count else { throw ByteReader.malformed("a column has no length") }
      defer { node += 1 }
      guard nodes[node].nulls <= nodes[node].length else { throw ByteReader.malformed("a column has too many nulls") }
      return nodes[node]
    }

    /// The bytes of the next buffer, which holds at least this many.
    private mutating func nextBuffer(_ least: Int) throws(SparkError) -> Range<Int> {
      guard buffer < buffers.count, buffers[buffer].count >= least else {
        throw ByteReader.malformed("a buffer is missing or too short")
      }
      defer { buffer += 1 }
      return buffers[buffer]
    }

    /// The product of a number of values and their size.
    private func size(_ count: Int, _ width: Int) throws(SparkError) -> Int {
      guard count <= bytes.count else { throw ByteReader.malformed("a column is longer than its data") }
      return count * width
    }

    mutating func column(_ field: Field) throws(SparkError) -> ArrowTable.Column {
      let (length, nulls) = try nextNode()
      guard length == rowCount else { throw ByteReader.malformed("columns have different lengths") }
      return ArrowTable.Column(name: field.name, nulls: nulls, values: try values(field.type, length))
    }

    private mutating func values(_ type: Field.Kind, _ count: Int) throws(SparkError) -> ArrowTable.Values {
      if case .other(let name, let buffers) = type {
        for _ in 0..<(buffers ?? 0) { _ = try nextBuffer(0) }
        return .unread(name)
      }
      _ = try nextBuffer(0)  // which values are null
      switch type {
      case .int32: return .smallIntegers(words(try nextBuffer(try size(count, 4)), count).map { Int32(bitPattern: $0) })
      case .float: return .floats(words(try nextBuffer(try size(count, 4)), count).map { Float(bitPattern: $0) })
      case .int64: return .integers(longs(try nextBuffer(try size(count, 8)), count).map { Int64(bitPattern: $0) })
      case .double: return .doubles(longs(try nextBuffer(try size(count, 8)), count).map { Double(bitPattern: $0) })
      case .text:
        let ends = try offsets(count)
        let data = try nextBuffer(ends.last ?? 0)
        return .texts(
          try zip(ends, ends.dropFirst()).map { (start, end) throws(SparkError) in
            let text = bytes[data.lowerBound + start..<data.lowerBound + end]
            guard let text = String(validating: text, as: UTF8.self) else {
              throw ByteReader.malformed("a text is not valid UTF-8")
            }
            return text
          })
      case .list(let type):
        let ends = try offsets(count)
        let child = try nextNode()
        guard child.length >= ends.last ?? 0, child.nulls == 0 else {
          throw ByteReader.malformed("a list is longer than its elements, or has nulls")
        }
        let elements = try values(type, child.length)
        switch elements {
        case .floats(let values): return .lists(ends: Array(ends.dropFirst()), values)
        case .doubles(let values): return .lists(ends: Array(ends.dropFirst()), values.map { Float($0) })
        default: return .unread("lists of other things than numbers")
        }
      case .other: return .unread("")
      }
    }

    /// The start of each element and the end of the last, which rise from 0.
    private mutating func offsets(_ count: Int) throws(SparkError) -> [Int] {
      let buffer = try nextBuffer(count == 0 ? 0 : try size(count + 1, 4))
      guard count > 0 else { return [0] }
      let offsets = words(buffer, count + 1).map { Int(Int32(bitPattern: $0)) }
      guard offsets[0] == 0, zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 }) else {
        throw ByteReader.malformed("offsets fall")
      }
      return offsets
    }

    private func words(_ range: Range<Int>, _ count: Int) -> [UInt32] {
      (0..<count).map { bytes.littleEndian32(at: range.lowerBound + 4 * $0) }
    }

    private func longs(_ range: Range<Int>, _ count: Int) -> [UInt64] {
      (0..<count).map { bytes.littleEndian64(at: range.lowerBound + 8 * $0) }
    }
  }

  extension [UInt8] {
    fileprivate func littleEndian32(at place: Int) -> UInt32 {
      UInt32(self[place]) | UInt32(self[place + 1]) << 8 | UInt32(self[place + 2]) << 16 | UInt32(self[place + 3]) << 24
    }

    fileprivate func littleEndian64(at place: Int) -> UInt64 {
      UInt64(littleEndian32(at: place)) | UInt64(littleEndian32(at: place + 4)) << 32
    }
  }

  /// Reads the messages of a stream.
  private struct ByteReader {
    let bytes: [UInt8]
    private var place = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    struct Message {
      var kind: UInt8
      var header: FlatTable
      var body: Range<Int>
    }

    static func malformed(_ reason: String) -> SparkError {
      SparkError(.badData, "Spark's answer is malformed: \(reason)")
    }

    /// A number of rows or bytes.
    static func count(_ number: Int64) throws(SparkError) -> Int {
      guard number >= 0, number <= 1 << 40 else { throw malformed("a length is out of range") }
      return Int(number)
    }

    /// The next message; nil at the end.
    mutating func nextMessage() throws(SparkError) -> Message? {
      guard place < bytes.count else { return nil }
      guard bytes.count - place >= 8, bytes.littleEndian32(at: place) == .max else {
        throw Self.malformed("a message has no mark")
      }
      let length = Int(bytes.littleEndian32(at: place + 4))
      if length == 0 { return nil }
      let start = place + 8
      guard length >= 8, length <= bytes.count - start else { throw Self.malformed("a message is cut off") }
      let table = try FlatTable(root: bytes, in: start..<start + length)
      let body = try Self.count(try table.int64(3) ?? 0)
      guard body <= bytes.count - start - length else { throw Self.malformed("a message's data are cut off") }
      place = start + length + body
      guard let header = try table.table(2) else { throw Self.malformed("a message has no header") }
      return Message(kind: try table.byte(1) ?? 0, header: header, body: start + length..<place)
    }
  }

  /// A table of FlatBuffers, whose fields are found through its list of offsets.
  private struct FlatTable {
    private let bytes: [UInt8]
    /// The bytes of the message; nothing is read beyond them.
    private let bounds: Range<Int>
    private let place: Int

    init(root bytes: [UInt8], in bounds: Range<Int>) throws(SparkError) {
      try self.init(bytes, bounds, at: bounds.lowerBound + Int(bytes.littleEndian32(at: bounds.lowerBound)))
    }

    private init(_ bytes: [UInt8], _ bounds: Range<Int>, at place: Int) throws(SparkError) {
      (self.bytes, self.bounds, self.place) = (bytes, bounds, place)
      try check(place, 4)
    }

    private func check(_ place: Int, _ count: Int) throws(SparkError) {
      guard place >= bounds.lowerBound, place <= bounds.upperBound, count <= bounds.upperBound - place else {
        throw ByteReader.malformed("an offset lies outside of its message")
      }
    }

    private func word(at place: Int) throws(SparkError) -> Int {
      try check(place, 4)
      return Int(bytes.littleEndian32(at: place))
    }

    private func half(at place: Int) throws(SparkError) -> Int {
      try check(place, 2)
      return Int(bytes[place]) | Int(bytes[place + 1]) << 8
    }

    func int64(at place: Int) throws(SparkError) -> Int64 {
      try check(place, 8)
      return Int64(bitPattern: bytes.littleEndian64(at: place))
    }

    /// The place of a field; nil if it has its default.
    func field(_ slot: Int) throws(SparkError) -> Int? {
      let offsets = place - Int(Int32(truncatingIfNeeded: try word(at: place)))
      let size = try half(at: offsets)
      guard 4 + 2 * slot + 2 <= size else { return nil }
      let offset = try half(at: offsets + 4 + 2 * slot)
      return offset == 0 ? nil : place + offset
    }

    func byte(_ slot: Int) throws(SparkError) -> UInt8? {
      guard let place = try field(slot) else { return nil }
      try check(place, 1)
      return bytes[place]
    }

    func int16(_ slot: Int) throws(SparkError) -> Int? {
      guard let place = try field(slot) else { return nil }
      return try half(at: place)
    }

    func int32(_ slot: Int) throws(SparkError) -> Int? {
      guard let place = try field(slot) else { return nil }
      return try word(at: place)
    }

    func int64(_ slot: Int) throws(SparkError) -> Int64? {
      guard let place = try field(slot) else { return nil }
      return try int64(at: place)
    }

    func table(_ slot: Int) throws(SparkError) -> FlatTable? {
      guard let place = try field(slot) else { return nil }
      return try FlatTable(bytes, bounds, at: place + (try word(at: place)))
    }

    func text(_ slot: Int) throws(SparkError) -> String? {
      guard let (start, count) = try vector(slot, size: 1) else { return nil }
      return String(decoding: bytes[start..<start + count], as: UTF8.self)
    }

    func tables(_ slot: Int) throws(SparkError) -> [FlatTable] {
      guard let (start, count) = try vector(slot, size: 4) else { return [] }
      var tables: [FlatTable] = []
      for index in 0..<count {
        let place = start + 4 * index
        tables.append(try FlatTable(bytes, bounds, at: place + (try word(at: place))))
      }
      return tables
    }

    /// The places of structures in a vector.
    func structs(_ slot: Int, size: Int) throws(SparkError) -> [Int] {
      guard let (start, count) = try vector(slot, size: size) else { return [] }
      return (0..<count).map { start + size * $0 }
    }

    private func vector(_ slot: Int, size: Int) throws(SparkError) -> (start: Int, count: Int)? {
      guard let place = try field(slot) else { return nil }
      let start = place + (try word(at: place))
      let count = try word(at: start)
      try check(start + 4, count * size)
      return (start + 4, count)
    }
  }
#endif
