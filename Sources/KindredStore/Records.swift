import Kindred

/// An item of a store.
public struct StoredItem: Sendable, Equatable {
  /// What names it: any UTF-8 text.
  public var id: String
  /// What is shown for it; nil where nobody knows more than its id.
  public var title: String?
  /// Genres, or whatever other categories it has.
  public var genres: [String]
  /// What else is known about it.
  public var attributes: JSON
  /// Whether it is kept out of lists; what users did with it still teaches the models.
  public var isHidden: Bool
  /// When it appeared, if known.
  public var time: Timestamp?

  /// Creates an item.
  public init(
    id: String, title: String? = nil, genres: [String] = [], attributes: JSON = .null, isHidden: Bool = false,
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

/// What to change of an item; nil keeps.
public struct ItemPatch: Sendable, Equatable {
  public var title: String?
  public var genres: [String]?
  public var attributes: JSON?
  public var isHidden: Bool?
  public var time: Timestamp?

  /// Creates a patch that changes nothing but what is given.
  public init(
    title: String? = nil, genres: [String]? = nil, attributes: JSON? = nil, isHidden: Bool? = nil,
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
  /// What names her: any UTF-8 text.
  public var id: String
  /// What is known about her.
  public var attributes: JSON
  /// A remark.
  public var comment: String

  /// Creates a user.
  public init(id: String, attributes: JSON = .null, comment: String = "") {
    self.id = id
    self.attributes = attributes
    self.comment = comment
  }
}

/// What to change of a user; nil keeps.
public struct UserPatch: Sendable, Equatable {
  public var attributes: JSON?
  public var comment: String?

  /// Creates a patch that changes nothing but what is given.
  public init(attributes: JSON? = nil, comment: String? = nil) {
    self.attributes = attributes
    self.comment = comment
  }
}

/// What a user did with an item: a rating, a view, a purchase. There is one a user, item and kind.
public struct Feedback: Sendable, Equatable {
  /// The kind of a rating, where nothing else is said.
  public static let rating = "rating"

  public var user: String
  public var item: String
  /// What was done, such as `rating`, `view` or `purchase`.
  public var kind: String
  /// The rating, or how strong the feedback is. Finite.
  public var value: Float
  /// When, if known.
  public var time: Timestamp?

  /// Creates feedback.
  public init(user: String, item: String, kind: String = rating, value: Float = 1, time: Timestamp? = nil) {
    self.user = user
    self.item = item
    self.kind = kind
    self.value = value
    self.time = time
  }
}

/// A part of a listing, and where the next part starts.
public struct StorePage<Element: Sendable>: Sendable {
  /// The elements, in order.
  public var elements: [Element]
  /// What to hand over for the next page; nil at the end.
  public var cursor: String?
}

/// How much a store holds.
public struct StoreCounts: Sendable, Equatable {
  public var users: Int
  public var items: Int
  public var hiddenItems: Int
  /// The feedback of each kind.
  public var feedback: [String: Int]

  /// All feedback.
  public var feedbackCount: Int { feedback.values.reduce(0, +) }
}
