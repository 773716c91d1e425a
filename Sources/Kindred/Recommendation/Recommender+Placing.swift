extension Recommender {
  /// Whether new items can be placed in lists by their attributes: whether the model was trained on items with some.
  public var placesItems: Bool {
    (rankingModel as? BlendModel)?.parts.contains { $0.scorer is AttributeModel } ?? false
  }

  /// The recommender with further items, each placed by its attributes among those that it was trained on.
  ///
  /// Lists hold a new item as soon as it is placed; nothing is trained. An item that the recommender knows is left as
  /// it is.
  ///
  /// - Parameter entries: The new items with what is known of them.
  /// - Returns: The recommender; unchanged if it ``placesItems`` not.
  /// - Complexity: O(items + new items · attributes).
  public func placing(_ entries: some Sequence<(id: ItemID, entry: Catalog.Entry)>) -> Recommender {
    var (ids, catalog) = (itemIDs, itemCatalog)
    var placed: [Catalog.Entry] = []
    for (id, entry) in entries where ids.index(of: id.description) == nil {
      _ = ids.insert(id.description)
      catalog[id] = entry
      placed.append(entry)
    }
    guard !placed.isEmpty, let ranking = (rankingModel as? BlendModel)?.placing(placed) else {
      return self
    }
    let hidden = placed.indices.filter { placed[$0].isHidden }.map { Int32(itemCount + $0) }
    return Recommender(
      userIDs: userIDs, itemIDs: ids, itemCatalog: catalog, ranking: ranking, rating: separateRatingModel,
      histories: histories, latestTime: latestTime, rule: rule,
      popularity: popularity + repeatElement(0, count: placed.count),
      fame: fame + repeatElement(0, count: placed.count), audiences: audiences,
      hiddenItems: hiddenItems + hidden, provenance: provenance)
  }
}
