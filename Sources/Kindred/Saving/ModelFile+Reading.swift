import KindredJSON

extension ModelFile {
  /// The value of the key `format` in model files of Kindred.
  static let formatName = "kindred"

  /// Opens a file and checks all of it: the header, the layout of the tensors, and the bytes against their checksums.
  ///
  /// - Parameters:
  ///   - path: The path of the file.
  ///   - models: The types of models outside the library that the file may hold; see ``scorer(at:)``.
  ///   - threads: The number of threads that verify checksums; nil for one per core.
  /// - Throws: ``ModelFileError`` if the file cannot be read or a check fails.
  /// - Complexity: O(bytes).
  public init(
    contentsOf path: String, models: [any Scorer.Type] = [], threads: Int? = nil
  ) throws(ModelFileError) {
    try self.init(contentsOf: path, isCopied: false, models: models, threads: threads)
  }

  /// - Parameter isCopied: Whether the bytes are read into memory, where no change of the file reaches them.
  init(
    contentsOf path: String, isCopied: Bool, models: [any Scorer.Type] = [], threads: Int? = nil
  ) throws(ModelFileError) {
    let file: MappedFile
    do throws(MappedFile.Failure) {
      file = try MappedFile(contentsOf: path, isCopied: isCopied)
    } catch {
      throw ModelFileError(path: path, reason: error.isMissing ? .missing : .unreadable(error.reason))
    }
    try self.init(reading: file, path: path, parallel: Parallel(threads: threads))
    try register(models)
  }

  /// Opens the bytes of a file in memory and checks all of them.
  ///
  /// - Parameters:
  ///   - bytes: The bytes of the file.
  ///   - threads: The number of threads that verify checksums; nil for one per core.
  /// - Throws: ``ModelFileError`` if a check fails.
  /// - Complexity: O(bytes).
  public init(bytes: [UInt8], threads: Int? = nil) throws(ModelFileError) {
    try self.init(reading: MappedFile(copying: bytes), path: "the model", parallel: Parallel(threads: threads))
  }

  private init(reading file: MappedFile, path: String, parallel: Parallel) throws(ModelFileError) {
    do throws(Refusal) {
      let run = ByteRun(file)
      let start = try Self.dataStart(of: run)
      let header = try Self.header(of: run, endingAt: start)
      try Self.checkLayout(header.entries, start: start, fileSize: run.count)
      let data = run[start..<run.count]
      try Self.checkData(data, checksums: header.metadata[Key.checksums], parallel: parallel)
      self.init(path: path, header: header, data: data)
    } catch {
      throw ModelFileError(path: path, reason: error.reason)
    }
  }

  /// The reason of a failed check, to which the caller adds the path.
  private struct Refusal: Error {
    let reason: ModelFileError.Reason
    init(_ reason: ModelFileError.Reason) { self.reason = reason }
  }

  /// Creates the content of a file from its checked header and its data.
  private init(path: String, header: ModelFileHeader, data: ByteRun) {
    var tensors: [String: Tensor] = [:]
    for entry in header.entries where !entry.name.hasPrefix(Self.paddingPrefix) {
      tensors[entry.name] = Tensor(type: entry.type, shape: entry.shape, bytes: data[entry.begin..<entry.end])
    }
    self.init(path: path, metadata: header.metadata.filter { !Key.reserved.contains($0.key) }, tensors: tensors)
  }

  /// Returns the end of the header, from the length before it.
  private static func dataStart(of file: ByteRun) throws(Refusal) -> Int {
    if file.count == 0 { throw Refusal(.notAModel("it is empty")) }
    let bytes = [UInt8]([file[0..<min(9, file.count)]])
    let length = bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard bytes.count == 9, length <= UInt64(longestHeader), bytes[8] == UInt8(ascii: "{") else {
      throw Refusal(.notAModel("it does not start as one; give the file that training wrote"))
    }
    let start = 8 + Int(length)
    if start > file.count { throw Refusal(.cutShort(promised: start, found: file.count)) }
    return start
  }

  private static func header(of file: ByteRun, endingAt start: Int) throws(Refusal) -> ModelFileHeader {
    var bytes = [UInt8]([file[8..<start]])
    let header: ModelFileHeader
    do throws(MalformedJSON) {
      header = try ModelFileHeader(parsing: bytes)
    } catch {
      throw Refusal(.damaged("its header makes no sense at byte \(error.position), which should be \(error.expected)"))
    }
    guard header.metadata[Key.format] == formatName else {
      throw Refusal(.notAModel("it holds tensors that another program wrote"))
    }
    guard let version = header.metadata[Key.formatVersion].flatMap({ Int($0) }), version >= 1 else {
      throw Refusal(.damaged("its header has no format version"))
    }
    // A later format may differ in all other keys, so the version is checked first.
    if version > formatVersion { throw Refusal(.laterVersion(version)) }
    guard let digits = header.checksumDigits, digits.count == 16, let checksum = header.metadata[Key.headerChecksum]
    else {
      throw Refusal(.damaged("its header has no checksum"))
    }
    bytes.replaceSubrange(digits, with: repeatElement(UInt8(ascii: "0"), count: 16))
    guard Checksum.xxh64(ByteRun(bytes)).hexadecimal == checksum else {
      throw Refusal(.damaged("its header does not match its checksum"))
    }
    return header
  }

  /// Checks that the sizes of tensors match their shapes, and that tensors are aligned and fill the file without a gap
  /// or an overlap.
  private static func checkLayout(
    _ entries: [ModelFileHeader.Entry], start: Int, fileSize: Int
  ) throws(Refusal) {
    if start % alignment != 0 { throw Refusal(.invalid("its data does not start at a multiple of \(alignment) bytes")) }
    var end = 0
    for entry in entries.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
      let isPadding = entry.name.hasPrefix(paddingPrefix)
      if entry.name.hasPrefix("__") != isPadding || entry.name.isEmpty {
        throw Refusal(.invalid("\(entry.name.quoted) is no name for a tensor"))
      }
      guard let size = size(of: entry), size == entry.end - entry.begin else {
        throw Refusal(
          .invalid(
            "its tensor \(entry.name.quoted), \(entry.type.quoted) of shape \(shown(entry.shape)), "
              + "does not fill its bytes"
          ))
      }
      guard entry.begin == end, isPadding || entry.begin % alignment == 0 else {
        throw Refusal(.invalid("its tensor \(entry.name.quoted) starts at a wrong byte, \(entry.begin.grouped)"))
      }
      end = entry.end
    }
    if end > fileSize - start {
      throw Refusal(.cutShort(promised: end > Int.max - start ? Int.max : start + end, found: fileSize))
    }
    if end < fileSize - start {
      throw Refusal(.invalid("\((fileSize - start - end).grouped) bytes follow its last tensor"))
    }
  }

  /// Returns the number of bytes of a tensor; nil if its type is not known or the number overflows.
  private static func size(of entry: ModelFileHeader.Entry) -> Int? {
    let sizes = [
      Float.tensorType: 4, Double.tensorType: 8, Int32.tensorType: 4, Int64.tensorType: 8, UInt8.tensorType: 1,
    ]
    guard var size = sizes[entry.type] else { return nil }
    for dimension in entry.shape {
      let (product, isTooLarge) = size.multipliedReportingOverflow(by: dimension)
      if isTooLarge { return nil }
      size = product
    }
    return size
  }

  private static func shown(_ shape: [Int]) -> String {
    "[\(shape.prefix(8).map { String($0) }.joined(separator: ", "))\(shape.count > 8 ? ", …" : "")]"
  }

  private static func checkData(_ data: ByteRun, checksums: String?, parallel: Parallel) throws(Refusal) {
    guard let checksums, checksums.utf8.count == 16 * Checksum.blockCount(for: data.count) else {
      throw Refusal(.damaged("it does not have a checksum for each block of its data"))
    }
    let found = Checksum.blocks(of: [data], parallel: parallel).map(\.hexadecimal).joined()
    if found == checksums { return }
    let same = zip(found.utf8, checksums.utf8).prefix { $0 == $1 }.count
    let block = same / 16 * Checksum.blockSize
    let end = min(data.count, block + Checksum.blockSize)
    throw Refusal(.damaged("bytes \(block.grouped) to \(end.grouped) of its data do not match their checksum"))
  }
}

extension ModelFile {
  /// Returns whether a file starts like a model file: with a length, then JSON.
  ///
  /// A file of ratings is text and starts otherwise. A file that cannot be read gives false.
  ///
  /// - Parameter path: The path of the file.
  public static func looksLikeModel(_ path: String) -> Bool {
    guard let file = try? MappedFile(contentsOf: path), file.count > 8 else { return false }
    return file.bytes[8] == UInt8(ascii: "{") && file.bytes[6] == 0 && file.bytes[7] == 0
  }
}
