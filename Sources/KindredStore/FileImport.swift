import Foundation
import Kindred

/// Reads files for a store: ratings in every form that `InteractionReader` knows, items, and dumps.
///
/// Dumps are those of gorse and of ``Store/dump(_:)``: one line of JSON per item, user and feedback.
public struct FileImport: Sendable {
  /// The content of files.
  public struct Contents: Sendable {
    /// The rows that hold feedback, duplicates included.
    public var rows = 0
    /// The rows whose user, item and kind an earlier row of a table of ratings has.
    public var duplicates = 0
    /// The rows of tables of ratings that are kept as further events of a user, item and kind.
    public var repeats = 0
    /// The kind of event that values were taken to count although none was named; nil if there is none.
    public var countedKind: String?
    /// The rows that were rejected.
    public var rejected = 0
    /// What was wrong with the first of them, with five at most.
    public var rejections: [ReadError] = []
    /// The meaning of the columns of the first table; nil if there is none.
    public var columns: ColumnReport?
    /// The meaning of the columns of the file of items; nil if there is none.
    public var itemColumns: ColumnReport?
    /// The sentences about what was understood, or was not.
    public var remarks: [String] = []
    package var tables: [FeedbackTable] = []
    package var users: [StoredUser] = []
    package var items: [StoredItem] = []
    package var catalog = Catalog()
  }

  /// Feedback in columns.
  package struct FeedbackTable: Sendable {
    /// The rows.
    package var columns: InteractionColumns
    /// Whether each row is an item that was only shown; empty if none is.
    package var isShown: [Bool] = []
    /// Whether each row is an event of its own, those of ratings too.
    package var isLog = false
  }

  /// Reads tables of ratings; its `kindValues` are not used.
  public var reader = InteractionReader()
  /// The kind of feedback in tables that do not say it; nil takes the kind of event that the values count, such as
  /// `purchase` for quantities, and else ``Feedback/rating``.
  public var kind: String?

  /// Creates an import that recognises everything by itself.
  public init() {}

  /// Whether each file holds items, and not feedback, by its first lines.
  ///
  /// A file of which neither can be said holds items if another one holds feedback.
  ///
  /// - Throws: `ReadError` if a file cannot be read.
  package func holdItems(_ paths: [String]) throws(ReadError) -> [Bool] {
    var contents: [InteractionReader.Content] = []
    for path in paths {
      var lines = try LineBlocks(contentsOf: path, threads: reader.threads)
      contents.append(StoredRecord.isDump(try lines.firstLine()) ? .interactions : try reader.content(of: path))
    }
    return contents.map { $0 == .items || $0 == .unknown && contents.contains(.interactions) }
  }

  /// Reads files, one after another. O(bytes).
  ///
  /// - Parameters:
  ///   - paths: files of ratings and dumps.
  ///   - items: a file of items with titles and genres.
  /// - Throws: `ReadError` with the first bad line.
  public func read(_ paths: [String], items: String? = nil) throws(ReadError) -> Contents {
    var contents = Contents()
    var tables: [String] = []
    let rejects = reader.rejectPath.map { Rejects(path: $0) }
    for path in paths {
      var lines = try LineBlocks(contentsOf: path, threads: reader.threads)
      if StoredRecord.isDump(try lines.firstLine()) {
        try DumpReader(path: path, rejects: rejects).read(&lines, into: &contents)
      } else {
        tables.append(path)
      }
    }
    if !tables.isEmpty {
      var reader = reader
      reader.kind = kind
      let (columns, summary) = try reader.readColumns(tables, rejects: rejects)
      try columns.checkTimes(in: tables[0])
      contents.columns = summary.columns
      let isLog = summary.repeats > 0 && summary.hasTimes
      if summary.repeats > 0, !isLog {
        contents.remarks.append("a store tells repeated events apart by their times; without them one of each is kept")
      }
      let counted = summary.columns.countedKind
      contents.add(columns, kind: kind ?? counted ?? Feedback.rating, isLog: isLog)
      if kind == nil, summary.kinds.isEmpty, let counted {
        contents.countedKind = counted
        contents.remarks.append("the values count events of the kind '\(counted)' and are no ratings")
      }
      contents.rows += summary.rows
      contents.duplicates = summary.duplicates
      contents.repeats = isLog ? summary.repeats : 0
      let merged = summary.duplicates - contents.repeats
      if merged > 0, reader.duplicates == nil {
        let what =
          isLog
          ? "an earlier user, item and time, and count once"
          : "an earlier user and item, and only the latest of each is kept"
        contents.remarks.append("\(merged.grouped) row\(merged == 1 ? " repeats" : "s repeat") \(what)")
      }
      contents.rejected += summary.rejected
      contents.rejections.keep(summary.rejections)
    }
    if let items {
      let (catalog, summary) = try CatalogReader().read(items, rejects: rejects)
      contents.catalog = catalog
      contents.itemColumns = summary.columns
      contents.rejected += summary.rejected
      contents.rejections.keep(summary.rejections)
      contents.remarks += summary.remarks
      if let table = contents.tables.first,
        let mismatch = catalog.mismatch(.items, in: items, with: table.columns.itemIDs)
      {
        contents.remarks.append(mismatch)
      }
    }
    try rejects?.commit()
    return contents
  }
}

extension FileImport.Contents {
  /// Adds columns; what has no kind gets one.
  fileprivate mutating func add(_ columns: consuming InteractionColumns, kind: String, isLog: Bool) {
    if columns.kinds.isEmpty || columns.kinds.contains(-1) {
      let position: Int32
      if let known = columns.kindNames.firstIndex(where: { $0.utf8.elementsEqual(kind.utf8) }) {
        position = Int32(known)
      } else {
        position = Int32(columns.kindNames.count)
        columns.kindNames.append(kind)
      }
      if columns.kinds.isEmpty {
        columns.kinds = Array(repeating: position, count: columns.count)
      } else {
        for row in columns.kinds.indices where columns.kinds[row] < 0 { columns.kinds[row] = position }
      }
    }
    tables.append(FileImport.FeedbackTable(columns: columns, isLog: isLog))
  }
}

extension InteractionColumns {
  /// Refuses times that no dump could say.
  fileprivate func checkTimes(in file: String) throws(ReadError) {
    if times.contains(where: { $0 != Self.noTime && !StoredTime.range.contains($0) }) {
      throw ReadError(.badData, file: file, reason: "a time lies beyond the years 1 to 9999")
    }
  }
}

/// Reads a dump.
private struct DumpReader {
  let path: String
  let rejects: Rejects?

  /// The lines of one block.
  private struct Block: Sendable {
    var users: [StoredUser] = []
    var items: [StoredItem] = []
    var feedback = Table()
    var bad: [(line: Int, text: [UInt8], reason: String)] = []
    var lineCount = 0
  }

  /// Feedback in columns, ids in vocabularies.
  private struct Table: Sendable {
    var userIDs = Vocabulary()
    var itemIDs = Vocabulary()
    var kindNames = Vocabulary()
    var columns = InteractionColumns()
    var isShown: [Bool] = []

    mutating func append(_ feedback: Feedback) {
      columns.isEarlier.append(feedback.isEarlier)
      isShown.append(feedback.isShown)
      columns.users.append(userIDs.insert(feedback.user))
      columns.items.append(itemIDs.insert(feedback.item))
      columns.kinds.append(kindNames.insert(feedback.kind))
      columns.values.append(feedback.value)
      columns.times.append(feedback.time ?? InteractionColumns.noTime)
    }

    mutating func append(_ other: Table) {
      let users = (0..<other.userIDs.count).map { userIDs.insert(other.userIDs[$0]) }
      let items = (0..<other.itemIDs.count).map { itemIDs.insert(other.itemIDs[$0]) }
      let kinds = (0..<other.kindNames.count).map { kindNames.insert(other.kindNames[$0]) }
      columns.users.append(contentsOf: other.columns.users.lazy.map { users[Int($0)] })
      columns.items.append(contentsOf: other.columns.items.lazy.map { items[Int($0)] })
      columns.kinds.append(contentsOf: other.columns.kinds.lazy.map { kinds[Int($0)] })
      columns.values.append(contentsOf: other.columns.values)
      columns.times.append(contentsOf: other.columns.times)
      columns.isEarlier += other.columns.isEarlier
      isShown += other.isShown
    }

    consuming func take() -> FileImport.FeedbackTable {
      columns.userIDs = (0..<userIDs.count).map { userIDs[$0] }
      columns.itemIDs = (0..<itemIDs.count).map { itemIDs[$0] }
      columns.kindNames = (0..<kindNames.count).map { kindNames[$0] }
      if !columns.isEarlier.contains(true) { columns.isEarlier = [] }
      return FileImport.FeedbackTable(
        columns: columns, isShown: isShown.contains(true) ? isShown : [])
    }
  }

  func read(_ lines: inout LineBlocks, into contents: inout FileImport.Contents) throws(ReadError) {
    var table = Table()
    var line = 0
    while let blocks = try lines.next({ Self.parse($0) }) {
      for block in blocks {
        for bad in block.bad {
          let error = ReadError(.badData, file: path, line: line + bad.line, reason: bad.reason)
          guard let rejects else { throw error }
          try rejects.append(bad.text)
          contents.rejected += 1
          contents.rejections.keep([error])
        }
        line += block.lineCount
        contents.users += block.users
        contents.items += block.items
        table.append(block.feedback)
      }
    }
    contents.rows += table.columns.count
    if table.columns.count > 0 { contents.tables.append(table.take()) }
  }

  private static func parse(_ bytes: [UInt8]) -> Block {
    var block = Block()
    for line in bytes.split(separator: 10, omittingEmptySubsequences: false) {
      block.lineCount += 1
      if line.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) { continue }
      do throws(StoredRecord.Problem) {
        switch try StoredRecord(line: Array(line)) {
        case .item(let item): block.items.append(item)
        case .user(let user): block.users.append(user)
        case .feedback(let feedback): block.feedback.append(feedback)
        }
      } catch {
        block.bad.append((block.lineCount, Array(line), error.reason))
      }
    }
    // Behind the last line end there is no line.
    if bytes.last == 10 { block.lineCount -= 1 }
    return block
  }
}
