/// The requirements on an id of a user or an item: a type that prints and parses back, such as `Int`, `String` or an
/// identifier type of your own.
public typealias Identifier = Hashable & Sendable & LosslessStringConvertible

/// Microseconds since 1970-01-01 00:00 UTC.
public typealias Timestamp = Int64

/// One event between a user and an item: a rating, a purchase, a view.
public struct Interaction<UserID: Identifier, ItemID: Identifier>: Hashable, Sendable {
  /// The user.
  public var user: UserID
  /// The item.
  public var item: ItemID
  /// The rating, or the strength of the feedback; finite, and 1 for feedback without a value.
  public var value: Float
  /// The time of the event; nil if it is not known.
  public var time: Timestamp?

  /// Creates an interaction.
  ///
  /// - Parameters:
  ///   - user: The user.
  ///   - item: The item.
  ///   - value: The rating, or the strength of the feedback.
  ///   - time: The time of the event; nil if it is not known.
  public init(user: UserID, item: ItemID, value: Float = 1, time: Timestamp? = nil) {
    self.user = user
    self.item = item
    self.value = value
    self.time = time
  }
}
