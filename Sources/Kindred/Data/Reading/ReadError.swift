/// Why a file of ratings or items could not be read, and where.
///
/// It prints a sentence: `ratings.csv, line 17, column 3: the value 'abc' is not a number`.
public struct ReadError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What kind of failure it is.
  public enum Category: Sendable, Equatable {
    /// There is no such file, or it cannot be opened or read.
    case unreadableFile
    /// The file was read, and what it holds is wrong.
    case badData
    /// Rows were rejected and the file for them cannot be written.
    case cannotWrite
    /// What the caller asked for makes no sense, such as columns that are not `role=column`.
    case badRequest
  }

  /// The kind of failure.
  public var category: Category
  /// The path of the file, as it was given.
  public var file: String
  /// The line of the text, from 1; a row that spans several lines is named by its first.
  public var line: Int?
  /// The column of the row, from 1.
  public var column: Int?
  /// What is wrong.
  public var reason: String

  /// Creates an error.
  public init(_ category: Category, file: String, line: Int? = nil, column: Int? = nil, reason: String) {
    self.category = category
    self.file = file
    self.line = line
    self.column = column
    self.reason = reason
  }

  /// The place and the reason, as one sentence.
  public var description: String {
    var place = file
    if let line { place += ", line \(line)" }
    if let column { place += ", column \(column)" }
    return place.isEmpty ? reason : "\(place): \(reason)"
  }
}

extension ReadError {
  init(_ failure: ByteSource.Failure, file: String) {
    switch failure {
    case .file(let failure):
      self.init(.unreadableFile, file: file, reason: failure.isMissing ? "there is no such file" : failure.reason)
    case .gzip(.truncated):
      self.init(.badData, file: file, reason: "the gzip file ends too early; it may be half a download")
    case .gzip(.corrupt(let detail)):
      self.init(.badData, file: file, reason: "the gzip file is damaged: \(detail)")
    case .gzip(.suspicious(let ratio)):
      self.init(
        .badData, file: file, reason: "the gzip file unpacks to more than \(ratio) times its size; that is no table")
    }
  }
}
