import CKindredKernels

/// XXH64 checksums, which detect accidental damage such as a flipped bit or a truncated file, but no forgery.
enum Checksum {
  /// The number of bytes per checksum of a long run.
  static let blockSize = 1 << 20

  /// Returns the XXH64 of some bytes.
  static func xxh64(_ run: ByteRun, seed: UInt64 = 0) -> UInt64 {
    run.withUnsafeBytes { kindred_xxh64($0.baseAddress, Int64($0.count), seed) }
  }

  /// Returns the number of blocks in `count` bytes.
  static func blockCount(for count: Int) -> Int { count / blockSize + (count % blockSize == 0 ? 0 : 1) }

  /// Returns one checksum per block of the concatenated runs; the last block may be shorter.
  static func blocks(of runs: [ByteRun], parallel: Parallel) -> [UInt64] {
    var starts = [0]
    for run in runs { starts.append(starts.last! + run.count) }
    let total = starts.last!
    return parallel.map(blockCount(for: total)) { [starts] block in
      let range = block * blockSize..<min(total, (block + 1) * blockSize)
      let parts = parts(of: range, runs: runs, starts: starts)
      return xxh64(parts.count == 1 ? parts[0] : ByteRun([UInt8](parts)))
    }
  }

  /// Returns the parts of runs, without empty ones, that make up a range of the concatenated runs.
  private static func parts(of range: Range<Int>, runs: [ByteRun], starts: [Int]) -> [ByteRun] {
    // The last run that starts at or before the range.
    var low = starts[..<runs.count].firstIndex(notBelow: range.lowerBound + 1) - 1
    var parts: [ByteRun] = []
    while low < runs.count, starts[low] < range.upperBound {
      let run = runs[low]
      let part = range.clamped(to: starts[low]..<starts[low + 1])
      if !part.isEmpty {
        parts.append(run[part.lowerBound - starts[low]..<part.upperBound - starts[low]])
      }
      low += 1
    }
    return parts
  }
}

extension UInt64 {
  /// The number as sixteen lower-case hexadecimal digits.
  var hexadecimal: String {
    let digits = String(self, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
