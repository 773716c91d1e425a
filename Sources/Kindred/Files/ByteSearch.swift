#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Looking through bytes faster than one at a time.
extension Span<UInt8> {
  /// The position of the first byte of a value at or behind `start`.
  func firstIndex(of byte: UInt8, from start: Int) -> Int? {
    precondition(start >= 0 && start <= count)
    return withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress, start < bytes.count,
        let found = memchr(base + start, Int32(byte), bytes.count - start)
      else { return nil }
      return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }
  }

  /// `limit` if every byte before it is ASCII and none is zero, which makes it UTF-8 without a closer look; else 0.
  func plainCount(upTo limit: Int) -> Int {
    precondition(limit >= 0 && limit <= count)
    return withUnsafeBufferPointer { bytes in
      let raw = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<limit])
      var position = 0
      var flags: UInt64 = 0
      while position + 32 <= raw.count {
        for offset in stride(from: 0, to: 32, by: 8) {
          let word = raw.loadUnaligned(fromByteOffset: position + offset, as: UInt64.self)
          // The top bit of a byte is set beyond ASCII, and by the borrow where one is taken from zero.
          flags |= word | (word &- 0x0101_0101_0101_0101)
        }
        position += 32
      }
      guard flags & 0x8080_8080_8080_8080 == 0, raw[position...].allSatisfy({ $0 > 0 && $0 < 128 }) else { return 0 }
      return limit
    }
  }

  /// Whether the bytes of a range are UTF-8.
  func isUTF8(_ range: Range<Int>) -> Bool {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return withUnsafeBufferPointer { bytes in
      String(validating: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self) != nil
    }
  }

  /// The text of a range; what is not UTF-8 is replaced.
  func text(_ range: Range<Int>) -> String {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return withUnsafeBufferPointer { bytes in
      String(decoding: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self)
    }
  }

  /// A copy of a range.
  func array(_ range: Range<Int>) -> [UInt8] {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return withUnsafeBufferPointer { Array($0[range]) }
  }
}
