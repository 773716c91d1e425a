import CZlib

extension Checksum {
  /// Returns the CRC-32 of some bytes, the checksum of entries in zip archives.
  static func crc32(_ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBytes { buffer in
      var sum = CZlib.crc32(0, nil, 0)
      var start = 0
      // zlib takes a length of 32 bits, so longer input is passed in parts.
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
