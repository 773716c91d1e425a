/// A range of bytes with a strong reference to its owner: a part of a mapped file, or a buffer's memory.
///
/// The reference makes a buffer count as shared, so a later write to the buffer copies it and the run stays unchanged.
struct ByteRun: @unchecked Sendable {
  let base: UnsafeRawPointer
  let count: Int
  let owner: AnyObject

  init(base: UnsafeRawPointer, count: Int, owner: AnyObject) {
    self.base = base
    self.count = count
    self.owner = owner
  }

  /// Creates a run of all bytes of a file.
  init(_ file: MappedFile) {
    self.init(base: file.base, count: file.count, owner: file)
  }

  /// Creates a run of a copy of some bytes.
  init(_ bytes: some Collection<UInt8>) {
    self = Buffer<UInt8>(bytes).bytes
  }

  /// Returns a part of the bytes.
  ///
  /// - Precondition: The range is within the run.
  subscript(range: Range<Int>) -> ByteRun {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "range out of bounds")
    return ByteRun(base: base + range.lowerBound, count: range.count, owner: owner)
  }

  func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    defer { withExtendedLifetime(owner) {} }
    return try body(UnsafeRawBufferPointer(start: base, count: count))
  }
}

extension Array<UInt8> {
  /// Creates a copy of runs of bytes, one after another.
  init(_ runs: [ByteRun]) {
    self = []
    reserveCapacity(runs.reduce(0) { $0 + $1.count })
    for run in runs { run.withUnsafeBytes { append(contentsOf: $0) } }
  }
}
