/// The role of a column in a file of interactions.
enum ColumnRole: Int, CaseIterable, Sendable {
  case user, item, value, time, kind

  /// The name of the role in requests and messages.
  var name: String {
    switch self {
    case .user: "user"
    case .item: "item"
    case .value: "value"
    case .time: "time"
    case .kind: "kind"
    }
  }

  /// Creates the role that data sets give to columns of a name; nil for an unknown name.
  init?(named name: String) {
    guard let role = Self.roles[Self.normalized(name)] else { return nil }
    self = role
  }

  /// Returns a name in lower case, without punctuation and without the type that RecBole appends (`user_id:token`).
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

/// Returns a text without the blanks around it.
func trimmed(_ text: some StringProtocol) -> String {
  let start = text.drop { $0 == " " || $0 == "\t" }
  guard let end = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
  return String(start[...end])
}
