/// A reader of files of ratings or other feedback.
///
/// The reader recognises the format by the first lines: fields separated by commas, tabs, `::`, `;`, `|` or blanks,
/// with or without a header and quoted fields, and JSON Lines, each plain or gzip. It reads MovieLens, RecBole and
/// LIBMF files without settings. The header names the columns; without a header the order is user, item, value, time.
/// A file without values is implicit feedback, in which every value is 1.
///
///     let (ratings, summary) = try InteractionReader().read(["ratings.csv"], user: Int.self, item: Int.self)
public struct InteractionReader: Sendable {
  /// The treatment of a pair of user and item that occurs more than once.
  public enum DuplicatePolicy: String, CaseIterable, Sendable {
    /// Keeps the latest row by time, or the last row read if times are equal or missing.
    case last
    /// Keeps the mean of the values, at the latest time.
    case mean
    /// Keeps the sum of the values, at the latest time.
    case sum
    /// Throws a ``ReadError`` that names the duplicate.
    case error
    /// Keeps every row as an event; rows of a pair at the same time are one. Models of the order of events learn from
    /// all of them, and models of pairs from what ``last`` keeps.
    case keep
  }

  /// A summary of the files that were read.
  public struct Summary: Sendable, Equatable {
    /// The format of the first file, such as `CSV with header` or `MovieLens ::`.
    public var format = ""
    /// The meaning of the columns of the first file.
    public var columns = ColumnReport()
    /// The number of rows that hold an interaction, duplicates included.
    public var rows = 0
    /// The number of rejected lines.
    public var rejected = 0
    /// The number of rows whose pair occurs in an earlier row.
    public var duplicates = 0
    /// The number of rows that are kept as further events of an earlier pair.
    public var repeats = 0
    /// Whether there is a column of values.
    public var hasValues = false
    /// Whether there is a column of times.
    public var hasTimes = false
    /// The number of rows left out because their kind has no value.
    public var ignored = 0
    /// The kinds of feedback in the column of kinds, in order of first appearance.
    public var kinds: [String] = []
    /// The errors of the first rejected rows, of five at most.
    public var rejections: [ReadError] = []
  }

  /// The assignment of columns to roles; nil recognises the columns.
  public var columns: ColumnRequest?
  /// The treatment of a pair that occurs more than once.
  ///
  /// If nil, repeats are kept where they are usual: in files without values, or with counts and times, in which one
  /// row in 20 or more, and 20 rows or more, repeat an earlier pair of the same kind. Everywhere else the last row of
  /// a pair is kept.
  public var duplicates: DuplicatePolicy?
  /// The value of each kind of feedback in the column of kinds; if empty, kinds are ignored.
  ///
  /// The values of the kinds of a pair are summed, and rows of other kinds are left out.
  public var kindValues: [String: Float] = [:]
  /// The path of a file for bad rows, which are written unchanged while reading continues; nil stops at the first.
  ///
  /// The file holds the first 1 MiB of a longer row. It appears after the last file, and only if a row was rejected.
  public var rejectPath: String?
  /// The kind of rows that name none, such as `purchase`: repeated rows of events are kept where they are usual.
  package var kind: String?
  /// The number of threads; nil for one per core. The result does not depend on it.
  public var threads: Int?

  /// The number of bytes that one thread parses at a time.
  var blockSize = 4 << 20
  /// The number of blocks in memory at once.
  static let blocksPerWave = 16

  /// Creates a reader that recognises formats and columns.
  public init() {}

  /// Reads files, one after another, into one data set.
  ///
  /// - Parameters:
  ///   - paths: The paths of at least one file.
  ///   - user: The type of the user ids; each distinct id is parsed once.
  ///   - item: The type of the item ids; each distinct id is parsed once.
  /// - Returns: The interactions, and a summary of the files.
  /// - Throws: ``ReadError`` with the first bad line of the first bad file.
  /// - Complexity: O(bytes).
  public func read<UserID: Identifier, ItemID: Identifier>(
    _ paths: [String], user: UserID.Type = UserID.self, item: ItemID.Type = ItemID.self
  ) throws(ReadError) -> (interactions: Interactions<UserID, ItemID>, summary: Summary) {
    let rejects = rejectPath.map { Rejects(path: $0) }
    let result: (Interactions<UserID, ItemID>, Summary) = try read(paths, rejects: rejects)
    try rejects?.commit()
    return result
  }

  /// Reads files as ``read(_:user:item:)`` does; the caller commits the bad rows.
  package func read<UserID: Identifier, ItemID: Identifier>(
    _ paths: [String], rejects: Rejects?
  ) throws(ReadError) -> (interactions: Interactions<UserID, ItemID>, summary: Summary) {
    let parallel = Parallel(threads: threads)
    var rows = try readRows(paths, IDParsing(UserID.self), IDParsing(ItemID.self), rejects: rejects)
    if kindValues.isEmpty {
      try rows.resolveDuplicates(duplicates, paths: paths, using: parallel)
    } else {
      var areEvents = duplicates == .keep
      if duplicates == nil { areEvents = try rows.repeatsAreUsual(keepingKinds: true, paths, using: parallel) }
      rows.valueKinds(kindValues, keepingRepeats: areEvents)
      if areEvents {
        rows.keepEvents(addingKinds: true)
      } else {
        try rows.resolveDuplicates(.sum, paths: paths, using: parallel)
      }
    }
    let summary = rows.summary
    let (data, userIDs, itemIDs) = rows.take()
    return (Interactions(data: data, userIDs: userIDs, itemIDs: itemIDs), summary)
  }

  /// Reads files into columns in which a pair may occur once per kind; `kindValues` and `rejectPath` are not used.
  ///
  /// - Parameters:
  ///   - paths: The paths of at least one file.
  ///   - rejects: The file for bad rows, which the caller commits; nil stops at the first bad row.
  /// - Throws: ``ReadError`` with the first bad line of the first bad file.
  /// - Complexity: O(bytes).
  package func readColumns(
    _ paths: [String], rejects: Rejects?
  ) throws(ReadError) -> (columns: InteractionColumns, summary: Summary) {
    let anyText = IDParsing(String.self)
    var rows = try readRows(paths, anyText, anyText, rejects: rejects)
    try rows.resolveDuplicates(duplicates, paths: paths, keepingKinds: true, using: Parallel(threads: threads))
    let summary = rows.summary
    return (rows.takeColumns(), summary)
  }

  /// Reads the pairs of user and item of a file, one per row, in the order of the rows; other columns are not read.
  ///
  /// - Throws: ``ReadError`` with the first bad line.
  /// - Complexity: O(bytes).
  package func readPairs(_ path: String) throws(ReadError) -> (pairs: [(user: String, item: String)], summary: Summary)
  {
    let anyText = IDParsing(String.self)
    let rows = try readRows([path], anyText, anyText, rejects: nil, readsPairsAlone: true)
    return (rows.pairs, rows.summary)
  }

  /// What a file holds.
  package enum Content { case interactions, items, unknown }

  /// What a file holds, by the names of its columns and its first rows.
  ///
  /// - Throws: ``ReadError`` if the file cannot be read.
  package func content(of path: String) throws(ReadError) -> Content {
    let anyText = IDParsing(String.self)
    let reading = FileReading(
      path: path, request: columns, parallel: Parallel(threads: threads), blockSize: blockSize, userParsing: anyText,
      itemParsing: anyText)
    return try reading.content()
  }

  private func readRows(
    _ paths: [String], _ userParsing: IDParsing, _ itemParsing: IDParsing, rejects: Rejects?,
    readsPairsAlone: Bool = false
  ) throws(ReadError) -> RowStore {
    precondition(!paths.isEmpty, "there is nothing to read")
    var rows = RowStore(keepsLines: duplicates == .error, kind: kind)
    let parallel = Parallel(threads: threads)
    for path in paths {
      let reading = FileReading(
        path: path, request: columns, parallel: parallel, blockSize: blockSize,
        userParsing: userParsing, itemParsing: itemParsing, readsPairsAlone: readsPairsAlone)
      try reading.read(into: &rows, rejects: rejects)
    }
    return rows
  }
}

/// The file of bad rows, which appears on `commit()`, and only if there are bad rows.
package final class Rejects {
  private let path: String
  private let registry: UnfinishedFiles
  /// The file under construction; nil until the first bad row.
  private var file: FileReplacement?

  /// Creates an empty list of bad rows for a file at a path.
  package convenience init(path: String) { self.init(path: path, noting: .shared) }

  init(path: String, noting registry: UnfinishedFiles) {
    self.path = path
    self.registry = registry
  }

  /// Adds a row unchanged, and a line end if the row lacks one.
  package func append(_ row: [UInt8]) throws(ReadError) {
    do throws(FileReplacement.Failure) {
      if file == nil { file = try FileReplacement(of: path, noting: registry) }
      try file?.write(row)
      if row.last != .lineFeed { try file?.write([.lineFeed]) }
    } catch { throw failure(error) }
  }

  /// Gives the file its name; does nothing if there are no bad rows.
  package func commit() throws(ReadError) {
    do throws(FileReplacement.Failure) {
      try file.take()?.finish()
    } catch { throw failure(error) }
  }

  private func failure(_ error: FileReplacement.Failure) -> ReadError {
    ReadError(.cannotWrite, file: path, reason: "the rejected rows cannot be written: \(error.reason)")
  }
}
