/// One thing that is known of users or items besides their ratings, such as an occupation or genres: each has any number of labels of it.
struct LabelGroup: Sendable, Equatable {
  /// What it is.
  let name: String
  /// The number of different labels.
  let count: Int
  private let offsets: [Int]
  private let labels: [Int32]

  /// The number of users or items that it speaks of; those behind have no labels.
  var rowCount: Int { offsets.count - 1 }

  /// Numbers the labels in order of their first appearance.
  init(name: String, labelsOfRows: [[String]]) {
    self.name = name
    var known = Vocabulary()
    var offsets = [0]
    var labels: [Int32] = []
    for row in labelsOfRows {
      labels += Set(row.map { known.insert($0) }).sorted()
      offsets.append(labels.count)
    }
    count = known.count
    self.offsets = offsets
    self.labels = labels
  }

  /// The labels of a row, none twice.
  func labels(ofRow row: Int) -> ArraySlice<Int32> { labels[offsets[row]..<offsets[row + 1]] }
}

extension Catalog {
  /// What is known, in groups by name: genres, the year that ends a title, and every attribute that several have in common.
  func labelGroups(of ids: Vocabulary) -> [LabelGroup] {
    if count == 0 { return [] }
    let entries = (0..<ids.count).map { self[ids[$0]] }
    let names = Set(entries.flatMap { $0?.attributes.keys.map { $0 } ?? [] }).sorted()
    var groups = names.map { name in
      LabelGroup(name: name, labelsOfRows: entries.map { $0?.attributes[name].map { [$0] } ?? [] })
    }
    groups.append(LabelGroup(name: "genres", labelsOfRows: entries.map { $0?.genres ?? [] }))
    if !names.contains(where: { $0.lowercased().contains("year") }) {
      groups.append(
        LabelGroup(
          name: "year", labelsOfRows: entries.map { $0.flatMap { Self.year(in: $0.title) }.map { [$0] } ?? [] }))
    }
    let known = entries.count { $0 != nil }
    // A label of one alone, such as an address, says nothing about others.
    return groups.filter { $0.count > 1 && $0.count * 2 <= known }
  }

  /// The four digits in the parentheses that end a title.
  private static func year(in title: String) -> String? {
    let end = title.utf8.suffix(6)
    guard end.count == 6, end.first == UInt8(ascii: "("), end.last == UInt8(ascii: ")") else { return nil }
    let digits = end.dropFirst().dropLast()
    return digits.allSatisfy { (48...57).contains($0) } ? String(decoding: digits, as: UTF8.self) : nil
  }
}
