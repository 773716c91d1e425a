/// The lines of a text file, plain or gzip, in blocks for parallel processing.
package struct LineBlocks {
  private let path: String
  private var source: ByteSource
  private let parallel: Parallel
  private static let blockSize = 1 << 20

  /// Opens a file and skips its byte order mark.
  ///
  /// - Throws: ``ReadError`` if the file cannot be read.
  package init(contentsOf path: String, threads: Int? = nil) throws(ReadError) {
    self.path = path
    parallel = Parallel(threads: threads)
    do throws(ByteSource.Failure) {
      source = try ByteSource(contentsOf: path)
      source.consume(try source.window(ByteWindow.byteOrderMark.count).byteOrderMarkLength)
    } catch { throw ReadError(error, file: path) }
  }

  /// Returns the first line that is not blank, at most its first 64 KiB, without consuming it.
  package mutating func firstLine() throws(ReadError) -> [UInt8] {
    let head = try window(1 << 16).bytes(atMost: 1 << 16)
    return head.split(separator: .lineFeed).first { !$0.allSatisfy { $0.isSpace } }.map { Array($0) } ?? []
  }

  /// Processes the next blocks of whole lines in parallel.
  ///
  /// - Parameter body: The function that processes the bytes of one block.
  /// - Returns: The results in the order of the file; nil at its end.
  /// - Throws: ``ReadError`` if the file cannot be read, or has a line longer than 16 MiB.
  package mutating func next<Value: Sendable>(_ body: @Sendable ([UInt8]) -> Value) throws(ReadError) -> [Value]? {
    let window = try window(Self.blockSize * InteractionReader.blocksPerWave)
    if window.count == 0 { return nil }
    let bytes = window.bytes(atMost: window.count)
    var blocks = window.blocksOfLines(of: Self.blockSize, from: 0)
    if !window.isLast, let rest = blocks.popLast(), let lineEnd = bytes[rest].lastIndex(of: .lineFeed) {
      blocks.append(rest.lowerBound..<lineEnd + 1)
    }
    guard let end = blocks.last?.upperBound else {
      throw ReadError(.badData, file: path, reason: RowProblem.tooLong.reason)
    }
    source.consume(end)
    return parallel.map(blocks.count) { [blocks] in body(Array(bytes[blocks[$0]])) }
  }

  private mutating func window(_ size: Int) throws(ReadError) -> ByteWindow {
    do throws(ByteSource.Failure) {
      return try source.window(size)
    } catch { throw ReadError(error, file: path) }
  }
}
