/// The error of a file of interactions, items or users that could not be read.
///
/// Its description is a sentence with the place and the reason:
/// `ratings.csv, line 17, column 3: the value 'abc' is not a number`.
public struct ReadError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The category of a failure.
  public enum Category: Sendable, Equatable {
    /// The file does not exist, or it cannot be opened or read.
    case unreadableFile
    /// The file was read, and its content is wrong.
    case badData
    /// Rows were rejected, and the file for them cannot be written.
    case cannotWrite
    /// The caller's request is invalid, such as columns that are not `role=column`.
    case badRequest
  }

  /// The category of the failure.
  public var category: Category
  /// The path of the file, as it was given.
  public var file: String
  /// The line, from 1, or the first line of a row that spans several; nil if the error concerns no single line.
  public var line: Int?
  /// The column, from 1; nil if the error concerns no single column.
  public var column: Int?
  /// The reason, without the place.
  public var reason: String

  /// Creates an error.
  ///
  /// - Parameters:
  ///   - category: The category of the failure.
  ///   - file: The path of the file.
  ///   - line: The line, from 1.
  ///   - column: The column, from 1.
  ///   - reason: The reason, without the place.
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

extension [ReadError] {
  /// Adds the errors of rejected rows, of which the first few are kept.
  package mutating func keep(_ errors: [ReadError]) { append(contentsOf: errors.prefix(RowProblem.mostShown - count)) }
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
        .badData, file: file, reason: "the gzip file unpacks to more than \(ratio) times its size; it is not a table")
    }
  }
}
