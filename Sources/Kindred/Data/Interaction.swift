/// Whatever names a user or an item: anything that prints and parses back, such as `Int`, `String` or an identifier type of your own.
public typealias Identifier = Hashable & Sendable & LosslessStringConvertible

/// Seconds since 1970-01-01 00:00 UTC.
public typealias Timestamp = Int64

/// One thing a user did with an item: a rating, a purchase, a view.
public struct Interaction<UserID: Identifier, ItemID: Identifier>: Hashable, Sendable {
  /// The user.
  public var user: UserID
  /// The item.
  public var item: ItemID
  /// The rating, or how strong the feedback is; 1 where there is no value. Finite.
  public var value: Float
  /// When it happened, if known.
  public var time: Timestamp?

  /// Creates an interaction.
  public init(user: UserID, item: ItemID, value: Float = 1, time: Timestamp? = nil) {
    self.user = user
    self.item = item
    self.value = value
    self.time = time
  }
}
