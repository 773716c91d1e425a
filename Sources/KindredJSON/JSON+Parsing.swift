extension JSON {
  /// No array or object may lie in more others than this: what walks a value later recurses.
  package static let mostDepth = 512

  /// Reads a text that is one value and nothing else. O(bytes).
  ///
  /// - Throws: ``MalformedJSON`` also for a name that an object has twice, half a surrogate pair, a number that is too
  ///   large for `Double`, and nesting deeper than ``mostDepth``.
  package init(parsing text: String) throws(MalformedJSON) { try self.init(parsing: Array(text.utf8)) }

  /// Reads UTF-8 bytes that are one value and nothing else. A byte order mark before it is passed over. O(bytes).
  ///
  /// - Throws: ``MalformedJSON`` also for a name that an object has twice, half a surrogate pair, a number that is too
  ///   large for `Double`, and nesting deeper than ``mostDepth``.
  package init(parsing bytes: [UInt8]) throws(MalformedJSON) {
    let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
    var scanner = JSONScanner((hasMark ? 3 : 0)..<bytes.count)
    self = try scanner.value(bytes.span)
    try scanner.expectEnd(bytes.span)
  }
}

/// An array or an object whose end was not read yet.
private struct OpenValue {
  let isObject: Bool
  var elements: [JSON] = []
  var members: [(String, JSON)] = []
  var names: Set<String> = []
  /// The name of the member that is read.
  var name = ""
}

extension JSONScanner {
  /// Reads a value of any kind. It does not recurse, so that hostile nesting takes no stack.
  fileprivate mutating func value(_ bytes: Span<UInt8>) throws(MalformedJSON) -> JSON {
    var open: [OpenValue] = []
    while true {
      var value = try start(bytes, &open)
      while let finished = value {
        if open.isEmpty { return finished }
        value = try add(finished, to: &open[open.count - 1], bytes)
        if value != nil { open.removeLast() }
      }
    }
  }

  /// Reads a value that holds no others; nil where it opened one that does.
  private mutating func start(_ bytes: Span<UInt8>, _ open: inout [OpenValue]) throws(MalformedJSON) -> JSON? {
    skipBlanks(bytes)
    guard let byte = next(bytes) else { throw malformed("a value") }
    switch byte {
    case UInt8(ascii: "\""): return .string(try string(bytes))
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number(bytes))
    case UInt8(ascii: "t"):
      try expect(word: "true", bytes)
      return .bool(true)
    case UInt8(ascii: "f"):
      try expect(word: "false", bytes)
      return .bool(false)
    case UInt8(ascii: "n"):
      try expect(word: "null", bytes)
      return .null
    case UInt8(ascii: "["), UInt8(ascii: "{"):
      if open.count == JSON.mostDepth { throw malformed("no more than \(JSON.mostDepth) values deep") }
      var container = OpenValue(isObject: byte == UInt8(ascii: "{"))
      position += 1
      skipBlanks(bytes)
      if take(container.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"), bytes) {
        return container.isObject ? .object([]) : .array([])
      }
      if container.isObject { try readName(of: &container, bytes) }
      open.append(container)
    default: throw malformed("a value")
    }
    return nil
  }

  /// Adds a value to what it lies in; gives that back if it ends behind the value, and nil where more follows.
  private mutating func add(
    _ value: JSON, to container: inout OpenValue, _ bytes: Span<UInt8>
  ) throws(MalformedJSON) -> JSON? {
    skipBlanks(bytes)
    let continues = take(UInt8(ascii: ","), bytes)
    if container.isObject {
      container.members.append((container.name, value))
      if continues {
        try readName(of: &container, bytes)
        return nil
      }
      guard take(UInt8(ascii: "}"), bytes) else { throw malformed("',' or '}'") }
      return .object(container.members)
    }
    container.elements.append(value)
    if continues { return nil }
    guard take(UInt8(ascii: "]"), bytes) else { throw malformed("',' or ']'") }
    return .array(container.elements)
  }

  /// Reads the name of a member and the colon behind it.
  private mutating func readName(of container: inout OpenValue, _ bytes: Span<UInt8>) throws(MalformedJSON) {
    skipBlanks(bytes)
    let start = position
    container.name = try string(bytes)
    guard container.names.insert(container.name).inserted else {
      throw MalformedJSON(expected: "each name once", position: start)
    }
    try expect(":", bytes)
  }
}
