/// Reads ratings, or other feedback, from files.
///
/// CSV, TSV, `::`, `;`, `|` and blanks, with or without a header, quoted fields, JSON Lines, and gzip of each are recognised by
/// looking at the file: MovieLens, RecBole and LIBMF files are read as they come. Columns go by their names in the header, else by
/// their order (user, item, value, time); a file without values is implicit feedback, and every value is 1.
///
///     let (ratings, summary) = try InteractionReader().read(["ratings.csv"], user: Int.self, item: Int.self)
public struct InteractionReader: Sendable {
  /// What becomes of a pair of user and item that occurs more than once.
  public enum DuplicatePolicy: String, CaseIterable, Sendable {
    /// The latest by time wins; without times, and among equal ones, the last in order.
    case last
    /// The mean of the values, at the latest time.
    case mean
    /// The sum of the values, at the latest time.
    case sum
    /// Bad data.
    case error
  }

  /// What was found in the files.
  public struct Summary: Sendable, Equatable {
    /// How the first file is written, such as `CSV with header` or `MovieLens ::`.
    public var format = ""
    /// The rows that hold an interaction, duplicates included.
    public var rows = 0
    /// The rows that were rejected.
    public var rejected = 0
    /// The rows of a pair that an earlier row has.
    public var duplicates = 0
    /// Whether there is a column of values.
    public var hasValues = false
    /// Whether there is a column of times.
    public var hasTimes = false
    /// The rows left out because they are of a kind that has no value.
    public var ignored = 0
    /// The kinds of feedback that a column of kinds names, in order of first appearance.
    public var kinds: [String] = []
    /// What was wrong with the first row that was rejected.
    public var firstRejection: ReadError?
  }

  /// Which column is what; nil recognises them.
  public var columns: ColumnRequest?
  /// What becomes of a pair that occurs more than once.
  public var duplicates: DuplicatePolicy = .last
  /// What each kind of feedback is worth, where a column of kinds tells them apart; the kinds of a pair then add up.
  ///
  /// Rows of other kinds are left out. Empty: kinds are not looked at.
  public var kindValues: [String: Float] = [:]
  /// A file to which bad rows are written as they are, while reading goes on; nil stops at the first bad row.
  ///
  /// Of a row longer than 1 MiB it holds the beginning. The file appears when all is read, and only if a row was rejected.
  public var rejectPath: String?
  /// The number of threads; nil takes one a core. The result does not depend on it.
  public var threads: Int?

  /// The bytes that one thread parses at a time.
  var blockSize = 4 << 20
  /// The blocks that are in memory at once.
  static let blocksPerWave = 16

  /// Creates a reader that recognises everything by itself.
  public init() {}

  /// Reads files, one after another, into one data set. O(bytes).
  ///
  /// - Parameters:
  ///   - paths: at least one file.
  ///   - user: the type of the users's ids; each distinct id is parsed.
  ///   - item: the type of the items' ids.
  /// - Returns: the interactions, and what was found.
  /// - Throws: ``ReadError`` with the first bad line of the first bad file.
  public func read<UserID: Identifier, ItemID: Identifier>(
    _ paths: [String], user: UserID.Type = UserID.self, item: ItemID.Type = ItemID.self
  ) throws(ReadError) -> (interactions: Interactions<UserID, ItemID>, summary: Summary) {
    let rejects = rejectPath.map { Rejects(path: $0) }
    let parallel = Parallel(threads: threads)
    var rows = try readRows(paths, IDParsing(UserID.self), IDParsing(ItemID.self), rejects: rejects)
    try rejects?.commit()
    if kindValues.isEmpty {
      try rows.resolveDuplicates(duplicates, paths: paths, using: parallel)
    } else {
      rows.valueKinds(kindValues)
      try rows.resolveDuplicates(.sum, paths: paths, using: parallel)
    }
    let summary = rows.summary
    let (data, userIDs, itemIDs) = rows.take()
    return (Interactions(data: data, userIDs: userIDs, itemIDs: itemIDs), summary)
  }

  /// Reads files into columns in which a pair may occur once a kind; `kindValues` and `rejectPath` are not used. O(bytes).
  ///
  /// - Parameter rejects: where bad rows go, which is left to the caller to commit; nil stops at the first.
  package func readColumns(
    _ paths: [String], rejects: Rejects?
  ) throws(ReadError) -> (columns: InteractionColumns, summary: Summary) {
    let anyText = IDParsing(String.self)
    var rows = try readRows(paths, anyText, anyText, rejects: rejects)
    try rows.resolveDuplicates(duplicates, paths: paths, keepingKinds: true, using: Parallel(threads: threads))
    let summary = rows.summary
    return (rows.takeColumns(), summary)
  }

  private func readRows(
    _ paths: [String], _ userParsing: IDParsing, _ itemParsing: IDParsing, rejects: Rejects?
  ) throws(ReadError) -> RowStore {
    precondition(!paths.isEmpty, "there is nothing to read")
    var rows = RowStore(keepsLines: duplicates == .error)
    let parallel = Parallel(threads: threads)
    for path in paths {
      let reading = FileReading(
        path: path, request: columns, parallel: parallel, blockSize: blockSize,
        userParsing: userParsing, itemParsing: itemParsing)
      try reading.read(into: &rows, rejects: rejects)
    }
    return rows
  }
}

/// The bad rows that were seen so far. Their file appears once they are committed, and only if there are any.
package final class Rejects {
  private let path: String
  private let registry: UnfinishedFiles
  /// Nil without a row.
  private var file: FileReplacement?

  package convenience init(path: String) { self.init(path: path, noting: .shared) }

  init(path: String, noting registry: UnfinishedFiles) {
    self.path = path
    self.registry = registry
  }

  /// Adds a row as it is, with a line end where it has none.
  package func append(_ row: [UInt8]) throws(ReadError) {
    do throws(FileReplacement.Failure) {
      if file == nil { file = try FileReplacement(of: path, noting: registry) }
      try file?.write(row)
      if row.last != .lineFeed { try file?.write([.lineFeed]) }
    } catch { throw failure(error) }
  }

  /// Puts the file in its place.
  package func commit() throws(ReadError) {
    do throws(FileReplacement.Failure) {
      try file.take()?.finish()
    } catch { throw failure(error) }
  }

  private func failure(_ error: FileReplacement.Failure) -> ReadError {
    ReadError(.cannotWrite, file: path, reason: "the rejected rows cannot be written: \(error.reason)")
  }
}
