import KindredJSON

/// A list of numbers, such as an embedding, in a cell or in JSON: `[0.25, -1, 3e-2]`.
package struct NumberList {
  /// The numbers, all finite.
  package let numbers: [Float]

  /// A shorter list holds labels, such as years, rather than an embedding.
  private static var leastCount: Int { 8 }

  /// Reads a list in a cell, with commas or blanks between the numbers; nil for any other text.
  init?(_ text: String) {
    guard text.utf8.count > 2 * Self.leastCount, text.utf8.first == UInt8(ascii: "["),
      text.utf8.last == UInt8(ascii: "]")
    else { return nil }
    let bytes = Array(text.utf8)
    let numbers = ByteWindow(bytes, isLast: true).withBytes(1..<(bytes.count - 1)) { Self.numbers(in: $0) }
    guard let numbers, numbers.count >= Self.leastCount else { return nil }
    self.numbers = numbers
  }

  private static func numbers(in bytes: Span<UInt8>) -> [Float]? {
    var numbers: [Float] = []
    var position = 0
    while true {
      while position < bytes.count, bytes[position].isBetweenNumbers { position += 1 }
      let start = position
      while position < bytes.count, !bytes[position].isBetweenNumbers { position += 1 }
      if position == start { return numbers }
      guard let number = NumberText.float(bytes, start, position), number.isFinite else { return nil }
      numbers.append(number)
    }
  }

  /// Reads an array of numbers; nil for any other value.
  package init?(_ value: JSON) {
    guard case .array(let elements) = value, elements.count >= Self.leastCount else { return nil }
    var numbers: [Float] = []
    numbers.reserveCapacity(elements.count)
    for element in elements {
      guard case .number(let number) = element, let float = number.float else { return nil }
      numbers.append(float)
    }
    self.numbers = numbers
  }
}

extension UInt8 {
  fileprivate var isBetweenNumbers: Bool { self == 32 || self == UInt8(ascii: ",") || (9...13).contains(self) }
}
