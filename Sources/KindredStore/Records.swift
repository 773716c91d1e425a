import Kindred

/// An item of a store.
public struct StoredItem: Sendable, Equatable {
  /// What names it: any UTF-8 text.
  public var id: String
  /// The title; nil if only the id is known.
  public var title: String?
  /// Genres, or other categories.
  public var genres: [String]
  /// What else is known about it, as JSON.
  public var attributes: Attributes
  /// Whether lists leave it out; models still learn from its feedback.
  public var isHidden: Bool
  /// When it appeared, in microseconds since 1970, if known.
  public var time: Timestamp?

  /// Creates an item.
  public init(
    id: String, title: String? = nil, genres: [String] = [], attributes: Attributes = .null, isHidden: Bool = false,
    time: Timestamp? = nil
  ) {
    self.id = id
    self.title = title
    self.genres = genres
    self.attributes = attributes
    self.isHidden = isHidden
    self.time = time
  }
}

/// Changes of an item; nil keeps.
public struct ItemPatch: Sendable, Equatable {
  /// A new title.
  public var title: String?
  /// New genres.
  public var genres: [String]?
  /// New attributes.
  public var attributes: Attributes?
  /// Whether lists leave it out from now on.
  public var isHidden: Bool?
  /// A new time.
  public var time: Timestamp?

  /// Creates a patch that changes nothing but what is given.
  public init(
    title: String? = nil, genres: [String]? = nil, attributes: Attributes? = nil, isHidden: Bool? = nil,
    time: Timestamp? = nil
  ) {
    self.title = title
    self.genres = genres
    self.attributes = attributes
    self.isHidden = isHidden
    self.time = time
  }
}

/// A user of a store.
public struct StoredUser: Sendable, Equatable {
  /// What names the user: any UTF-8 text.
  public var id: String
  /// What is known about the user.
  public var attributes: Attributes
  /// A remark.
  public var comment: String

  /// Creates a user.
  public init(id: String, attributes: Attributes = .null, comment: String = "") {
    self.id = id
    self.attributes = attributes
    self.comment = comment
  }

  /// What trainings learn of the user; nil where there are no attributes.
  package var entry: Catalog.Entry? {
    let texts = attributes.texts
    return texts.isEmpty ? nil : Catalog.Entry(title: id, attributes: texts)
  }
}

/// Changes of a user; nil keeps.
public struct UserPatch: Sendable, Equatable {
  /// New attributes.
  public var attributes: Attributes?
  /// A new remark.
  public var comment: String?

  /// Creates a patch that changes nothing but what is given.
  public init(attributes: Attributes? = nil, comment: String? = nil) {
    self.attributes = attributes
    self.comment = comment
  }
}

/// What a user did with an item: a rating, a view, a purchase.
///
/// Of each user, item and kind there is one that is current, and there may be earlier ones: together they are the
/// events. A rating has one event, which a new value takes along. Of any other kind each time is an event of its own;
/// the same time again is the same event.
public struct Feedback: Sendable, Equatable {
  /// The kind of a rating, and the default kind.
  public static let rating = "rating"

  /// The id of the user.
  public var user: String
  /// The id of the item.
  public var item: String
  /// What was done, such as `rating`, `view` or `purchase`.
  public var kind: String
  /// The rating, or how strong the feedback is. Finite.
  public var value: Float
  /// When, in microseconds since 1970, if known.
  public var time: Timestamp?
  /// Whether it is an event before the current feedback of this user, item and kind.
  public var isEarlier = false
  /// Whether a list showed the item, and the user did nothing; models learn nothing from it.
  public var isShown = false

  /// Creates feedback.
  public init(
    user: String, item: String, kind: String = rating, value: Float = 1, time: Timestamp? = nil,
    isEarlier: Bool = false, isShown: Bool = false
  ) {
    self.isEarlier = isEarlier
    self.isShown = isShown
    self.user = user
    self.item = item
    self.kind = kind
    self.value = value
    self.time = time
  }
}

/// One thing that a store holds.
public enum StoredRecord: Sendable, Equatable {
  /// An item.
  case item(StoredItem)
  /// A user.
  case user(StoredUser)
  /// Feedback.
  case feedback(Feedback)
}

/// How much a store holds.
public struct StoreCounts: Sendable, Equatable {
  /// The users.
  public var users: Int
  /// The items, hidden ones included.
  public var items: Int
  /// The hidden items.
  public var hiddenItems: Int
  /// The events of each kind, those of one user and item counted each.
  public var feedback: [String: Int]

  package init(users: Int, items: Int, hiddenItems: Int, feedback: [String: Int]) {
    self.users = users
    self.items = items
    self.hiddenItems = hiddenItems
    self.feedback = feedback
  }

  /// All feedback.
  public var feedbackCount: Int { feedback.values.reduce(0, +) }
}
