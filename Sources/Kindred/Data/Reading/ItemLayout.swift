import KindredJSON

/// The meaning of the columns in a file of items or users.
struct ItemLayout: Equatable {
  private(set) var names: [String] = []
  private(set) var hasHeader = false
  private(set) var id = 0
  private(set) var title: Int? = 1
  private var genres: Int?
  private var year: Int?
  /// Whether the fields behind the last column belong to the title, which has bare commas.
  private(set) var joinsSurplus = false
  /// The columns of genres in `u.item`, which hold 1 for an item of the genre and 0 for another.
  private var flags: Range<Int> = 0..<0
  private var splitsAtBlanks = false

  init() {}

  /// Recognises the layout by the first row and, without a header, by the first lines.
  init(_ row: [String], of subject: Catalog.Subject, in table: TableSample) {
    let columnCount = max(1, min(table.columnCount, row.count))
    if subject == .users {
      names = row.indices.map { "column \($0 + 1)" }
      title = nil
      guard let id = Self.idColumn(row, of: subject) ?? (HeaderEvidence(table, nil).isHeaderByShape ? 0 : nil) else {
        return
      }
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
    let id = Self.idColumn(row, of: subject)
    let title = Self.titleColumn(bare, besides: id)
    let genres = Self.genresColumn(bare)
    hasHeader = isTyped || (id != nil && (title != nil || genres != nil || row.count > 1 && Int(row[1]) == nil))
    guard hasHeader else {
      names = (0..<columnCount).map { "column \($0 + 1)" }
      recogniseColumns(in: table)
      if HeaderEvidence(table, nil).isHeaderByShape {
        hasHeader = true
        names = Array(row[..<columnCount])
      }
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

  /// Recognises the columns of a table without a header: id, title, genres, or id, year, title as Netflix has them.
  private mutating func recogniseColumns(in table: TableSample) {
    let count = names.count
    title = count > 1 ? 1 : nil
    genres = count > 2 ? 2 : nil
    let second = table.texts(1, hasHeader: false)
    let areYears = second.allSatisfy { text in text.count == 4 && Int(text).map { (1850...2100).contains($0) } ?? false
    }
    guard count > 2, !second.isEmpty, areYears else { return }
    (year, title, genres) = (1, 2, count > 3 ? 3 : nil)
    names[1] = "year"
    joinsSurplus = count == 3 && table.delimiter == .byte(44)
  }

  private static func idColumn(_ row: [String], of subject: Catalog.Subject) -> Int? {
    let bare = row.map { ColumnRole.normalized($0) }
    let role: ColumnRole = subject == .items ? .item : .user
    let names = subject == .items ? idNames : ["id"]
    return ColumnRole.places(in: row)[role].flatMap { place in isTitle(bare[place]) && role == .item ? nil : place }
      ?? bare.firstIndex { names.contains($0) } ?? row.firstIndex { ColumnRole(named: $0) == role }
  }

  private static func isTitle(_ name: String) -> Bool {
    titleNames.contains(name) || name.hasSuffix("name") || name.hasSuffix("title")
  }

  private static func titleColumn(_ bare: [String], besides id: Int?) -> Int? {
    titleNames.lazy.compactMap { bare.firstIndex(of: $0) }.first { $0 != id }
      ?? bare.indices.first { index in
        index != id && (bare[index].hasSuffix("title") || bare[index].hasSuffix("name"))
          && !otherNames.contains(bare[index])
      } ?? bare.firstIndex { ["description", "desc", "titel", "titre", "titulo"].contains($0) }
  }

  private static func genresColumn(_ bare: [String]) -> Int? {
    genreNames.lazy.compactMap { bare.firstIndex(of: $0) }.first
  }

  /// The least number of columns in a row.
  var neededCount: Int { flags.isEmpty ? max(id, title ?? 0) + 1 : names.count }

  /// Returns the entry of a row.
  func entry(_ row: [String]) -> Catalog.Entry {
    var entry = Catalog.Entry(title: row[id])
    if let title, !row[title].isEmpty {
      entry.title = joinsSurplus ? row[title...].joined(separator: ", ") : row[title]
    }
    if let genres, genres < row.count { entry.genres = Self.split(row[genres], atBlanks: splitsAtBlanks) }
    for flag in flags where row[flag] == "1" && names[flag] != "unknown" { entry.genres.append(names[flag]) }
    for column in names.indices where column != id && column != title && column != genres && !flags.contains(column) {
      guard column < row.count, !row[column].isEmpty, !TimeForm.isMissing(row[column]) || row[column] == "-" else {
        continue
      }
      if let numbers = NumberList(row[column])?.numbers {
        entry.vectors[names[column]] = numbers
      } else {
        entry.attributes[names[column]] = row[column]
      }
    }
    if let year, year < row.count { entry.append(year: row[year]) }
    return entry
  }

  /// The columns with a role, and the others.
  func columns(of subject: Catalog.Subject) -> ColumnReport {
    var report = Self.report(names, of: subject, id: id, title: title, genres: genres, flags: flags)
    report.hasHeader = hasHeader
    return report
  }

  /// The keys with a role, and the others.
  static func columns(of keys: [String], _ subject: Catalog.Subject) -> ColumnReport {
    guard let id = idColumn(keys, of: subject) else { return ColumnReport() }
    let bare = keys.map { ColumnRole.normalized($0) }
    let isItem = subject == .items
    var report = report(
      keys, of: subject, id: id, title: isItem ? titleColumn(bare, besides: id) : nil,
      genres: isItem ? genresColumn(bare) : nil, flags: 0..<0)
    report.isTable = false
    return report
  }

  private static func report(
    _ names: [String], of subject: Catalog.Subject, id: Int, title: Int?, genres: Int?, flags: Range<Int>
  ) -> ColumnReport {
    var report = ColumnReport()
    guard names.indices.contains(id) else { return report }
    let roles = [(subject.name, id), ("title", title), ("genres", genres)]
    report.columns = roles.compactMap { role, column in
      column.flatMap { names.indices.contains($0) ? ColumnReport.Column(role: role, name: names[$0]) : nil }
    }
    if let first = flags.first, let last = flags.last {
      report.columns.append(ColumnReport.Column(role: "genres", name: "columns \(first + 1) to \(last + 1)"))
    }
    report.unused = names.indices.filter { ![id, title, genres].contains($0) && !flags.contains($0) }.map { names[$0] }
    return report
  }

  /// Returns the id and the entry of a JSON object; nil without a key for the id.
  static func entry(
    of members: [(String, JSON)], _ subject: Catalog.Subject
  ) -> (id: String, entry: Catalog.Entry)? {
    let keys = members.map(\.0)
    let bare = keys.map { ColumnRole.normalized($0) }
    guard let id = idColumn(keys, of: subject), let idText = text(members[id].1) else { return nil }
    let title = subject == .items ? titleColumn(bare, besides: id) : nil
    let genres = subject == .items ? genresColumn(bare) : nil
    var entry = Catalog.Entry(title: idText)
    if let title, let text = text(members[title].1), !text.isEmpty { entry.title = text }
    if let genres {
      switch members[genres].1 {
      case .array: entry.genres = texts(in: members[genres].1)
      case let value: entry.genres = text(value).map { split($0, atBlanks: false) } ?? []
      }
    }
    for (column, (key, value)) in members.enumerated() where column != id && column != title && column != genres {
      if let numbers = NumberList(value)?.numbers {
        entry.vectors[key] = numbers
      } else if case .array = value {
        let texts = texts(in: value)
        if !texts.isEmpty { entry.attributes[key] = texts.joined(separator: ", ") }
      } else if let text = text(value), !text.isEmpty {
        entry.attributes[key] = text
      }
    }
    if let year = bare.firstIndex(where: { yearNames.contains($0) }), let text = text(members[year].1) {
      entry.append(year: text)
    }
    return (idText, entry)
  }

  private static func text(_ value: JSON) -> String? {
    switch value {
    case .string(let text): text
    case .number(let number): number.text
    case .bool(let truth): truth ? "true" : "false"
    case .null, .array, .object: nil
    }
  }

  /// Returns the texts in an array, also in arrays in it; of an object its name.
  private static func texts(in value: JSON) -> [String] {
    switch value {
    case .array(let elements): elements.flatMap { texts(in: $0) }
    case .object(let members):
      members.first { nameKeys.contains($0.0.lowercased()) }.flatMap { text($0.1) }.map { [$0] } ?? []
    default: text(value).map { $0.isEmpty ? [] : [$0] } ?? []
    }
  }

  private static let nameKeys: Set<String> = ["name", "title", "label", "genre", "category", "tag"]

  private static func split(_ text: String, atBlanks: Bool) -> [String] {
    if text == "(no genres listed)" || TimeForm.isMissing(text) { return [] }
    if let list = ListText(text)?.texts { return list }
    let separator: Character = text.contains("|") ? "|" : atBlanks ? " " : text.contains(";") ? ";" : ","
    return text.split(separator: separator).map { trimmed($0) }.filter { !$0.isEmpty }
  }

  private static let idNames: Set<String> = ["itemid", "movieid", "id", "item"]
  /// The names of a title column, in order of preference.
  private static let titleNames = [
    "title", "movietitle", "itemname", "name", "booktitle", "movie", "label", "song", "artist", "originaltitle",
    "productname", "prodname", "producttitle",
  ]
  /// Names that end as those of titles do and are none.
  private static let otherNames: Set<String> = [
    "username", "filename", "brandname", "categoryname", "authorname", "publishername", "genrename", "hostname",
    "storename", "classname", "columnname", "departmentname", "sectionname", "groupname", "colourname", "colorname",
    "producttypename", "countryname", "cityname",
  ]
  /// The names of a genre column, in order of preference.
  private static let genreNames = [
    "genres", "genre", "categories", "category", "class", "tags", "labels", "genreslist", "categoryname", "genrename",
    "maincategory", "subjects",
  ]
  private static let yearNames: Set<String> = ["releaseyear", "year"]
  /// The genres of MovieLens 100K, in the order of their columns.
  private static let movieLensGenres = [
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
  ]
}

extension Catalog.Entry {
  /// Adds a year to the title, unless the title ends with it.
  fileprivate mutating func append(year: String) {
    if let number = Int(year), !title.hasSuffix("(\(number))") { title += " (\(number))" }
  }
}

/// A list written inside a cell, as JSON or Python write one: `["Drama", "War"]`, `[{'id': 16, 'name': 'Animation'}]`.
struct ListText {
  /// The texts of the list; of an object in it, its name.
  private(set) var texts: [String] = []

  /// Parses a list; nil for any other text.
  init?(_ text: String) {
    guard text.count >= 2, let last = text.last,
      text.first == "[" && last == "]" || text.first == "{" && last == "}" || text.first == "(" && last == ")"
    else { return nil }
    var rest = text.dropFirst().dropLast()[...]
    var key: String?
    var depth = 0
    var plain = ""
    func isName(_ key: String?) -> Bool {
      key.map { ["name", "title", "label", "genre"].contains($0.lowercased()) } ?? true
    }
    func take(_ text: String, _ key: String?) {
      let text = trimmed(text)
      if !text.isEmpty, isName(key) { texts.append(text) }
    }
    while let character = rest.popFirst() {
      switch character {
      case "'", "\"":
        var quoted = ""
        while let next = rest.popFirst(), next != character {
          if next == "\\", let escaped = rest.popFirst() { quoted.append(escaped) } else { quoted.append(next) }
        }
        let behind = rest.drop { $0 == " " }
        if behind.first == ":" {
          key = quoted
          rest = behind.dropFirst()
        } else {
          take(quoted, key)
        }
        plain = ""
      case "{", "[":
        depth += 1
        plain = ""
      case ",", "}", "]":
        if depth == 0 || key != nil { take(plain, key) }
        plain = ""
        if character != "," { depth -= 1 }
        key = nil
      default: plain.append(character)
      }
    }
    if depth == 0 { take(plain, key) }
  }
}
