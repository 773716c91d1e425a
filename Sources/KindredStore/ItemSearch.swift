import Foundation

/// Finds items by words of their titles, of their genres and of their ids, the best known first.
///
/// An item matches if each word of the query is one of its words or begins one. Without a match, near titles do: those
/// that hold the query without its spaces, and those whose words differ from its words by a typing error.
package struct ItemSearch: Sendable {
  /// The items that a query finds.
  package struct Matches: Sendable {
    /// The positions of the items, the best first.
    package var items: [Int] = []
    /// Whether none of them has the words of the query; their words are near.
    package var areNear = false
  }

  /// The words of all items, each item's title first.
  private var text: [UInt8] = []
  /// Where the words of each item start; one more than there are items.
  private var starts = [0]
  /// Where the title of each item ends.
  private var titleEnds: [Int] = []
  /// The greatest part of a title that is not its year.
  private var nameEnds: [Int] = []

  /// The number of items.
  package var count: Int { titleEnds.count }

  package init() {}

  /// Adds an item at the next position.
  package mutating func append(id: String, title: String?, genres: [String]) {
    let start = text.count
    let words = Self.words(in: title ?? "")
    text += words.joined(separator: [Self.space])
    titleEnds.append(text.count)
    let isYear = { (word: [UInt8]) in word.count == 4 && word.allSatisfy { (48...57).contains($0) } }
    let hasYear = words.count > 1 && words.last.map(isYear) == true
    nameEnds.append(hasYear ? text.count - 5 : text.count)
    for word in Self.words(in: ([id] + genres).joined(separator: " ")) {
      if text.count > start { text.append(Self.space) }
      text += word
    }
    starts.append(text.count)
  }

  /// The items that a query finds.
  ///
  /// - Parameters:
  ///   - query: Words.
  ///   - popularity: How many users each item has, by its position.
  /// - Complexity: O(length of all words).
  package func matches(_ query: String, popularity: (Int) -> Int) -> Matches {
    let words = Self.words(in: query)
    guard !words.isEmpty else { return Matches() }
    let found = ranked(words.map { [$0] }, popularity)
    if !found.isEmpty { return Matches(items: found) }
    // Titles may lack the article, or have it in another language.
    let telling = words.filter { !Self.articles.contains($0) }
    if !telling.isEmpty, telling.count < words.count {
      let found = ranked(telling.map { [$0] }, popularity)
      if !found.isEmpty { return Matches(items: found) }
    }
    let joined = squeezed(Array(words.joined()), popularity)
    if !joined.isEmpty { return Matches(items: joined, areNear: true) }
    let near = nearWords(words)
    guard near.allSatisfy({ !$0.isEmpty }) else { return Matches() }
    let items = ranked(near, popularity)
    return Matches(items: items, areNear: !items.isEmpty)
  }

  private static let space = UInt8(ascii: " ")
  private static let articles = Set(
    "the a an der die das le la les el los il".split(separator: " ").map { Array($0.utf8) })

  /// The words of a text without case and diacritics.
  package static func words(in text: String) -> [[UInt8]] {
    let folded =
      text.utf8.allSatisfy { $0 < 128 }
      ? text.lowercased()
      : text.folding(options: [.diacriticInsensitive, .caseInsensitive, .widthInsensitive], locale: nil)
    return folded.split { !$0.isLetter && !$0.isNumber && $0 != "'" }
      .map { $0.utf8.filter { $0 != UInt8(ascii: "'") } }.filter { !$0.isEmpty }
  }

  /// The items that hold one word of each set, the best first.
  private func ranked(_ sets: [[[UInt8]]], _ popularity: (Int) -> Int) -> [Int] {
    let phrase = sets.compactMap(\.first).joined(separator: [Self.space])
    let whole = Array(phrase)
    var found: [(score: Double, popularity: Int, item: Int)] = []
    for item in 0..<count {
      var sum = 0.0
      var isMatch = true
      for set in sets {
        let weight = set.reduce(0.0) { max($0, self.weight(of: $1, in: item)) }
        if weight == 0 {
          isMatch = false
          break
        }
        sum += weight
      }
      guard isMatch else { continue }
      let known = popularity(item)
      var score = sum / Double(sets.count) * log(2 + Double(known))
      let start = starts[item]
      if holds(whole, at: start, before: titleEnds[item]) {
        score *= start + whole.count == nameEnds[item] || start + whole.count == titleEnds[item] ? 10 : 1.15
      }
      found.append((score, known, item))
    }
    return found.sorted { ($0.score, $0.popularity, $1.item) > ($1.score, $1.popularity, $0.item) }.map(\.item)
  }

  private func holds(_ word: [UInt8], at place: Int, before end: Int) -> Bool {
    guard place + word.count <= end else { return false }
    for index in word.indices where text[place + index] != word[index] { return false }
    return true
  }

  /// How well an item's words match one: 0 if none begins with it.
  private func weight(of word: [UInt8], in item: Int) -> Double {
    let (start, titleEnd, end) = (starts[item], titleEnds[item], starts[item + 1])
    var best = 0.0
    var place = start
    while place < end {
      if text[place] == word[0], holds(word, at: place, before: end) {
        let next = place + word.count
        let isWhole = next == end || text[next] == Self.space
        let weight = place >= titleEnd ? 0.6 : place == start ? (isWhole ? 1.6 : 1.3) : (isWhole ? 1.2 : 1)
        best = max(best, weight)
      }
      while place < end, text[place] != Self.space { place += 1 }
      place += 1
    }
    return best
  }

  /// The items whose titles hold some letters, spaces left out.
  private func squeezed(_ letters: [UInt8], _ popularity: (Int) -> Int) -> [Int] {
    guard letters.count >= 4 else { return [] }
    return (0..<count).filter { item in
      let title = text[starts[item]..<titleEnds[item]].filter { $0 != Self.space }
      guard title.count >= letters.count else { return false }
      return (0...(title.count - letters.count)).contains {
        title[$0] == letters[0] && title[$0...].starts(with: letters)
      }
    }.sorted { (popularity($0), $1) > (popularity($1), $0) }
  }

  /// For each word the words of titles that differ from it by a typing error, or begin with it.
  private func nearWords(_ words: [[UInt8]]) -> [[[UInt8]]] {
    var known: Set<ArraySlice<UInt8>> = []
    for item in 0..<count {
      for word in text[starts[item]..<titleEnds[item]].split(separator: Self.space) { known.insert(word) }
    }
    return words.map { word in
      let most = word.count < 4 ? 0 : word.count < 8 ? 1 : 2
      return known.filter { other in
        if other.starts(with: word) { return true }
        return most > 0 && abs(other.count - word.count) <= most && editDistance(word, Array(other)) <= most
      }.map(Array.init).sorted { $0.lexicographicallyPrecedes($1) }
    }
  }
}

/// The number of elements to insert, remove, replace or swap with the next.
package func editDistance<Element: Equatable>(_ left: [Element], _ right: [Element]) -> Int {
  var before: [Int] = []
  var last = Array(0...right.count)
  for row in 0..<left.count {
    var next = [row + 1]
    for column in 0..<right.count {
      var cost = min(last[column + 1], next[column]) + 1
      cost = min(cost, last[column] + (left[row] == right[column] ? 0 : 1))
      if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
        cost = min(cost, before[column - 1] + 1)
      }
      next.append(cost)
    }
    (before, last) = (last, next)
  }
  return last[right.count]
}
