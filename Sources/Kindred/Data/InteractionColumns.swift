/// Interactions as columns of numbers over tables of ids, the kind of each among them: what a database keeps and hands over.
///
/// A user, an item and a kind may occur together once; a pair may occur once a kind.
package struct InteractionColumns: Sendable {
  /// The users's ids, by position; none twice.
  package var userIDs: [String] = []
  /// The items' ids, by position; none twice.
  package var itemIDs: [String] = []
  /// The names of the kinds, by position; none twice.
  package var kindNames: [String] = []
  /// The user of each interaction.
  package var users: [Int32] = []
  /// The item of each interaction.
  package var items: [Int32] = []
  /// The kind of each interaction, -1 where it has none.
  package var kinds: [Int32] = []
  /// The value of each interaction; finite.
  package var values: [Float] = []
  /// The time of each interaction, or ``noTime``; empty where none has one.
  package var times: [Timestamp] = []

  /// What stands for a time that nobody knows.
  package static let noTime = Timestamp.min

  /// Creates empty columns.
  package init() {}

  /// The number of interactions.
  package var count: Int { users.count }
}
