import KindredJSON

extension ModelFile {
  /// The alignment of tensors in bytes: a cache line, and a vector of sixteen floats.
  static let alignment = 64
  /// The prefix of the names of tensors that fill the gaps between others; safetensors allows no gaps.
  static let paddingPrefix = "__padding_"
  /// The most bytes of a header, on reading and writing.
  static let longestHeader = 64 << 20

  /// Writes the file, and replaces an existing one atomically: readers see the old file or the new one.
  ///
  /// - Parameters:
  ///   - path: The path of the file.
  ///   - threads: The number of threads that compute checksums; nil for one per core.
  /// - Throws: ``ModelFileError`` if the file cannot be written; an existing file is then unchanged.
  /// - Complexity: O(bytes).
  public func write(to path: String, threads: Int? = nil) throws(ModelFileError) {
    do throws(FileReplacement.Failure) {
      var file = try FileReplacement(of: path)
      for run in runs(parallel: Parallel(threads: threads)) { try file.write(run) }
      try file.finish()
    } catch {
      throw ModelFileError(path: path, reason: .unwritable(error.reason))
    }
  }

  /// Returns the bytes that ``write(to:threads:)`` writes.
  ///
  /// - Parameter threads: The number of threads that compute checksums; nil for one per core.
  /// - Complexity: O(bytes).
  public func bytes(threads: Int? = nil) -> [UInt8] {
    [UInt8](runs(parallel: Parallel(threads: threads)))
  }

  /// Returns the whole file: the header's length, the header, and the padded tensors in order of their names.
  private func runs(parallel: Parallel) -> [ByteRun] {
    var data: [ByteRun] = []
    var members: [(String, JSON)] = []
    var offset = 0
    for (position, name) in names.enumerated() {
      guard let tensor = tensors[name] else { continue }
      data.append(tensor.bytes)
      members.append(
        (name, Self.member(type: tensor.type, shape: tensor.shape, at: offset, count: tensor.bytes.count)))
      offset += tensor.bytes.count
      let gap = Self.gap(after: offset)
      if gap > 0 {
        data.append(ByteRun(repeatElement(0, count: gap)))
        let name = "\(Self.paddingPrefix)\(position)__"
        members.append((name, Self.member(type: UInt8.tensorType, shape: [gap], at: offset, count: gap)))
        offset += gap
      }
    }
    let checksums = Checksum.blocks(of: data, parallel: parallel).map(\.hexadecimal).joined()
    return [ByteRun(header(members: members, checksums: checksums))] + data
  }

  /// Returns the header's length and the header.
  private func header(members: [(String, JSON)], checksums: String) -> [UInt8] {
    var metadata = self.metadata
    metadata[Key.format] = Self.formatName
    metadata[Key.formatVersion] = String(Self.formatVersion)
    metadata[Key.checksums] = checksums
    func text(headerChecksum: UInt64) -> [UInt8] {
      metadata[Key.headerChecksum] = headerChecksum.hexadecimal
      let metadata = JSON.object(metadata.map { ($0.key, .string($0.value)) })
      var text: [UInt8] = []
      JSON.object(members + [(ModelFileHeader.metadataName, metadata)]).write(to: &text, .sortedKeys)
      return text + Array(repeating: UInt8(ascii: " "), count: Self.gap(after: text.count + 8))
    }
    // The checksum is computed over the header with zeros in place of its digits.
    let header = text(headerChecksum: Checksum.xxh64(ByteRun(text(headerChecksum: 0))))
    precondition(header.count <= Self.longestHeader, "the header is longer than a reader accepts")
    return (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header
  }

  /// Returns the number of bytes to the next multiple of the alignment.
  static func gap(after offset: Int) -> Int { (alignment - offset % alignment) % alignment }

  private static func member(type: String, shape: [Int], at offset: Int, count: Int) -> JSON {
    [
      "dtype": .string(type), "shape": .array(shape.map { .integer($0) }),
      "data_offsets": [.integer(offset), .integer(offset + count)],
    ]
  }
}
