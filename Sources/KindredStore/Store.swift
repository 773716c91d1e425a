import Kindred

/// What users did with items, with what is known about both, the models trained on it, and the keys of a server.
///
/// ``SQLiteStore`` is one in a file, which ``openStore(at:opening:)`` opens; several servers share a `PostgresStore`.
/// Each type that conforms promises the following, and the contract tests hold for each:
///
/// - **Durability.** A method that changes something returns after the change is committed to durable storage. It then
///   survives a crash of the process or of the machine.
/// - **Atomicity.** One call changes everything that it names or, if it throws, nothing.
/// - **Isolation.** A read sees one moment of the store, whatever is written meanwhile. Reads do not wait for writes.
/// - **Last write wins.** Of two changes to the same record, the one committed later stays, whatever the times of
///   feedback say. Only ``add(_:progress:)`` compares times.
/// - **Identifiers** are any UTF-8 text of 1 to 4,096 bytes without a zero byte. Two that differ in one byte are two.
/// - **Pages** follow the order of insertion. A cursor is opaque text, valid in the listing that gave it, also after
///   the store was opened anew. What is deleted meanwhile is missing from later pages; nothing appears twice.
///
/// Each method throws ``StoreError``: with ``StoreError/Reason-swift.enum/invalid(_:)`` for arguments that cannot be
/// kept.
public protocol Store: Sendable, CustomStringConvertible {
  /// Where the store is, as it was given: the start of error messages.
  var description: String { get }

  /// Ends all use of the store, after what is under way.
  func close() async throws(StoreError)

  /// How much there is of everything. O(feedback).
  func counts() async throws(StoreError) -> StoreCounts

  /// What others change: other processes, and whatever else opened the same store. Each change is told within a second
  /// after it was committed; who stops iterating ends the stream.
  func changes() -> AsyncStream<StoreChange>

  /// Takes the right to train a model, if no other process that shares the store has it.
  ///
  /// - Returns: nil if another one trains.
  func claimTraining() async throws(StoreError) -> TrainingClaim?

  // MARK: Users

  /// A user; nil if there is none with this id.
  func user(_ id: String) async throws(StoreError) -> StoredUser?

  /// A page of all users, in order of insertion.
  ///
  /// - Parameters:
  ///   - cursor: The cursor of the page before; nil starts.
  ///   - limit: At least 1.
  func users(after cursor: String?, limit: Int) async throws(StoreError) -> StorePage<StoredUser>

  /// Adds users, or replaces those with the same ids.
  func put(_ users: [StoredUser]) async throws(StoreError)

  /// Changes a part of what is known about a user.
  ///
  /// - Returns: Whether there is such a user.
  func patchUser(_ id: String, _ patch: UserPatch) async throws(StoreError) -> Bool

  /// Deletes a user, their feedback, and their rows in every model that is kept.
  ///
  /// What a model learned about the items from all users stays. A model that is in training meanwhile is kept without
  /// the user, see ``add(_:trainedOn:metrics:isCurrent:keeping:)``. If the process ends midway, the rest is done when
  /// the store is next opened.
  ///
  /// - Returns: What was removed; nil if there is no such user.
  func deleteUser(_ id: String) async throws(StoreError) -> Erasure?

  // MARK: Items

  /// An item; nil if there is none with this id.
  func item(_ id: String) async throws(StoreError) -> StoredItem?

  /// A page of all items, in order of insertion.
  ///
  /// - Parameters:
  ///   - cursor: The cursor of the page before; nil starts.
  ///   - limit: At least 1.
  func items(after cursor: String?, limit: Int) async throws(StoreError) -> StorePage<StoredItem>

  /// A page of the items whose id, title or genres hold every word of a query, or words that start with them, in any
  /// case and with or without diacritics; the best match first.
  ///
  /// A query without a word finds nothing.
  func items(matching query: String, after cursor: String?, limit: Int) async throws(StoreError) -> StorePage<
    StoredItem
  >

  /// A page of the items without feedback, the newest first.
  func unratedItems(after cursor: String?, limit: Int) async throws(StoreError) -> StorePage<StoredItem>

  /// Adds items, or replaces those with the same ids.
  func put(_ items: [StoredItem]) async throws(StoreError)

  /// Changes a part of an item.
  ///
  /// - Returns: Whether there is such an item.
  func patchItem(_ id: String, _ patch: ItemPatch) async throws(StoreError) -> Bool

  /// Deletes an item and all feedback on it.
  ///
  /// - Returns: Whether there was such an item.
  func deleteItem(_ id: String) async throws(StoreError) -> Bool

  // MARK: Feedback

  /// Adds feedback. Unknown users are added too.
  ///
  /// Each is an event, unless the same user, item and kind has one at the same time. That of a rating takes the place
  /// of the one before if it is replaced; any other stays beside the earlier ones. What was only shown takes the place
  /// of nothing else, and anything takes its place.
  ///
  /// - Parameters:
  ///   - feedback: Values are finite.
  ///   - existing: What becomes of older feedback of the same user, item and kind.
  ///   - unknownItems: Whether items that the store does not have are added.
  /// - Throws: ``StoreError/Reason-swift.enum/unknownItem(_:)`` if such items are refused.
  func add(
    _ feedback: [Feedback], existing: ExistingFeedback, unknownItems: UnknownItems
  ) async throws(StoreError)

  /// All feedback of a user, earlier events too, in order of time; nil for an unknown user. O(feedback of the user).
  ///
  /// What has no time is before all others, and of equal times what came first is first.
  func history(of user: String) async throws(StoreError) -> [Feedback]?

  /// A page of feedback without earlier events, by user and item in order of insertion.
  ///
  /// - Parameters:
  ///   - kind: What to look for; nil takes all kinds. An unknown one finds nothing.
  ///   - user: Whose feedback to look for; nil takes all users.
  ///   - item: The item to look for; nil takes all items.
  ///   - cursor: The cursor of the page before; nil starts.
  ///   - limit: At least 1.
  func feedback(
    kind: String?, user: String?, item: String?, after cursor: String?, limit: Int
  ) async throws(StoreError) -> StorePage<Feedback>

  /// Deletes feedback of a user on an item, with its earlier events.
  ///
  /// - Parameter kind: nil deletes all kinds.
  /// - Returns: How much there was, without earlier events.
  func deleteFeedback(kind: String?, user: String, item: String) async throws(StoreError) -> Int

  /// How much users like items at a moment: each user counts once per item, by their latest event that is above 0, and
  /// by half as much for each half-life between it and the newest such event of all.
  ///
  /// - Parameters:
  ///   - now: The moment, in microseconds since 1970; what is later does not count yet, what has no time never does.
  ///   - halfLife: In microseconds, above 0. What is older than twenty half-lives may be left out.
  ///   - kindValues: The value of each kind, as in `FeedbackRule.kinds`; if empty, the feedback's own values count.
  /// - Returns: The items that count, in no particular order.
  func trend(
    at now: Timestamp, halfLife: Timestamp, kindValues: [String: Float]
  ) async throws(StoreError) -> [(item: String, score: Double)]

  // MARK: Import, export, training

  /// Adds the content of files, as one change.
  ///
  /// Items and users of a dump replace those with the same ids. A file of items changes titles, genres and attributes,
  /// and hides items but shows none. Feedback replaces feedback of the same user, item and kind unless that is newer.
  /// O(rows · log rows).
  ///
  /// - Parameter progress: Called now and then with the rows that are written and their total, on any thread.
  func add(
    _ contents: FileImport.Contents, progress: @escaping @Sendable (Int, Int) -> Void
  ) async throws(StoreError)

  /// Hands out the items, then the users, then the feedback of one moment, each in order of insertion. O(feedback).
  ///
  /// - Throws: ``StoreError``, or what `body` throws.
  func forEachRecord(_ body: (StoredRecord) throws -> Void) async throws

  /// Hands out the feedback of one moment, by user and item in order of insertion. O(feedback).
  ///
  /// - Throws: ``StoreError``, or what `body` throws.
  func forEachFeedback(_ body: (Feedback) throws -> Void) async throws

  /// Reads everything that a training needs, of one moment. O(feedback).
  ///
  /// - Parameter kindValues: The value of each kind of feedback, as in `FeedbackRule.kinds`; if empty, the latest value
  ///   of each user and item counts.
  func snapshot(kindValues: [String: Float]) async throws(StoreError) -> StoreSnapshot

  // MARK: Models

  /// Keeps a model, under a number that no model had before, and makes it the current one if asked to.
  ///
  /// Users who were deleted since the snapshot are removed from it first, also those who came back since.
  ///
  /// - Parameters:
  ///   - recommender: The model.
  ///   - mark: The mark of the snapshot that it was trained on.
  ///   - metrics: Figures measured of it. Finite.
  ///   - isCurrent: Whether answers come from it from now on.
  ///   - keeping: How many models stay; the oldest that are not current are deleted.
  func add(
    _ recommender: Recommender<String, String>, trainedOn mark: SnapshotMark, metrics: [String: Double],
    isCurrent: Bool, keeping: Int
  ) async throws(StoreError) -> ModelVersion

  /// All models, the newest first.
  func models() async throws(StoreError) -> [ModelVersion]

  /// A model; nil if there is none with this number.
  func model(_ number: Int) async throws(StoreError) -> ModelVersion?

  /// The model that answers come from; nil if there is none.
  func currentModel() async throws(StoreError) -> ModelVersion?

  /// Loads a model.
  ///
  /// - Throws: ``StoreError/Reason-swift.enum/modelFile(_:)`` if it cannot be read.
  func recommender(of model: ModelVersion) async throws(StoreError) -> Recommender<String, String>

  /// Makes a model the one that answers come from.
  ///
  /// - Throws: ``StoreError/Reason-swift.enum/unknownModel(_:)`` if there is none with this number.
  func makeCurrent(_ number: Int) async throws(StoreError)

  /// Replaces the figures measured of a model.
  ///
  /// - Throws: ``StoreError/Reason-swift.enum/unknownModel(_:)`` if there is none with this number.
  func setMetrics(_ metrics: [String: Double], ofModel number: Int) async throws(StoreError)

  /// Deletes a model, the current one too.
  ///
  /// - Returns: Whether there was such a model.
  func deleteModel(_ number: Int) async throws(StoreError) -> Bool

  // MARK: Settings and figures

  /// The value of a setting; nil if it is not set.
  func setting(_ name: String) async throws(StoreError) -> String?

  /// Sets a setting, or forgets it if the value is nil.
  func set(_ name: String, to value: String?) async throws(StoreError)

  /// The values of the feedback of a kind, the least first, each with the number of times it occurs.
  ///
  /// - Parameters:
  ///   - kind: An unknown one has no values.
  ///   - limit: How much feedback to look at.
  func values(ofKind kind: String, limit: Int) async throws(StoreError) -> [(value: Float, count: Int)]

  /// Keeps what a server counted in a minute for thirty days. Figures of the same minute and server are replaced.
  ///
  /// - Parameters:
  ///   - figures: Finite values by name.
  ///   - minute: The minutes since 1970.
  ///   - server: What tells servers of the same store apart.
  func note(_ figures: [String: Double], minute: Int, server: String) async throws(StoreError)

  /// What servers counted since a minute, in order of time.
  func minutes(since minute: Int) async throws(StoreError) -> [(minute: Int, figures: [String: Double])]

  // MARK: Keys

  /// Makes a key of 256 random bits.
  ///
  /// - Returns: The key as text. The store keeps its hash alone, so this is the only time that it can be read.
  func addKey(_ role: AccessKey.Role, label: String) async throws(StoreError) -> String

  /// All keys, in the order in which they were made.
  func keys() async throws(StoreError) -> [AccessKey]

  /// The key that a text is; nil if it is none, or was revoked.
  func key(_ text: String) async throws(StoreError) -> AccessKey?

  /// Revokes a key.
  ///
  /// - Returns: Whether there was such a key.
  func revokeKey(_ number: Int) async throws(StoreError) -> Bool
}

/// What becomes of the value of feedback whose user, item and kind have some already.
public enum ExistingFeedback: Sendable {
  /// The new value and time replace the old ones.
  case replaced
  /// The values add up, at the later time.
  case accumulated
  /// The value of the latest event counts, and the others are kept; an event that is there already changes nothing but
  /// its value. So are files imported.
  case latest
}

/// What becomes of feedback on an item that is not in the store.
public enum UnknownItems: Sendable {
  /// An error, ``StoreError/Reason-swift.enum/unknownItem(_:)``; nothing is kept.
  case refused
  /// The item is added, without a title.
  case made
}

/// What to do where there is no store.
public enum StoreOpening: Sendable {
  /// Make one.
  case creating
  /// Refuse.
  case existing
}

/// Opens the store in an SQLite file.
///
/// - Throws: ``StoreError`` if there is none and none may be made, if there is something else, or if it cannot be
///   opened.
public func openStore(at location: String, opening: StoreOpening = .existing) async throws(StoreError) -> any Store {
  try SQLiteStore(path: location, opening: opening)
}

extension Store {
  /// Adds feedback; it replaces older feedback of the same user, item and kind.
  public func add(_ feedback: [Feedback], unknownItems: UnknownItems = .refused) async throws(StoreError) {
    try await add(feedback, existing: .replaced, unknownItems: unknownItems)
  }

  /// The first page of the feedback that matches.
  public func feedback(
    kind: String? = nil, user: String? = nil, item: String? = nil, limit: Int
  ) async throws(StoreError) -> StorePage<Feedback> {
    try await feedback(kind: kind, user: user, item: item, after: nil, limit: limit)
  }

  /// All items, in order of insertion. O(items).
  package func allItems() async throws(StoreError) -> [StoredItem] {
    var items: [StoredItem] = []
    var cursor: String?
    repeat {
      let page = try await self.items(after: cursor, limit: 10_000)
      items += page.elements
      cursor = page.cursor
    } while cursor != nil
    return items
  }

  /// The model that answers come from, loaded; nil if there is none.
  package func currentRecommender() async throws(StoreError) -> Recommender<String, String>? {
    guard let model = try await currentModel() else { return nil }
    return try await recommender(of: model)
  }

  /// Adds the content of files, as one change.
  public func add(_ contents: FileImport.Contents) async throws(StoreError) {
    try await add(contents) { _, _ in }
  }

  /// Hands out everything, one line of JSON per record, as gorse's own dumps do: items, users, then feedback.
  /// O(feedback).
  ///
  /// ``FileImport`` reads the lines back. Models and keys are not among them.
  ///
  /// - Throws: ``StoreError``, or what `write` throws.
  public func dump(_ write: (String) throws -> Void) async throws {
    try await forEachRecord { try write($0.line) }
  }

  /// Reads everything that a training needs; the latest value of each user and item counts.
  public func snapshot() async throws(StoreError) -> StoreSnapshot { try await snapshot(kindValues: [:]) }

  /// Keeps a model, and the four newest besides it.
  public func add(
    _ recommender: Recommender<String, String>, trainedOn mark: SnapshotMark, metrics: [String: Double] = [:],
    isCurrent: Bool = true
  ) async throws(StoreError) -> ModelVersion {
    try await add(recommender, trainedOn: mark, metrics: metrics, isCurrent: isCurrent, keeping: 5)
  }
}
