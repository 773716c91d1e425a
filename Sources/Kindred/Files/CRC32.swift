import CZlib

extension Checksum {
  /// The checksum that zip archives want of their entries.
  static func crc32(_ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBytes { buffer in
      var sum = CZlib.crc32(0, nil, 0)
      var start = 0
      // zlib counts in 32 bits.
      while start < buffer.count {
        let count = min(buffer.count - start, 1 << 30)
        let part = UnsafeRawBufferPointer(rebasing: buffer[start..<start + count])
        sum = CZlib.crc32(sum, part.bindMemory(to: UInt8.self).baseAddress, uInt(count))
        start += count
      }
      return UInt32(truncatingIfNeeded: sum)
    }
  }
}
