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

/// A text without the blanks around it.
func trimmed(_ text: some StringProtocol) -> String {
  let start = text.drop { $0 == " " || $0 == "\t" }
  guard let end = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
  return String(start[...end])
}
