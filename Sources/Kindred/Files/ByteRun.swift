/// Bytes that something else owns, kept alive for as long as they are looked at: a part of a mapped file, or a buffer's memory.
///
/// A buffer whose bytes are held this way counts as shared, so a later write to it copies it first and the run stays as it was.
struct ByteRun: @unchecked Sendable {
  let base: UnsafeRawPointer
  let count: Int
  let owner: AnyObject

  init(base: UnsafeRawPointer, count: Int, owner: AnyObject) {
    self.base = base
    self.count = count
    self.owner = owner
  }

  /// All of a file.
  init(_ file: MappedFile) {
    self.init(base: file.base, count: file.count, owner: file)
  }

  init(_ bytes: some Collection<UInt8>) {
    self = Buffer<UInt8>(bytes).bytes
  }

  /// A part of the bytes, of which the caller has checked that it is there.
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
  /// A copy of runs of bytes, one after another.
  init(_ runs: [ByteRun]) {
    self = []
    reserveCapacity(runs.reduce(0) { $0 + $1.count })
    for run in runs { run.withUnsafeBytes { append(contentsOf: $0) } }
  }
}
