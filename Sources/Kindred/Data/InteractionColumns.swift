/// Interactions as arrays of numbers plus id tables, the form in which a store and the library exchange them.
///
/// Of the interactions that are not earlier events, a triple of user, item and kind occurs at most once.
package struct InteractionColumns: Sendable {
  /// The ids of the users, by position; distinct.
  package var userIDs: [String] = []
  /// The ids of the items, by position; distinct.
  package var itemIDs: [String] = []
  /// The names of the kinds, by position; distinct.
  package var kindNames: [String] = []
  /// The position of the user of each interaction.
  package var users: [Int32] = []
  /// The position of the item of each interaction.
  package var items: [Int32] = []
  /// The position of the kind of each interaction; -1 for none.
  package var kinds: [Int32] = []
  /// The value of each interaction; finite.
  package var values: [Float] = []
  /// The time of each interaction, or ``noTime``; empty if no interaction has a time.
  package var times: [Timestamp] = []
  /// Whether each interaction is an event before the current one of its user, item and kind; empty if none is.
  package var isEarlier: [Bool] = []

  /// The value of a time that is not known.
  package static let noTime = Timestamp.min

  /// Creates empty columns.
  package init() {}

  /// The number of interactions.
  package var count: Int { users.count }
}
