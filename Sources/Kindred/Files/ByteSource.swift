/// The text of a file from its beginning to its end, plain or gzip, seen through a window that moves along.
struct ByteSource {
  /// Why the text could not be read.
  enum Failure: Error {
    case file(MappedFile.Failure)
    case gzip(GzipFile.Failure)
  }

  private let file: MappedFile
  private let gzip: GzipFile?
  /// The part of an inflated text that was not consumed yet.
  private var inflated: [UInt8] = []
  private var position = 0

  var isCompressed: Bool { gzip != nil }

  init(contentsOf path: String) throws(Failure) {
    do throws(MappedFile.Failure) {
      file = try MappedFile(contentsOf: path)
    } catch { throw .file(error) }
    gzip = file.bytes.starts(with: GzipFile.magic) ? GzipFile(file) : nil
  }

  /// The next bytes: `size` of them, or as many as are left.
  mutating func window(_ size: Int) throws(Failure) -> ByteWindow {
    guard let gzip else {
      let count = min(size, file.count - position)
      return ByteWindow(file, from: position, count: count, isLast: position + count == file.count)
    }
    if inflated.count < size {
      do throws(GzipFile.Failure) {
        // One more byte than asked for: only then is it known whether the text goes on.
        try gzip.append(size + 1 - inflated.count, to: &inflated)
      } catch { throw .gzip(error) }
    }
    return ByteWindow(inflated, isLast: gzip.isFinished)
  }

  /// How much of the file lies before the end of the next `count` bytes, above 0 and at most 1; nil where that cannot be known.
  func share(_ count: Int) -> Double? {
    guard gzip == nil, position + count > 0 else { return nil }
    return Double(position + count) / Double(file.count)
  }

  /// Moves the window's beginning along. The windows handed out before stay as they are.
  mutating func consume(_ count: Int) {
    if gzip == nil {
      position += count
    } else {
      inflated = Array(inflated[count...])
    }
  }
}

/// A stretch of a text that threads may read together.
struct ByteWindow: Sendable {
  private enum Storage: Sendable {
    case mapped(MappedFile, Int)
    case memory([UInt8])
  }

  private let storage: Storage
  /// The number of bytes in the window.
  let count: Int
  /// Whether the text ends where the window does.
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

  /// Lends some of the bytes.
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

  /// A copy of the first bytes.
  func bytes(atMost limit: Int) -> [UInt8] {
    withBytes(0..<min(count, limit)) { $0.array(0..<$0.count) }
  }
}

extension ByteWindow {
  /// What some programs put before a text to say that it is UTF-8.
  static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// The length of the byte order mark at the window's beginning; 0 where there is none.
  var byteOrderMarkLength: Int {
    bytes(atMost: Self.byteOrderMark.count) == Self.byteOrderMark ? Self.byteOrderMark.count : 0
  }

  /// Cuts the window from `start` on into blocks of at least `size` bytes that end with a line, but for the last: it ends where the window
  /// does.
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
