/// The evidence by which the first line of a table is a header or a row.
struct HeaderEvidence {
  private let rows: TableSample
  private let request: ColumnRequest?

  init(_ rows: TableSample, _ request: ColumnRequest?) {
    self.rows = rows
    self.request = request
  }

  /// Returns whether the first line is a header.
  ///
  /// - Throws: ``ReadError`` if it may be one or not.
  func isHeader(file: String) throws(ReadError) -> Bool {
    let header = rows.header
    if request?.usesNames == true { return true }
    let places = ColumnRole.places(in: header)
    if places[.user] != nil, places[.item] != nil { return true }
    // Otherwise a number is a value, and a bad first row must not be mistaken for a header and lost.
    guard holdsWords else { return false }
    if header.count > 2, places[.value].map({ content(of: $0).kind != .words }) ?? false { return true }
    if header.count > 2, places[.time].map({ content(of: $0).isTime }) ?? false { return true }
    if rows.count == 1 { return header.count > 2 && (places[.value] ?? places[.time]) != nil }
    if let position = request?.places[.value], case .position(let value) = position, value <= header.count,
      content(of: value - 1).kind != .words, ValueForm.truth(header[value - 1].utf8) == nil
    {
      return true
    }
    if let byShape { return byShape }
    if request == nil, header.count == 2, (0..<2).allSatisfy({ Self.mostRecur(rows.texts($0, hasHeader: true)) }) {
      throw ReadError(
        .badData, file: file, line: 1,
        reason: "'\(header[0].shown())' and '\(header[1].shown())' may be the names of the columns or a first row; "
          + "say which: --columns user=\(header[0].shown()),item=\(header[1].shown()), or --columns user=1,item=2")
    }
    return false
  }

  /// Whether the first line is a header by the shapes of its words alone, in a table whose columns may have any name.
  var isHeaderByShape: Bool { holdsWords && byShape ?? false }

  /// Whether the first line has several columns and no number.
  private var holdsWords: Bool {
    let header = rows.header
    return header.count > 1 && header.allSatisfy { Double($0) == nil } && header.contains { !$0.isEmpty }
  }

  /// Whether the words of the first line have other shapes than the texts below them; nil if shapes say nothing.
  private var byShape: Bool? {
    let header = rows.header
    let differs = header.indices.map { Self.differs(header[$0], from: rows.texts($0, hasHeader: true)) }
    let recurs = header.indices.contains { rows.texts($0, hasHeader: true).contains(header[$0]) }
    if recurs || differs.contains(false) { return false }
    return differs.contains(true) ? true : nil
  }

  private func content(of column: Int) -> ColumnContent { ColumnContent(rows.texts(column, hasHeader: true)) }

  /// Returns whether a word has another shape than all the texts below it; nil if shapes say nothing.
  private static func differs(_ word: String, from texts: [String]) -> Bool? {
    guard !texts.isEmpty, !word.isEmpty, !TimeForm.isMissing(word) else { return nil }
    let content = ColumnContent(texts)
    if content.kind != .words, content.kind != .truths { return true }
    let hasDigit = { (text: String) in text.utf8.contains { $0 &- .zero < 10 } }
    if hasDigit(word) { return texts.allSatisfy(hasDigit) ? false : nil }
    return texts.count > 1 && texts.allSatisfy(hasDigit) ? true : nil
  }

  /// Returns whether at least half of some texts occur more than once among them.
  private static func mostRecur(_ texts: [String]) -> Bool {
    var counts: [String: Int] = [:]
    for text in texts { counts[text, default: 0] += 1 }
    return texts.count >= 5 && texts.count { (counts[$0] ?? 0) > 1 } * 2 >= texts.count
  }
}
