import KindredJSON

extension Recommender {
  /// Reads a recommender from a model file, of which the factors are memory-mapped.
  ///
  /// The whole file is checked first.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - models: Types of models outside the library that the file may hold, each with a ``ModelKind`` of its own.
  /// - Throws: ``ModelFileError`` if the file cannot be read, is damaged, holds ids that are not of these types, or a
  ///   model of a type that is neither the library's nor passed.
  /// - Complexity: O(bytes of the file).
  public init(contentsOf path: String, models: [any Scorer.Type] = []) throws(ModelFileError) {
    try self.init(from: ModelFile(contentsOf: path, models: models))
  }

  /// Reads a recommender into memory, where no later change of the file reaches it.
  package init(copyOf path: String) throws(ModelFileError) {
    try self.init(from: ModelFile(contentsOf: path, isCopied: true))
  }

  init(from file: ModelFile) throws(ModelFileError) {
    let userIDs = try file.vocabulary("user_ids")
    let itemIDs = try file.vocabulary("item_ids")
    for position in 0..<userIDs.count where UserID(userIDs[position]) == nil {
      throw file.invalid("the id '\(userIDs[position])' of a user is not of the type \(UserID.self)")
    }
    for position in 0..<itemIDs.count where ItemID(itemIDs[position]) == nil {
      throw file.invalid("the id '\(itemIDs[position])' of an item is not of the type \(ItemID.self)")
    }
    let ranking = try file.scorer(at: "ranking.")
    let rating = file["rating.kind"] == nil ? nil : try file.scorer(at: "rating.")
    guard ranking.itemCount == itemIDs.count, rating?.itemCount ?? 0 <= itemIDs.count else {
      throw file.invalid("its model scores \(ranking.itemCount) items and it names \(itemIDs.count)")
    }
    guard let rating = rating as? (any RatingPredictor)? else {
      throw file.invalid("its model for ratings does not predict any")
    }
    var provenance: [String: String] = [:]
    for key in file.keys where key.hasPrefix(Self.provenancePrefix) {
      provenance[String(key.dropFirst(Self.provenancePrefix.count))] = file[key]
    }
    let histories = try file.historyTable("histories", users: userIDs.count, items: itemIDs.count)
    var rule = FeedbackRule()
    if let text = file["feedback_rule"] {
      guard let read = try? JSON(parsing: text).decoded(as: FeedbackRule.self) else {
        throw file.invalid("its feedback rule cannot be read")
      }
      rule = read
    }
    self.init(
      userIDs: userIDs, itemIDs: itemIDs, itemCatalog: try file.catalog("catalog"), ranking: ranking, rating: rating,
      histories: histories,
      latestTime: file["latest_time"] == nil ? nil : Timestamp(try file.integer("latest_time", in: .min ... .max)),
      rule: rule,
      popularity: Array(try file.int32s("popularity", count: itemIDs.count, in: 0..<Int32.max)),
      fame: file.tensors["fame"] == nil ? nil : Array(try file.floats("fame", count: itemIDs.count)),
      audiences: try Audiences(from: file, items: itemIDs.count), provenance: Provenance(entries: provenance))
  }

  /// Writes the recommender to a file, completely or not at all.
  ///
  /// - Parameter path: The file.
  /// - Throws: ``ModelFileError`` if the file cannot be written, or could not be read back, because the ``ModelKind``
  ///   of a model is empty or that of another type.
  public func write(to path: String) throws(ModelFileError) {
    let file: ModelFile
    do throws(ModelFileError) {
      file = try modelFile()
    } catch {
      throw ModelFileError(path: path, reason: error.reason)
    }
    try file.write(to: path)
  }

  func modelFile() throws(ModelFileError) -> ModelFile {
    var file = ModelFile()
    for (key, value) in provenance.entries { file.set(Self.provenancePrefix + key, to: value) }
    file.set("user_ids", to: userIDs)
    file.set("item_ids", to: itemIDs)
    file.set("catalog", to: itemCatalog)
    file.set("histories", to: histories)
    if latestTime != History.unknownTime { file.set("latest_time", to: latestTime) }
    if !rule.isTrivial { file.set("feedback_rule", to: rule.json) }
    file.set("popularity", to: Buffer(popularity))
    if fame != popularity.map({ Float($0) }) { file.set("fame", to: Buffer(fame)) }
    audiences?.write(to: &file)
    try file.set(rankingModel, at: "ranking.")
    if let separateRatingModel { try file.set(separateRatingModel, at: "rating.") }
    return file
  }

  private static var provenancePrefix: String { "training." }
}

extension FeedbackRule {
  /// The rule as JSON with sorted keys, so that equal rules have equal bytes.
  fileprivate var json: String {
    guard let json = try? JSON(encoding: self) else { preconditionFailure("a rule is finite") }
    return json.text([.sortedKeys, .shortEscapes, .escapedSlashes])
  }
}
