/// The problem of one bad row.
struct RowProblem: Equatable, Sendable {
  /// The position of the bad field in the row, from 0; nil if the problem concerns the whole row.
  var field: Int?
  var reason: String

  init(field: Int? = nil, _ reason: String) {
    self.field = field
    self.reason = reason
  }

  /// The most bad rows whose problems are kept.
  static let mostShown = 5
  /// The most bytes of a row; the bound keeps a file without line ends from filling the memory.
  static let longestRow = 1 << 20
  static let tooLong = RowProblem("the line is longer than 1 MiB")
  static let notUTF8 = RowProblem("the line is not UTF-8 text")
  static let zeroByte = RowProblem("the line holds a zero byte; this is not a text file")
  static let unclosedQuote = "the quote that opens this field is never closed"
  static let textBehindQuote = "there is text behind the closing quote; a quote inside quotes is written twice"
}
