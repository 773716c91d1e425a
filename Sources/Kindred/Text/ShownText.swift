/// Text from files, requests and terminals, made safe to print and short enough for its place.
extension String {
  /// The text with a blank in place of each control character, line ends included: it commands no terminal and breaks
  /// no line.
  package var withoutControls: String {
    String(String.UnicodeScalarView(unicodeScalars.map { $0.value < 32 || $0.value == 127 ? " " : $0 }))
  }

  /// The text without control characters, cut with an ellipsis behind `limit` code points.
  package func shown(atMost limit: Int = 40) -> String {
    let start = String(String.UnicodeScalarView(unicodeScalars.prefix(limit))).withoutControls
    return unicodeScalars.dropFirst(limit).isEmpty ? start : start + "…"
  }

  /// The text in quotes, short and without anything that could command a terminal: names in a damaged file are
  /// anybody's.
  package var quoted: String {
    let shown = unicodeScalars.prefix(60).map { $0.escaped(asASCII: !$0.properties.isAlphabetic) }.joined()
    return "'\(shown)\(unicodeScalars.count > 60 ? "…" : "")'"
  }

  /// The columns that the text takes on a terminal: two for a wide character.
  package var columns: Int {
    reduce(0) { sum, character in
      guard let scalar = character.unicodeScalars.first?.value else { return sum }
      let isWide =
        (0x1100...0x115F).contains(scalar) || (0x2E80...0xA4CF).contains(scalar) || (0xAC00...0xD7A3).contains(scalar)
        || (0xF900...0xFAFF).contains(scalar) || (0xFE30...0xFE6F).contains(scalar)
        || (0xFF00...0xFF60).contains(scalar)
        || (0x1F300...0x1FAFF).contains(scalar) || (0x20000...0x3FFFD).contains(scalar)
      return sum + (isWide ? 2 : 1)
    }
  }

  /// The text without control characters, cut with an ellipsis if it takes more than `width` columns.
  package func fitting(_ width: Int) -> String {
    let clean = withoutControls
    if clean.columns <= width { return clean }
    var result = ""
    var columns = 0
    for character in clean {
      columns += String(character).columns
      if columns > width - 1 { break }
      result.append(character)
    }
    return result + "…"
  }
}
