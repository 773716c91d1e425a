/// Whatever names a person or an item: anything that prints and parses back, such as `Int`, `String` or an identifier type of your own.
public typealias Identifier = Hashable & Sendable & LosslessStringConvertible

/// Seconds since 1970-01-01 00:00 UTC.
public typealias Timestamp = Int64

/// One thing a person did with an item: a rating, a purchase, a view.
public struct Interaction<User: Identifier, Item: Identifier>: Hashable, Sendable {
  /// The person.
  public var user: User
  /// The item.
  public var item: Item
  /// The rating, or how strong the feedback is; 1 where there is no value. Finite.
  public var value: Float
  /// When it happened, if known.
  public var time: Timestamp?

  /// Creates an interaction.
  public init(user: User, item: Item, value: Float = 1, time: Timestamp? = nil) {
    self.user = user
    self.item = item
    self.value = value
    self.time = time
  }
}
