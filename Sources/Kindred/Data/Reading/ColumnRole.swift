/// What a column of a rating file holds.
enum ColumnRole: Int, CaseIterable, Sendable {
  case user, item, value, time, kind

  var name: String {
    switch self {
    case .user: "user"
    case .item: "item"
    case .value: "value"
    case .time: "time"
    case .kind: "kind"
    }
  }

  /// The role that a column of this name has, by the names that data sets use.
  init?(named name: String) {
    guard let role = Self.roles[Self.normalized(name)] else { return nil }
    self = role
  }

  /// A name without case, punctuation and the type that RecBole appends (`user_id:token`).
  static func normalized(_ name: String) -> String {
    let bare = RecBole.isTyped(name) ? name.prefix { $0 != ":" } : name[...]
    return String(bare.lowercased().filter { $0.isLetter || $0.isNumber })
  }

  private static let roles: [String: ColumnRole] = {
    let names: [(ColumnRole, String)] = [
      (
        .user,
        """
        user userid uid customer customerid person personid visitor visitorid reviewer reviewerid member memberid \
        account accountid client clientid profile profileid username
        """
      ),
      (
        .item,
        """
        item itemid iid movie movieid product productid film filmid book bookid isbn asin parentasin song songid \
        track trackid artist artistid article articleid business businessid game gameid anime animeid joke jokeid \
        show showid video videoid recipe recipeid content contentid sku
        """
      ),
      (
        .value,
        """
        rating ratings value score stars star weight grade overall preference strength count plays playcount \
        bookrating userrating
        """
      ),
      (.time, "timestamp time date datetime ts unixtime unixreviewtime eventtime createdat ratedat"),
      (.kind, "kind event eventtype type feedback feedbacktype action behavior behaviour"),
    ]
    var roles: [String: ColumnRole] = [:]
    for (role, words) in names {
      for word in words.split(separator: " ") { roles[String(word)] = role }
    }
    return roles
  }()
}

/// What is particular to the files of the RecBole library.
enum RecBole {
  private static let types = [":token", ":float", ":token_seq", ":float_seq"]

  /// Whether a column's name carries a type.
  static func isTyped(_ name: String) -> Bool {
    types.contains { name.hasSuffix($0) }
  }
}

/// Where the columns of a rating file are: the position of each role's field in a row, from 0.
struct Columns: Equatable, Sendable {
  let user: Int
  let item: Int
  let value: Int?
  let time: Int?
  let kind: Int?

  subscript(role: ColumnRole) -> Int? {
    switch role {
    case .user: user
    case .item: item
    case .value: value
    case .time: time
    case .kind: kind
    }
  }

  init(user: Int, item: Int, value: Int? = nil, time: Int? = nil, kind: Int? = nil) {
    self.user = user
    self.item = item
    self.value = value
    self.time = time
    self.kind = kind
    neededCount = 1 + max(user, item, value ?? 0, time ?? 0)
  }

  init?(_ positions: [ColumnRole: Int]) {
    guard let user = positions[.user], let item = positions[.item] else { return nil }
    self.init(
      user: user, item: item, value: positions[.value], time: positions[.time], kind: positions[.kind])
  }

  /// The roles that every row must fill; the kind may be left out.
  var needed: [ColumnRole] { [.user, .item, .value, .time].filter { self[$0] != nil } }
  /// The fewest fields that a row must have.
  let neededCount: Int
}

/// The columns that a caller names: `user=1,item=2,value=3,time=4`, each by its position from 1 or its name in the header.
struct ColumnRequest: Equatable, Sendable {
  enum Place: Equatable, Sendable {
    case position(Int)
    case name(String)
  }

  private(set) var places: [ColumnRole: Place] = [:]

  var usesNames: Bool {
    places.values.contains { if case .name = $0 { true } else { false } }
  }

  init(parsing text: String) throws(ReadError) {
    func failure(_ reason: String) -> ReadError {
      ReadError(.badRequest, file: "", reason: "columns '\(text)': \(reason); write user=1,item=2,value=3,time=4")
    }
    var taken: [String: ColumnRole] = [:]
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { trimmed($0) }
      guard sides.count == 2, let role = ColumnRole.allCases.first(where: { $0.name == sides[0] }) else {
        throw failure("'\(part)' is not a role and a column")
      }
      guard !sides[1].isEmpty, places[role] == nil else { throw failure("'\(sides[0])' needs one column") }
      guard taken.updateValue(role, forKey: sides[1]) == nil else { throw failure("a column has two roles") }
      if let position = Int(sides[1]) {
        guard position >= 1, position <= RowScanner.mostColumns else { throw failure("positions count from 1") }
        places[role] = .position(position - 1)
      } else {
        places[role] = .name(sides[1])
      }
    }
    guard places[.user] != nil, places[.item] != nil else { throw failure("both user and item are needed") }
  }
}

/// A text without the blanks around it.
func trimmed(_ text: some StringProtocol) -> String {
  let start = text.drop { $0 == " " || $0 == "\t" }
  guard let end = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
  return String(start[...end])
}
