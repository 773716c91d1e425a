/// The text of a file, plain or gzip, read from start to end through a moving window.
struct ByteSource {
  /// The error of a text that could not be read.
  enum Failure: Error {
    case file(MappedFile.Failure)
    case gzip(GzipFile.Failure)
  }

  /// The file; nil for a text in memory.
  private let file: MappedFile?
  private let gzip: GzipFile?
  /// The part of an inflated text that is not consumed yet.
  private var inflated: [UInt8] = []
  private var position = 0

  let isCompressed: Bool

  init(contentsOf path: String) throws(Failure) {
    let file: MappedFile
    do throws(MappedFile.Failure) {
      file = try MappedFile(contentsOf: path)
    } catch { throw .file(error) }
    self.file = file
    gzip = file.bytes.starts(with: GzipFile.magic) ? GzipFile(file) : nil
    isCompressed = gzip != nil
  }

  /// Creates a source of a text that was made of another one.
  init(_ text: [UInt8], madeOf source: ByteSource) {
    file = nil
    gzip = nil
    isCompressed = source.isCompressed
    inflated = text
  }

  /// Returns everything from the current position on.
  mutating func rest() throws(Failure) -> ByteWindow {
    var size = 1 << 20
    while true {
      let window = try window(size)
      if window.isLast { return window }
      size *= 2
    }
  }

  /// Returns the next `size` bytes, or all remaining bytes if there are fewer.
  mutating func window(_ size: Int) throws(Failure) -> ByteWindow {
    guard let gzip else {
      guard let file else { return ByteWindow(inflated, isLast: true) }
      let count = min(size, file.count - position)
      return ByteWindow(file, from: position, count: count, isLast: position + count == file.count)
    }
    if inflated.count < size {
      do throws(GzipFile.Failure) {
        // One more byte than requested shows whether the text continues.
        try gzip.append(size + 1 - inflated.count, to: &inflated)
      } catch { throw .gzip(error) }
    }
    return ByteWindow(inflated, isLast: gzip.isFinished)
  }

  /// Returns the share of the file up to the end of the next `count` bytes, above 0 and at most 1; nil for gzip or an
  /// empty share.
  func share(_ count: Int) -> Double? {
    guard let file, gzip == nil, position + count > 0 else { return nil }
    return Double(position + count) / Double(file.count)
  }

  /// Advances the start of the window by `count` bytes; earlier windows stay valid.
  mutating func consume(_ count: Int) {
    if gzip == nil, file != nil {
      position += count
    } else {
      inflated = Array(inflated[count...])
    }
  }
}

/// A range of a text that threads may read concurrently.
struct ByteWindow: Sendable {
  private enum Storage: Sendable {
    case mapped(MappedFile, Int)
    case memory([UInt8])
  }

  private let storage: Storage
  /// The number of bytes in the window.
  let count: Int
  /// Whether the text ends with the window.
  let isLast: Bool

  fileprivate init(_ file: MappedFile, from offset: Int, count: Int, isLast: Bool) {
    storage = .mapped(file, offset)
    self.count = count
    self.isLast = isLast
  }

  init(_ bytes: [UInt8], isLast: Bool) {
    storage = .memory(bytes)
    count = bytes.count
    self.isLast = isLast
  }

  /// Calls a function with a span of some of the bytes.
  func withBytes<Result>(_ range: Range<Int>, _ body: (Span<UInt8>) -> Result) -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    switch storage {
    case .mapped(let file, let offset):
      let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[offset + range.lowerBound..<offset + range.upperBound])
      defer { withExtendedLifetime(file) {} }
      return body(bytes.assumingMemoryBound(to: UInt8.self).span)
    case .memory(let bytes):
      return bytes.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[range]).span) }
    }
  }

  /// Returns a copy of the first bytes, at most `limit`.
  func bytes(atMost limit: Int) -> [UInt8] {
    withBytes(0..<min(count, limit)) { $0.array(0..<$0.count) }
  }
}

extension ByteWindow {
  /// The mark that some programs put before a UTF-8 text.
  static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// The length of the byte order mark at the start of the window; 0 if there is none.
  var byteOrderMarkLength: Int {
    bytes(atMost: Self.byteOrderMark.count) == Self.byteOrderMark ? Self.byteOrderMark.count : 0
  }

  /// Cuts the window from `start` on into blocks of at least `size` bytes that end with a line; the last block may be
  /// shorter and ends with the window.
  func blocksOfLines(of size: Int, from start: Int) -> [Range<Int>] {
    withBytes(0..<count) { bytes in
      var blocks: [Range<Int>] = []
      var start = start
      while start < bytes.count {
        let nominal = start + size
        let lineEnd = nominal < bytes.count ? bytes.firstIndex(of: .lineFeed, from: nominal) : nil
        let end = lineEnd.map { $0 + 1 } ?? bytes.count
        blocks.append(start..<end)
        start = end
      }
      return blocks
    }
  }
}
