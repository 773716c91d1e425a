import CZlib

/// The text of a gzip file, inflated in pieces so that the whole text is never in memory.
///
/// Consecutive members count as one text, as in `gzip` itself; zero bytes after the last member are padding.
final class GzipFile {
  /// The error of compressed bytes that cannot be inflated.
  enum Failure: Error {
    case truncated
    case corrupt(String)
    case suspicious(ratio: Int)
  }

  /// The first bytes of every gzip file.
  static let magic: [UInt8] = [0x1F, 0x8B]
  /// The largest accepted ratio of text to compressed bytes.
  ///
  /// Tables of ratings compress less than this; a larger ratio indicates a file made to fill the memory.
  static let largestRatio = 250
  /// The number of text bytes below which the ratio is not checked.
  static let toleratedSize = 64 << 20

  private let file: MappedFile
  private let stream: UnsafeMutablePointer<z_stream>
  private var consumed = 0
  private var produced = 0
  private var isInsideMember = true
  /// Whether the whole text was inflated.
  private(set) var isFinished = false

  /// Starts at the first byte of a file that starts with `magic`.
  init(_ file: MappedFile) {
    self.file = file
    // The stream is on the heap, because zlib's state holds a pointer to it.
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let gzipAlone: Int32 = 15 + 16
    let status = inflateInit2_(stream, gzipAlone, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "zlib could not start")
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Appends the next `count` bytes of the text, or all remaining bytes if there are fewer.
  func append(_ count: Int, to text: inout [UInt8]) throws(Failure) {
    text.reserveCapacity(text.count + count)
    let piece = 1 << 18
    var remaining = count
    var failure: Failure?
    while remaining > 0, !isFinished {
      let wanted = min(piece, remaining)
      let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
        do throws(Failure) {
          filled = try inflate(into: buffer)
        } catch { failure = error }
      }
      if let failure { throw failure }
      text.append(contentsOf: bytes)
      remaining -= bytes.count
    }
  }

  private func inflate(into output: UnsafeMutableBufferPointer<UInt8>) throws(Failure) -> Int {
    stream.pointee.next_out = output.baseAddress
    stream.pointee.avail_out = UInt32(output.count)
    while stream.pointee.avail_out > 0, !isFinished {
      if !isInsideMember { try startNextMember() }
      if isFinished { break }
      let offered = min(file.count - consumed, 1 << 30)
      stream.pointee.next_in = UnsafeMutablePointer(
        mutating: (file.base + consumed).assumingMemoryBound(to: UInt8.self))
      stream.pointee.avail_in = UInt32(offered)
      let status = CZlib.inflate(stream, Z_NO_FLUSH)
      consumed += offered - Int(stream.pointee.avail_in)
      switch status {
      case Z_STREAM_END: isInsideMember = false
      case Z_OK: break
      case Z_BUF_ERROR where consumed == file.count: throw .truncated
      default: throw .corrupt(stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(status)")
      }
      if status == Z_OK, stream.pointee.avail_out > 0, consumed == file.count { throw .truncated }
    }
    let filled = output.count - Int(stream.pointee.avail_out)
    produced += filled
    if produced > Self.toleratedSize, produced / Self.largestRatio > file.count {
      throw .suspicious(ratio: produced / file.count)
    }
    return filled
  }

  /// Starts the next member, or finishes if there is none.
  private func startNextMember() throws(Failure) {
    let bytes = file.bytes
    while consumed < file.count, bytes[consumed] == 0 { consumed += 1 }
    if consumed == file.count {
      isFinished = true
      return
    }
    guard bytes[consumed...].starts(with: Self.magic) else { throw .corrupt("bytes follow the compressed text") }
    inflateReset(stream)
    isInsideMember = true
  }
}
