/// A data set of interactions, with the ids and the metadata of its users and items.
///
/// A pair of user and item occurs once: appending it again replaces the value and the time, unless ``keepsRepeats`` is
/// set, which keeps every event. Ids get positions in order of their first appearance, and that order breaks ties in
/// every ranking.
public struct Interactions<UserID: Identifier, ItemID: Identifier>: Sendable {
  var data: TrainingData
  var userIDs: Vocabulary
  var itemIDs: Vocabulary
  /// The metadata of the items, such as titles and genres; empty if none is known.
  public var itemCatalog = Catalog()
  /// The metadata of the users, such as age and occupation; empty if none is known.
  public var userCatalog = Catalog()
  /// The position of each pair's interaction; built on first use, so that reading a file does not pay for it.
  private var positions: [UInt64: Int]?

  /// Creates an empty data set.
  public init() {
    self.init(data: TrainingData(userCount: 0, itemCount: 0), userIDs: Vocabulary(), itemIDs: Vocabulary())
  }

  /// Creates a data set from interactions.
  ///
  /// - Parameters:
  ///   - interactions: The interactions, in the order in which ids get their positions.
  ///   - keepingRepeats: Whether a pair may have several events; if not, its last one wins.
  /// - Precondition: All values are finite.
  /// - Complexity: O(count).
  public init(_ interactions: some Sequence<Interaction<UserID, ItemID>>, keepingRepeats: Bool = false) {
    self.init()
    data.keepsRepeats = keepingRepeats
    append(contentsOf: interactions)
  }

  init(
    data: TrainingData, userIDs: Vocabulary, itemIDs: Vocabulary, itemCatalog: Catalog = Catalog(),
    userCatalog: Catalog = Catalog()
  ) {
    precondition(data.userCount == userIDs.count && data.itemCount == itemIDs.count)
    self.data = data
    self.userIDs = userIDs
    self.itemIDs = itemIDs
    self.itemCatalog = itemCatalog
    self.userCatalog = userCatalog
  }

  /// Whether each interaction is an event, so that a pair of user and item may have several.
  ///
  /// Models of the order of events learn from all of them, and models of pairs from the latest of each pair.
  public var keepsRepeats: Bool { data.keepsRepeats }

  /// The number of distinct users.
  public var userCount: Int { data.userCount }
  /// The number of distinct items.
  public var itemCount: Int { data.itemCount }

  /// A hash of the interactions, equal for equal ones: the ``Provenance/fingerprint`` of a model trained on them.
  ///
  /// - Complexity: O(count).
  package func fingerprint(threads: Int?) -> String { data.fingerprint(using: Parallel(threads: threads)) }

  /// The texts of the users' ids, by position.
  package var userNames: [String] { (0..<userIDs.count).map { userIDs[$0] } }
  /// The texts of the items' ids, by position.
  package var itemNames: [String] { (0..<itemIDs.count).map { itemIDs[$0] } }
  /// The least and the greatest value; nil without interactions.
  package var valueRange: ClosedRange<Float>? {
    data.values.min().flatMap { least in data.values.max().map { least...$0 } }
  }

  /// Returns the position of an item; nil if it does not occur.
  public func position(of item: ItemID) -> Int32? { itemIDs.index(of: item.description) }
  /// Returns the position of a user; nil if they do not occur.
  public func userPosition(of user: UserID) -> Int32? { userIDs.index(of: user.description) }
  /// Returns the id of the item at a position.
  ///
  /// - Precondition: The position is one of the items'.
  public func item(at position: Int32) -> ItemID { ItemID.parsed(itemIDs[Int(position)]) }
  /// Returns the id of the user at a position.
  ///
  /// - Precondition: The position is one of the users'.
  public func user(at position: Int32) -> UserID { UserID.parsed(userIDs[Int(position)]) }

  /// Adds an interaction, or replaces the one of the same pair unless repeats are kept.
  ///
  /// Interactions without a time count as before all others.
  ///
  /// - Precondition: The value is finite.
  /// - Complexity: O(1) on average; the first call is O(count).
  public mutating func append(_ interaction: Interaction<UserID, ItemID>) {
    precondition(interaction.value.isFinite, "a value must be finite")
    let user = userIDs.insert(interaction.user.description)
    let item = itemIDs.insert(interaction.item.description)
    data.userCount = userIDs.count
    data.itemCount = itemIDs.count
    if interaction.time != nil, data.times.isEmpty {
      data.times = Array(repeating: History.unknownTime, count: data.count)
    }
    if data.keepsRepeats { return insert(interaction, user, item) }
    var known = positions.take() ?? pairPositions()
    let pair = Self.pair(user, item)
    if let position = known[pair] {
      data.values[position] = interaction.value
      if !data.times.isEmpty { data.times[position] = interaction.time ?? History.unknownTime }
    } else {
      known[pair] = data.count
      insert(interaction, user, item)
    }
    positions = known
  }

  private mutating func insert(_ interaction: Interaction<UserID, ItemID>, _ user: Int32, _ item: Int32) {
    if !data.times.isEmpty || interaction.time != nil { data.times.append(interaction.time ?? History.unknownTime) }
    data.users.append(user)
    data.items.append(item)
    data.values.append(interaction.value)
  }

  /// Adds interactions one after another, as ``append(_:)`` does.
  ///
  /// - Precondition: All values are finite.
  public mutating func append(contentsOf interactions: some Sequence<Interaction<UserID, ItemID>>) {
    for interaction in interactions { append(interaction) }
  }

  private func pairPositions() -> [UInt64: Int] {
    var known: [UInt64: Int] = [:]
    known.reserveCapacity(data.count)
    for position in 0..<data.count { known[Self.pair(data.users[position], data.items[position])] = position }
    return known
  }

  private static func pair(_ user: Int32, _ item: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: user)) << 32 | UInt64(UInt32(bitPattern: item))
  }

  /// Returns the interactions at some positions, over the same users and items.
  func selecting(_ positions: some Sequence<Int>) -> Interactions {
    Interactions(
      data: data.selecting(positions), userIDs: userIDs, itemIDs: itemIDs, itemCatalog: itemCatalog,
      userCatalog: userCatalog)
  }

  /// The data as trainers see it: the interactions as columns, and the attributes of users and items from the catalogs.
  ///
  /// - Complexity: O(count), or O(1) if both catalogs are empty.
  public var trainingData: TrainingData {
    var labelled = data
    labelled.userLabels = userCatalog.labelGroups(of: userIDs)
    labelled.itemLabels = itemCatalog.labelGroups(of: itemIDs)
    labelled.itemAttributes = itemCatalog.attributes(of: itemIDs)
    return labelled
  }
}

extension Interactions: RandomAccessCollection {
  /// The position of the first interaction: 0.
  public var startIndex: Int { 0 }
  /// The position after the last interaction: the number of interactions.
  public var endIndex: Int { data.count }

  /// The interaction at a position.
  public subscript(position: Int) -> Interaction<UserID, ItemID> {
    Interaction(
      user: UserID.parsed(userIDs[Int(data.users[position])]), item: ItemID.parsed(itemIDs[Int(data.items[position])]),
      value: data.values[position],
      time: data.times.isEmpty || data.times[position] == History.unknownTime ? nil : data.times[position])
  }
}

extension LosslessStringConvertible {
  /// Returns the value that a text printed by this type stands for; a vocabulary holds only ids that were parsed once.
  static func parsed(_ text: String) -> Self {
    guard let value = Self(text) else {
      preconditionFailure("'\(text)' was printed by \(Self.self) and does not parse")
    }
    return value
  }
}

extension Interactions {
  /// The history of each user, by the user's position, as a scorer that was trained on this data set sees it.
  ///
  /// - Complexity: O(count) at each call.
  public var histories: [History] { Array(PreparedData(data).histories) }

  /// The rule by which feedback counts in rankings unless another is given.
  ///
  /// Ratings count where they are liked (``FeedbackRule/Positive/liked``), without those that stand for "not rated".
  /// Counts of plays or purchases are damped (``FeedbackRule/dampsCounts``). Any other feedback counts as liked.
  ///
  /// - Complexity: O(1): it looks at no more than 200,000 values.
  public var defaultRule: FeedbackRule {
    var rule = FeedbackRule()
    rule.dampsCounts = data.holdsCounts
    guard hasRatings else { return rule }
    rule.positive = .liked
    rule.notRated = codeForNotRated?.value
    return rule
  }

  /// Whether the values seem to be counts, such as plays or quantities, and not ratings.
  package var holdsCounts: Bool { data.holdsCounts }

  /// The value that seems to stand for "not rated"; nil if there is none.
  package var codeForNotRated: ValueCode? { ValueCode.notRated(in: data.values) }

  /// A statistical summary of the data set.
  ///
  /// - Complexity: O(count) at each call.
  public var statistics: Statistics {
    let summary = ValueSummary(of: data.values)
    let scale = summary.scale ?? 0...0
    return Statistics(
      least: scale.lowerBound, greatest: scale.upperBound, mean: summary.mean,
      typicalUser: Self.median(data.users, of: data.userCount),
      typicalItem: Self.median(data.items, of: data.itemCount),
      times: Self.range(data.times),
      histogram: data.holdsCounts ? Self.decades(data.values) : Self.histogram(data.values, scale))
  }

  private static func range(_ times: [Timestamp]) -> ClosedRange<Timestamp>? {
    let known = times.lazy.filter { $0 != History.unknownTime }
    return known.min().flatMap { first in known.max().map { first...$0 } }
  }

  private static func median(_ rows: [Int32], of count: Int) -> Int {
    var counts = [Int](repeating: 0, count: count)
    for row in rows { counts[Int(row)] += 1 }
    counts.sort()
    return count == 0 ? 0 : counts[count / 2]
  }

  private static func decades(_ counts: [Float]) -> [(label: String, count: Int)] {
    var bins: [Int] = []
    for value in counts {
      let digits = value < 1 ? 0 : "\(Int(value))".count
      while bins.count <= digits { bins.append(0) }
      bins[digits] += 1
    }
    var least = 1
    return bins.enumerated().compactMap { digits, count in
      if digits == 0 { return count > 0 ? ("0", count) : nil }
      defer { least *= 10 }
      return ("\(least) to \(least * 10 - 1)", count)
    }
  }

  private static func histogram(_ values: [Float], _ scale: ClosedRange<Float>) -> [(label: String, count: Int)] {
    var counts: [Float: Int] = [:]
    for value in values {
      counts[value, default: 0] += 1
      if counts.count > 20 { break }
    }
    if counts.count <= 20 {
      let isWhole = counts.keys.allSatisfy { $0 == $0.rounded() && abs($0) < 1e15 }
      return counts.sorted { $0.key < $1.key }.map { (isWhole ? "\(Int($0.key))" : "\($0.key)", $0.value) }
    }
    let step = (scale.upperBound - scale.lowerBound) / 10
    var bins = [Int](repeating: 0, count: 10)
    for value in values { bins[Swift.min(9, Swift.max(0, Int((value - scale.lowerBound) / step)))] += 1 }
    return bins.enumerated().map { ("from \(scale.lowerBound + step * Float($0))", $1) }
  }

  /// Whether the values are ratings, so that a predictor of them can be trained: they differ, and are no counts of
  /// plays or purchases.
  public var hasRatings: Bool { data.hasRatings }

  /// Reads a file of ratings or other feedback.
  ///
  /// - Parameters:
  ///   - path: The path of the file.
  ///   - reader: The reader, with its options.
  /// - Throws: ``ReadError`` with the first bad line.
  /// - Complexity: O(bytes).
  public init(contentsOf path: String, reader: InteractionReader = InteractionReader()) throws(ReadError) {
    self = try reader.read([path], user: UserID.self, item: ItemID.self).interactions
  }
}

extension Interactions where UserID == String, ItemID == String {
  /// Creates a data set from columns, by the rules by which a reader creates one from files.
  ///
  /// - Parameters:
  ///   - columns: The interactions.
  ///   - kindValues: The value of each kind. The values of the kinds of a pair are summed, and interactions of other
  ///     kinds are left out. If empty, the latest interaction of a pair that is not an earlier event gives its value.
  /// - Precondition: Ids are distinct, positions are within their tables and values are finite.
  /// - Complexity: O(count).
  package init(_ columns: consuming InteractionColumns, kindValues: [String: Float] = [:]) {
    var rows = RowStore(columns)
    if !kindValues.isEmpty { rows.valueKinds(kindValues, keepingRepeats: true) }
    rows.keepEvents(addingKinds: !kindValues.isEmpty, mergingKinds: true)
    let (data, userIDs, itemIDs) = rows.take()
    self.init(data: data, userIDs: userIDs, itemIDs: itemIDs)
  }

  /// Creates a data set from columns without kinds, by the rules by which a reader creates one from a file; ids keep
  /// their positions even where nothing refers to them.
  ///
  /// - Parameters:
  ///   - columns: The interactions.
  ///   - duplicates: The treatment of repeated pairs; nil keeps them as events if repeats are usual, as in rows without
  ///     values, and else the last of each pair.
  /// - Precondition: The columns have no ``InteractionColumns/fault``.
  /// - Throws: ``ReadError`` if the policy is `error` and a pair repeats, or if the values of a pair overflow.
  /// - Complexity: O(count).
  package init(
    columns: consuming InteractionColumns, duplicates: InteractionReader.DuplicatePolicy?
  ) throws(ReadError) {
    var rows = RowStore(columns)
    try rows.resolveDuplicates(duplicates, paths: [""], using: Parallel())
    let (data, userIDs, itemIDs) = rows.take()
    self.init(data: data, userIDs: userIDs, itemIDs: itemIDs)
  }
}
