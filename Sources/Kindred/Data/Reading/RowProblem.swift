/// What is wrong with one row.
struct RowProblem: Equatable, Sendable {
  /// The field's position in the row; nil where the whole row is wrong.
  var field: Int?
  var reason: String

  init(field: Int? = nil, _ reason: String) {
    self.field = field
    self.reason = reason
  }

  /// No row is longer than this, so that a file without line ends cannot fill the memory.
  static let longestRow = 1 << 20
  static let tooLong = RowProblem("the line is longer than 1 MiB")
  static let notUTF8 = RowProblem("the line is not UTF-8 text")
  static let zeroByte = RowProblem("the line holds a zero byte; this is not a text file")
  static let unclosedQuote = "the quote that opens this field is never closed"
  static let textBehindQuote = "there is text behind the closing quote; a quote inside quotes is written twice"
}
