/// A text of another shape than one row per line, turned into rows.
struct Reshaping {
  /// The rows, a line each.
  var text: [UInt8]
  /// The name of the shape.
  var name: String
  /// What a line of `text` is in the file: `line`, or `object` where lines do not correspond.
  var unit = "line"
  /// The sentence about what was understood; nil if the name says all.
  var remark: String?
  /// What the file has in the place of columns, by role; nil if the rows have the columns of the file.
  var places: [ColumnRole: String]?

  /// Recognises the shape of a text by its first lines and turns it into rows; nil for a text of rows.
  ///
  /// - Parameters:
  ///   - sample: The first lines that are not empty.
  ///   - delimiter: The delimiter, if the file names it.
  ///   - file: The path of the file, for errors.
  ///   - text: Returns the whole text.
  init?(
    _ sample: [[UInt8]], delimiter: UInt8?, file: String, text: () throws(ReadError) -> [UInt8]
  ) throws(ReadError) {
    switch sample[0].first(where: { !$0.isBlank }) {
    case UInt8(ascii: "["):
      self = try Self.objects(of: text(), file: file)
    case UInt8(ascii: "{"):
      guard !Self.areJSONLines(sample) else { return nil }
      self = try Self.objects(of: text(), file: file)
    default:
      if Self.areBlocks(sample) {
        self = try Self.blocks(of: text())
      } else if let matrix = Matrix(TableSample(sample, delimiter: delimiter)) {
        self = try matrix.rows(of: text(), file: file)
      } else {
        return nil
      }
    }
  }

  init(_ text: [UInt8], _ name: String, unit: String = "line") {
    self.text = text
    self.name = name
    self.unit = unit
  }
}

extension Reshaping {
  /// Returns whether at least half of some lines are JSON objects by themselves, and the first names a user or an item.
  private static func areJSONLines(_ sample: [[UInt8]]) -> Bool {
    var scanner = JSONLineScanner(keys: nil)
    let good = sample.count { line in
      ByteWindow(line, isLast: true).withBytes(0..<line.count) { _ = scanner.scan($0, from: 0) }
      return scanner.problem == nil
    }
    guard good * 2 >= sample.count || isClosed(sample[0]), !sample.contains(where: { endsWithComma($0) }) else {
      return false
    }
    // One object on one line that holds an array: the rows are in it.
    let keys = JSONLineScanner.keys(of: sample)
    let roles = ColumnRole.places(in: keys.filter { $0.kind == .scalar }.map(\.name))
    let isWrapped =
      sample.count == 1 && keys.contains { $0.kind == .nested } && (roles[.user] == nil || roles[.item] == nil)
    return !isWrapped && isClosed(sample[0])
  }

  /// Returns whether every bracket that a line opens is closed in it.
  private static func isClosed(_ line: [UInt8]) -> Bool {
    var depth = 0
    var (isInString, isEscaped) = (false, false)
    for byte in line {
      if isInString {
        isInString = byte != .quote || isEscaped
        isEscaped = byte == .backslash && !isEscaped
      } else if byte == .quote {
        (isInString, isEscaped) = (true, false)
      } else if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
        depth += 1
      } else if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
        depth -= 1
      }
    }
    return depth <= 0
  }

  /// Returns whether a comma follows the object on a line, as between the elements of an array.
  private static func endsWithComma(_ line: [UInt8]) -> Bool {
    line.last { !$0.isSpace } == 44 && line.first { !$0.isSpace } == UInt8(ascii: "{")
  }

  /// Turns the objects of a JSON text into lines: those of an array, also of one inside an object, or those that follow
  /// one another, with commas or line ends between them.
  private static func objects(of text: [UInt8], file: String) throws(ReadError) -> Reshaping {
    let first = text.first { !$0.isSpace }
    for depth in first == UInt8(ascii: "[") ? [1] : [2, 0] {
      var walk = JSONWalk(depth: depth)
      walk.run(over: text)
      if depth == 0 ? !walk.lines.isEmpty : walk.count > 0 && !walk.isBroken {
        return Reshaping(walk.lines, depth == 0 ? "JSON objects" : "JSON array", unit: "object")
      }
    }
    throw ReadError(
      .badData, file: file,
      reason:
        "this is JSON without an array of objects that ends; write [{\"user\": 1, \"item\": 2}, …] or an object per "
        + "line (jq -c '.[]' FILE)")
  }

  /// Returns whether the first lines are blocks as those of the Netflix Prize: `7:` opens the block of item 7.
  private static func areBlocks(_ sample: [[UInt8]]) -> Bool {
    guard sample.count > 1, isBlockHead(sample[0][...]), !isBlockHead(sample[1][...]) else { return false }
    return sample.allSatisfy { isBlockHead($0[...]) || $0.contains(44) || $0.allSatisfy { $0 &- .zero < 10 } }
  }

  private static func isBlockHead(_ line: ArraySlice<UInt8>) -> Bool {
    line.last == .colon && line.count > 1 && line.count <= 64
      && line.dropLast().allSatisfy { $0 != 44 && $0 != .colon && !$0.isBlank }
  }

  /// Turns blocks into lines of user, item, value and time; the first line of a block becomes an empty one, so that
  /// lines keep their numbers.
  private static func blocks(of text: [UInt8]) -> Reshaping {
    var rows: [UInt8] = []
    rows.reserveCapacity(text.count + text.count / 3)
    var item: ArraySlice<UInt8> = []
    for line in text.split(separator: .lineFeed, omittingEmptySubsequences: false) {
      let line = line.last == .carriageReturn ? line.dropLast() : line
      if isBlockHead(line) {
        item = line.dropLast()
      } else if !line.isEmpty {
        let user = line.prefix { $0 != 44 }
        rows += user
        rows.append(44)
        rows += item
        rows += line[user.endIndex...]
      }
      rows.append(.lineFeed)
    }
    var reshaping = Reshaping(rows, "Netflix blocks")
    reshaping.places = [.user: "column 1", .item: "the first line of a block", .value: "column 2", .time: "column 3"]
    return reshaping
  }
}

/// A walk over a JSON text that writes the objects at a depth as lines.
private struct JSONWalk {
  /// The number of arrays and objects around each object: 1 in an array, 2 in an array that a key of an object has.
  let depth: Int
  private(set) var lines: [UInt8] = []
  private(set) var count = 0
  /// Whether brackets do not match, or the text ends inside one.
  private(set) var isBroken = false

  init(depth: Int) { self.depth = depth }

  mutating func run(over text: [UInt8]) {
    var open: [UInt8] = []
    var isInString = false
    var isEscaped = false
    var isInObject = false
    for byte in text {
      if isInString {
        if isInObject { lines.append(byte == .lineFeed ? .space : byte) }
        isInString = byte != .quote || isEscaped
        isEscaped = byte == .backslash && !isEscaped
        continue
      }
      switch byte {
      case .quote:
        isInString = true
        isEscaped = false
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        let isInArray = depth == 0 || open.last == UInt8(ascii: "[")
        if open.count == depth, byte == UInt8(ascii: "{"), isInArray { isInObject = true }
        open.append(byte)
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        guard let opened = open.popLast(), opened == byte - 2 else {
          isBroken = true
          return
        }
        if isInObject, open.count == depth {
          lines += [byte, .lineFeed]
          count += 1
          isInObject = false
          continue
        }
      default: break
      }
      if isInObject { lines.append(byte == .lineFeed || byte == .carriageReturn ? .space : byte) }
    }
    if isInObject {
      lines.append(.lineFeed)
    }
    isBroken = !open.isEmpty
  }
}
