#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Searches and checks that are faster than a loop over single bytes.
extension Span<UInt8> {
  /// Returns the position of the first byte of a value at or after `start`.
  func firstIndex(of byte: UInt8, from start: Int) -> Int? {
    precondition(start >= 0 && start <= count)
    return withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress, start < bytes.count,
        let found = memchr(base + start, Int32(byte), bytes.count - start)
      else { return nil }
      return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }
  }

  /// Returns `limit` if all bytes before it are ASCII and none is zero, which proves them UTF-8; otherwise 0.
  func plainCount(upTo limit: Int) -> Int {
    precondition(limit >= 0 && limit <= count)
    return withUnsafeBufferPointer { bytes in
      let raw = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<limit])
      var position = 0
      var flags: UInt64 = 0
      while position + 32 <= raw.count {
        for offset in stride(from: 0, to: 32, by: 8) {
          let word = raw.loadUnaligned(fromByteOffset: position + offset, as: UInt64.self)
          // The top bit is set in bytes that are not ASCII, and by the borrow of subtracting 1 from a zero byte.
          flags |= word | (word &- 0x0101_0101_0101_0101)
        }
        position += 32
      }
      guard flags & 0x8080_8080_8080_8080 == 0, raw[position...].allSatisfy({ $0 > 0 && $0 < 128 }) else { return 0 }
      return limit
    }
  }

  /// Returns whether the bytes of a range are UTF-8.
  func isUTF8(_ range: Range<Int>) -> Bool {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return withUnsafeBufferPointer { bytes in
      String(validating: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self) != nil
    }
  }

  /// Returns the text of a range, with replacement characters for invalid UTF-8.
  func text(_ range: Range<Int>) -> String {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return withUnsafeBufferPointer { bytes in
      String(decoding: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self)
    }
  }

  /// Returns a copy of a range.
  func array(_ range: Range<Int>) -> [UInt8] {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return withUnsafeBufferPointer { Array($0[range]) }
  }
}
