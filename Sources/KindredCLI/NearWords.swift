import KindredStore

/// The words of a list that are near to a word that is none of them.
enum NearWords {
  /// Returns the nearest words, the nearest first: those within two edits, or that begin with the word.
  static func of(_ word: String, in words: some Sequence<String>, limit: Int = 3) -> [String] {
    let wanted = Array(word.lowercased())
    let most = max(1, min(2, wanted.count / 3))
    var near: [(distance: Int, word: String)] = []
    for candidate in Set(words) {
      let text = Array(candidate.lowercased())
      if wanted.count >= 3, text.starts(with: wanted) {
        near.append((0, candidate))
      } else if abs(text.count - wanted.count) <= most {
        let distance = editDistance(wanted, text)
        if distance <= most { near.append((distance, candidate)) }
      }
    }
    return near.sorted { ($0.distance, $0.word) < ($1.distance, $1.word) }.prefix(limit).map(\.word)
  }

  /// Returns `; did you mean 'a' or 'b'?`; nothing if no word is near.
  static func hint(_ word: String, in words: some Sequence<String>) -> String {
    let near = of(word, in: words).map { "'\($0)'" }
    return near.isEmpty ? "" : "; did you mean \(near.joined(separator: " or "))?"
  }

  /// Returns the hint as the end of a sentence: a full stop if no word is near.
  static func ending(_ word: String, in words: some Sequence<String>) -> String {
    let hint = hint(word, in: words)
    return hint.isEmpty ? "." : hint
  }
}
