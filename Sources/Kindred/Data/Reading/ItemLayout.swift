/// The meaning of the columns in a file of items or users.
struct ItemLayout: Equatable {
  private(set) var names: [String] = []
  private(set) var hasHeader = false
  private(set) var id = 0
  private(set) var title: Int? = 1
  private var genres: Int?
  private var year: Int?
  /// The columns of genres in `u.item`, which hold 1 for an item of the genre and 0 for another.
  private var flags: Range<Int> = 0..<0
  private var splitsAtBlanks = false

  init() {}

  /// Recognises the layout by the first row.
  init(_ row: [String], of subject: Catalog.Subject) {
    if subject == .users {
      names = row.indices.map { "column \($0 + 1)" }
      title = nil
      guard let id = row.firstIndex(where: { ColumnRole(named: $0) == .user || ColumnRole.normalized($0) == "id" })
      else { return }
      names = row.map { RecBole.isTyped($0) ? String($0.prefix { $0 != ":" }) : $0 }
      self.id = id
      hasHeader = true
      return
    }
    let isFlagged = row.count == 24 && row[5...].allSatisfy { $0 == "0" || $0 == "1" }
    if isFlagged {
      names = ["id", "title", "release_date", "video_release_date", "url"] + Self.movieLensGenres
      flags = 5..<24
      return
    }
    let isTyped = row.contains { RecBole.isTyped($0) }
    let bare = row.map { ColumnRole.normalized($0) }
    let id = bare.firstIndex { Self.idNames.contains($0) } ?? bare.firstIndex { ColumnRole(named: $0) == .item }
    let title = Self.titleNames.lazy.compactMap { bare.firstIndex(of: $0) }.first { $0 != id }
    let genres = bare.firstIndex { Self.genreNames.contains($0) }
    hasHeader = isTyped || (id != nil && (title != nil || genres != nil || row.count > 1 && Int(row[1]) == nil))
    guard hasHeader else {
      names = row.indices.map { "column \($0 + 1)" }
      self.title = row.count > 1 ? 1 : nil
      self.genres = row.count > 2 ? 2 : nil
      return
    }
    names = isTyped ? row.map { String($0.prefix { $0 != ":" }) } : row
    self.id = id ?? 0
    self.title = title
    self.genres = genres
    year = bare.firstIndex { Self.yearNames.contains($0) }
    // RecBole's own files separate genres by blanks, whether the column's type is `token` or `token_seq`.
    splitsAtBlanks = genres != nil && isTyped
  }

  /// The least number of columns in a row.
  var neededCount: Int { flags.isEmpty ? max(id, title ?? 0) + 1 : names.count }

  /// Returns the entry of a row.
  func entry(_ row: [String]) -> Catalog.Entry {
    var entry = Catalog.Entry(title: row[id])
    if let title, !row[title].isEmpty { entry.title = row[title] }
    if let genres, genres < row.count { entry.genres = split(row[genres]) }
    for flag in flags where row[flag] == "1" && names[flag] != "unknown" { entry.genres.append(names[flag]) }
    for column in names.indices where column != id && column != title && column != genres && !flags.contains(column) {
      if column < row.count, !row[column].isEmpty { entry.attributes[names[column]] = row[column] }
    }
    if let year, year < row.count, let number = Int(row[year]), !entry.title.hasSuffix("(\(number))") {
      entry.title += " (\(number))"
    }
    return entry
  }

  private func split(_ text: String) -> [String] {
    if text == "(no genres listed)" { return [] }
    let separator: Character = text.contains("|") ? "|" : splitsAtBlanks ? " " : ","
    return text.split(separator: separator).map { trimmed($0) }.filter { !$0.isEmpty }
  }

  private static let idNames: Set<String> = ["itemid", "movieid", "id", "item"]
  /// The names of a title column, in order of preference.
  private static let titleNames = [
    "title", "movietitle", "itemname", "name", "booktitle", "movie", "label", "song", "artist",
  ]
  private static let genreNames: Set<String> = [
    "genres", "genre", "class", "category", "categories", "tags", "labels",
  ]
  private static let yearNames: Set<String> = ["releaseyear", "year"]
  /// The genres of MovieLens 100K, in the order of their columns.
  private static let movieLensGenres = [
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
  ]
}
