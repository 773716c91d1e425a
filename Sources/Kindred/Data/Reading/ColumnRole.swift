/// The role of a column in a file of interactions.
enum ColumnRole: Int, CaseIterable, Sendable {
  case user, item, value, time, kind

  /// The roles whose fields no row may lack.
  static let required: [ColumnRole] = [.user, .item, .value]

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
    guard let role = Self.known(name)?.role else { return nil }
    self = role
  }

  /// Returns the column of each role by the names of all columns.
  ///
  /// Of several names for one role the more usual one wins (`user_id` before `username`), then the first.
  static func places(in header: [String]) -> [ColumnRole: Int] {
    var places: [ColumnRole: (column: Int, rank: Int)] = [:]
    for (column, name) in header.enumerated() {
      guard let known = known(name), known.rank < places[known.role]?.rank ?? .max else { continue }
      places[known.role] = (column, known.rank)
    }
    return places.mapValues(\.column)
  }

  /// Returns a name in lower case, without punctuation and without the type that RecBole appends (`user_id:token`).
  static func normalized(_ name: String) -> String {
    let bare = RecBole.isTyped(name) ? name.prefix { $0 != ":" } : name[...]
    return String(bare.lowercased().filter { $0.isLetter || $0.isNumber })
  }

  /// Returns whether a name without a known role ends as those of times do.
  static func mayBeTime(_ name: String) -> Bool {
    let whole = normalized(name)
    guard known(name) == nil, !["release", "birth", "publi", "join", "sign"].contains(where: { whole.hasPrefix($0) })
    else { return false }
    return ["date", "time", "timestamp", "datetime", "dt", "ts"].contains { whole.hasSuffix($0) }
  }

  /// Returns the kind of the events that a column of values counts by its name, such as `purchase` for quantities; nil
  /// for values that may be ratings.
  static func countedKind(_ name: String) -> String? { countedKinds[normalized(name)] }

  /// Returns whether feedback of a kind is something that happened, so that its values are counts.
  static func isEvent(kind: String) -> Bool { events.contains(normalized(kind)) }

  private static let countedKinds: [String: String] = {
    let names = [
      "purchase": "quantity qty lineitemquantity orders ordercount purchases",
      "play": "plays playcount listens listencount scrobbles scrobblecount streams streamcount spins numplays "
        + "timesplayed totalplays hours hoursplayed playtime playtimeforever minutes duration watchtime msplayed",
      "view": "views viewcount numviews", "click": "clicks clickcount numclicks",
      "visit": "visits visitcount checkins", "download": "downloads",
      "event": "count cnt frequency freq interactions",
    ]
    return Dictionary(
      uniqueKeysWithValues: names.flatMap { kind, names in names.split(separator: " ").map { (String($0), kind) } })
  }()

  private static let events = Set(
    """
    event purchase purchases buy bought order ordered sale transaction play played listen stream scrobble view viewed \
    visit click download checkin cart addtocart watch watched read open
    """.split(separator: " ").map(String.init))

  private static func known(_ name: String) -> (role: ColumnRole, rank: Int)? {
    let whole = normalized(name)
    if let known = names[whole] { return known }
    // `user_no` and `ITEM CODE` are ids as `user_id` is.
    for ending in ["number", "uuid", "guid", "hash", "key", "num", "index", "no", "nr"]
    where whole.hasSuffix(ending) {
      if let known = names[whole.dropLast(ending.count) + "id"], known.rank == 0 { return known }
    }
    return nil
  }

  /// The role of each known name, and its rank among the names of the role, 0 for the most usual.
  private static let names: [String: (role: ColumnRole, rank: Int)] = {
    let names: [(ColumnRole, Int, String)] = [
      (
        .user, 0,
        """
        user userid uid customer customerid person personid visitor visitorid reviewer reviewerid member memberid \
        account accountid client clientid profile profileid shopper shopperid buyer buyerid listener listenerid \
        reader readerid player playerid subscriber subscriberid steamid usercode customercode
        """
      ),
      (
        .user, 1,
        """
        username reviewername profilename reviewprofilename customername nickname login author authorid \
        useremail customeremail buyeremail email emailaddress
        """
      ),
      (
        .item, 0,
        """
        item itemid iid movie movieid product productid film filmid book bookid isbn asin parentasin song songid \
        track trackid artist artistid article articleid business businessid game gameid anime animeid joke jokeid \
        show showid video videoid recipe recipeid content contentid sku skuid stockcode beer beerid beerbeerid \
        venue venueid poi poiid location locationid app appid course courseid hotel hotelid restaurant restaurantid \
        album albumid manga mangaid news newsid page pageid url post postid doc docid goods goodsid titleid \
        itemcode productcode articlecode productsku itemsku variantsku lineitemsku
        """
      ),
      (
        .item, 1,
        """
        title itemname movietitle moviename productname producttitle bookname booktitle songname songtitle \
        trackname tracktitle artistname gamename gametitle beername filmtitle itemtitle prodname lineitemname
        """
      ),
      (
        .value, 0,
        """
        rating ratings value score stars star grade overall bookrating userrating reviewscore ratingval ratingvalue \
        ratingscore rate userscore reviewrating reviewoverall myrating yourrating starrating reviewstars \
        myscore yourscore givenrating
        """
      ),
      (
        .value, 1,
        """
        weight preference strength count plays playcount quantity qty lineitemquantity amount listens listencount \
        views viewcount scrobbles scrobblecount streams streamcount spins orders ordercount visits visitcount checkins \
        clicks clickcount hours hoursplayed playtime playtimeforever minutes duration watchtime watchratio like liked \
        likes islike isliked purchased bought vote votes numtx 0 frequency freq cnt n num size purchases downloads \
        interactions numplays numclicks numviews timesplayed totalplays msplayed click clicked isclick watched \
        favorite favourite reordered target label thumb thumbs recommend recommended isrecommended
        """
      ),
      (
        .time, 0,
        """
        timestamp time date datetime ts unixtime unixreviewtime eventtime createdat ratedat tdat invoicedate \
        purchasedate reviewtime reviewdate utctimestamp utctime when ratingtimestamp ratingdate ratingtime orderdate \
        eventdate eventtimestamp clicktime watchdate visitdate checkindate checkintime transactiondate purchasetime \
        watchedat playedat viewedat clickedat orderedat submittedat lastwatchdt lastwatchdate timestampms timestampus \
        timems epoch epochms unixtimestamp localtime
        """
      ),
      (.time, 1, "dateadded addedat updatedat createdon created modifiedat lastplayed lastupdated dateupdated day"),
      (.kind, 0, "kind event eventtype type feedback feedbacktype action actiontype behavior behaviour behaviortype"),
    ]
    var roles: [String: (role: ColumnRole, rank: Int)] = [:]
    for (role, rank, words) in names {
      for word in words.split(whereSeparator: { $0 == " " || $0 == "\n" }) { roles[String(word)] = (role, rank) }
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
