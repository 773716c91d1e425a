/// What the catalog says about each item: texts that items share, the labels that ``ItemFeatures`` chooses from, and
/// lists of numbers.
struct ItemAttributes: Sendable {
  /// The texts of the labels.
  let texts: Vocabulary
  private let offsets: [Int]
  private let labels: [Int32]
  /// The lists of numbers; nil if no item has one.
  let vectors: ItemVectors?

  /// The number of items.
  var itemCount: Int { offsets.count - 1 }

  /// - Parameters:
  ///   - labelsOfItems: The labels of each item.
  ///   - vectors: The lists of numbers of the items; nil if there are none.
  init(_ labelsOfItems: some Sequence<[String]>, vectors: ItemVectors? = nil) {
    var texts = Vocabulary()
    var offsets = [0]
    var labels: [Int32] = []
    for item in labelsOfItems {
      labels += Set(item.map { texts.insert($0) }).sorted()
      offsets.append(labels.count)
    }
    (self.texts, self.offsets, self.labels, self.vectors) = (texts, offsets, labels, vectors)
  }

  /// What the entries of a catalog say; nil stands for an item without one.
  ///
  /// - Parameter columns: The columns of numbers to keep; nil for all.
  init(_ entries: [Catalog.Entry?], columns: [ItemVectors.Column]? = nil) {
    let hasVectors = columns.map { !$0.isEmpty } ?? entries.contains { $0?.vectors.isEmpty == false }
    self.init(
      entries.map { $0?.labels ?? [] },
      vectors: hasVectors ? ItemVectors(entries.map { $0?.vectors ?? [:] }, columns: columns) : nil)
  }

  /// The distinct labels of an item, in rising order.
  func labels(of item: Int) -> ArraySlice<Int32> { labels[offsets[item]..<offsets[item + 1]] }
}

extension Catalog {
  /// The attributes of some items; nil if the catalog knows none of them.
  func attributes(of ids: Vocabulary) -> ItemAttributes? {
    if count == 0 { return nil }
    let attributes = ItemAttributes((0..<ids.count).map { self[ids[$0]] })
    return attributes.texts.count == 0 && attributes.vectors == nil ? nil : attributes
  }
}

extension Catalog.Entry {
  /// The labels of an item: those of its attributes, the words of its title, and the year and the decade at the end of
  /// the title.
  var labels: [String] {
    var labels = attributeLabels
    var words = Self.words(of: title)
    if let year = Catalog.year(in: title) {
      labels += [Self.label("year", year), Self.label("decade", "\(year.prefix(3))0s")]
      if let place = words.lastIndex(of: year) { words.remove(at: place) }
    }
    return labels + words.map { Self.label(Self.wordColumn, $0) }
  }

  /// The labels of the genres and of the values of attributes.
  var attributeLabels: [String] {
    var labels = genres.map { Self.label("genre", $0) }
    for (name, value) in attributes.sorted(by: { $0.key < $1.key }) where name != "hidden" && !value.isEmpty {
      if value.utf8.count <= Self.longestValue { labels.append(Self.label(name, value)) }
      if let number = Double(value), let range = Self.range(of: number) { labels.append(Self.label(name, range)) }
    }
    return labels
  }

  /// The name of the column that the words of titles are labels of.
  static var wordColumn: String { "title" }

  /// A value longer than this is a text of its own, which other items do not share.
  private static var longestValue: Int { 64 }

  private static func label(_ column: String, _ value: String) -> String { "\(column): \(value)" }

  /// The range that a number falls into, with two ranges per factor of two, so that close numbers share a label.
  private static func range(of number: Double) -> String? {
    guard number.isFinite, number > 0, number < 1e12 else { return nil }
    let step = (2 * Elementary.logarithmToBaseTwo(number)).rounded(.down)
    return "about \(Float(Elementary.powerOfTwo(step / 2 + 0.25)))"
  }

  /// The words of a text in lower case: runs of letters and digits of at least three characters.
  private static func words(of text: String) -> [String] {
    text.lowercased().split { !$0.isLetter && !$0.isNumber }.filter { $0.utf8.count >= 3 }.map { String($0) }
  }
}
