import Kindred
import KindredStore
import Logging
import NIOConcurrencyHelpers

/// What all routes share: the store, the model that answers come from, the items in memory, and the training in the
/// background.
final class RecommendationService: Sendable {
  let store: any Store
  let limits: Limits
  let logger: Logger
  let items = ItemIndex()
  let metrics = ServerMetrics()
  let histories = HistoryCache()
  let heavyWork: HeavyWork
  let trend = Trend()
  let figures = MinuteFigures()
  private let served = NIOLockedValueBox<ServedModel?>(nil)
  private let popular = NIOLockedValueBox<ServedModel?>(nil)
  private let ready = NIOLockedValueBox(false)
  private let training = NIOLockedValueBox(false)
  private let counted = NIOLockedValueBox(0)
  private let described = NIOLockedValueBox<DataDescription?>(nil)
  private let drawn = NIOLockedValueBox<(map: TasteMap, recommender: Recommender<String, String>)?>(nil)

  init(_ store: any Store, limits: Limits, logger: Logger) {
    self.store = store
    self.limits = limits
    heavyWork = HeavyWork(most: limits.costlyRequests)
    self.logger = logger
  }

  /// The model that answers come from now. Take it once per request, so that one answer is of one model.
  var model: ServedModel? { served.withLockedValue { $0 } }

  /// What is popular: lists come from it while there is no model, because none was trained yet, or none may answer.
  var fallback: ServedModel? { popular.withLockedValue { $0 } }

  /// Whether the server answers as it should: there is a model or the list of what is popular, or nothing to make one
  /// of.
  var isReady: Bool {
    get { ready.withLockedValue { $0 } }
    set { ready.withLockedValue { $0 = newValue } }
  }

  /// Whether a training is under way.
  var isTraining: Bool {
    get { training.withLockedValue { $0 } }
    set { training.withLockedValue { $0 = newValue } }
  }

  /// How many ratings came since the last training began, or since the server started.
  var newRatings: Int {
    get { counted.withLockedValue { $0 } }
    set { counted.withLockedValue { $0 = newValue } }
  }

  /// What the data are, as it was last read.
  var description: DataDescription? {
    get { described.withLockedValue { $0 } }
    set { described.withLockedValue { $0 = newValue } }
  }

  /// The last map that was drawn, which the next one follows.
  var lastMap: (map: TasteMap, recommender: Recommender<String, String>)? {
    get { drawn.withLockedValue { $0 } }
    set { drawn.withLockedValue { $0 = newValue } }
  }

  /// Takes note of changes to what a user did.
  ///
  /// - Parameter isOwn: Whether this server made them; another one counts its own in the figures.
  func noteChange(of user: String, newRatings new: Int = 0, isOwn: Bool = true) {
    histories.forget(user)
    counted.withLockedValue { $0 += new }
    if new > 0, isOwn { figures.add(new, to: "ratings") }
  }

  /// Answers come from this model from now on; those under way are finished with the one they have.
  func serve(_ model: ServedModel) {
    items.reconcile(with: model)
    model.place(items.all)
    if model.isFallback {
      popular.withLockedValue { $0 = model }
    } else {
      served.withLockedValue { $0 = model }
      description = nil
      popular.withLockedValue { $0 = nil }
    }
    isReady = true
  }

  /// Reads all items of the store anew, and places those that the model does not know.
  func reloadItems() async throws(StoreError) {
    try await items.load(from: store)
    model?.place(items.all)
  }

  /// Reads the store's items and its current model, if it has one.
  func load() async throws {
    try await items.load(from: store)
    if let version = try await store.currentModel() { try await serve(version) }
  }

  /// Serves a model that the store keeps.
  func serve(_ version: ModelVersion) async throws {
    serve(ServedModel(version, try await store.recommender(of: version)))
  }

  /// A model that the store keeps, as it would answer. One that does not answer is loaded for each request.
  func keptModel(_ version: ModelVersion) async throws -> ServedModel {
    if let model, model.location == version.location { return model }
    let kept = ServedModel(version, try await store.recommender(of: version))
    items.reconcile(with: kept)
    kept.place(items.all)
    return kept
  }

  /// What a user did, as it is in the store at this moment; nothing for an unknown user.
  func view(of user: String, in model: ServedModel) async throws -> UserView {
    var view = try await histories.view(of: user, in: store, for: model)
    if view.history.count == 0, model.recommender.knowsAttributesOfUsers {
      view.history.attributes = try await store.user(user)?.attributes.texts ?? [:]
    }
    return view
  }

  /// The history of a user, as it is in the store at this moment; empty for an unknown user.
  func history(of user: String, in model: ServedModel) async throws -> History {
    try await view(of: user, in: model).history
  }
}
