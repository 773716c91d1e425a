import KindredStore
import Testing

/// Finding items by words.
@Suite struct ItemSearchTests {
  private static let films: [(title: String, users: Int)] = [
    ("Stargate (1994)", 140), ("Startup.com (2001)", 5), ("Star Wars: Episode IV - A New Hope (1977)", 251),
    ("Lone Star (1996)", 30), ("2001: A Space Odyssey (1968)", 109), ("Zoolander (2001)", 54), ("Iron Man (2008)", 94),
    ("Manhattan (1979)", 30), ("Godfather, The (1972)", 192), ("Amélie (2001)", 120), ("Ocean's Eleven (2001)", 119),
  ]

  private func found(_ query: String) -> (titles: [String], areNear: Bool) {
    var search = ItemSearch()
    for (number, film) in Self.films.enumerated() {
      search.append(id: "f\(number)", title: film.title, genres: number == 3 ? ["Western"] : [])
    }
    let matches = search.matches(query) { Self.films[$0].users }
    return (matches.items.map { Self.films[$0].title }, matches.areNear)
  }

  @Test(arguments: [
    ("star", "Star Wars: Episode IV - A New Hope (1977)", 4), ("2001", "2001: A Space Odyssey (1968)", 5),
    ("man", "Iron Man (2008)", 2), ("lone star", "Lone Star (1996)", 1),
    ("STAR wa", "Star Wars: Episode IV - A New Hope (1977)", 1),
    ("amelie", "Amélie (2001)", 1), ("oceans", "Ocean's Eleven (2001)", 1), ("western", "Lone Star (1996)", 1),
    ("f6", "Iron Man (2008)", 1), ("startup com", "Startup.com (2001)", 1),
  ]) func theBestKnownComeFirst(query: String, first: String, count: Int) {
    let (titles, areNear) = found(query)
    #expect(titles.first == first && titles.count == count && !areNear)
  }

  @Test(arguments: [
    ("starwars", "Star Wars: Episode IV - A New Hope (1977)"), ("godfater", "Godfather, The (1972)"),
    ("zoolnader", "Zoolander (2001)"), ("iorn man", "Iron Man (2008)"),
  ]) func aTypingErrorIsForgiven(query: String, first: String) {
    let (titles, areNear) = found(query)
    #expect(titles.first == first && areNear)
  }

  @Test(arguments: ["", "...", "xyzzy", "sta wrs xyzzy"]) func nothingIsFoundOfNothing(query: String) {
    #expect(found(query).titles.isEmpty)
  }
}
