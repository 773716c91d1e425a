/// One thing that is known of people or items besides their ratings, such as an occupation or genres: each has any number of labels of it.
struct LabelGroup: Sendable, Equatable {
  /// What it is.
  let name: String
  /// The number of different labels.
  let count: Int
  private let offsets: [Int]
  private let labels: [Int32]

  /// The number of people or items that it speaks of; those behind have no labels.
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
