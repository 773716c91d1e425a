/// One attribute of users or items, such as the occupation or the genres, with any number of labels per row.
struct LabelGroup: Sendable, Equatable {
  /// The name of the attribute.
  let name: String
  /// The number of distinct labels.
  let count: Int
  private let offsets: [Int]
  private let labels: [Int32]

  /// The number of users or items in the group; later ones have no labels.
  var rowCount: Int { offsets.count - 1 }

  /// Creates a group that numbers its labels in order of their first appearance.
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

  /// Returns the distinct labels of a row, in rising order.
  func labels(ofRow row: Int) -> ArraySlice<Int32> { labels[offsets[row]..<offsets[row + 1]] }
}

extension Catalog {
  /// Returns the metadata of some ids as groups of labels: each attribute with shared values, the genres, and the year
  /// at the end of a title.
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
    // Labels that are unique to a row, such as an address, say nothing about other rows.
    return groups.filter { $0.count > 1 && $0.count * 2 <= known }
  }

  /// Returns the year at the end of a title: four digits in parentheses.
  static func year(in title: String) -> String? {
    let end = title.utf8.suffix(6)
    guard end.count == 6, end.first == UInt8(ascii: "("), end.last == UInt8(ascii: ")") else { return nil }
    let digits = end.dropFirst().dropLast()
    return digits.allSatisfy { (48...57).contains($0) } ? String(decoding: digits, as: UTF8.self) : nil
  }
}
