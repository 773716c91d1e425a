/// Interactions as columns of numbers over tables of ids, the kind of each among them: what a database keeps and hands over.
///
/// A person, an item and a kind may occur together once; a pair may occur once a kind.
package struct InteractionColumns: Sendable {
  /// The people's ids, by position; none twice.
  package var userIDs: [String] = []
  /// The items' ids, by position; none twice.
  package var itemIDs: [String] = []
  /// The names of the kinds, by position; none twice.
  package var kindNames: [String] = []
  /// The person of each interaction.
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

extension Interactions where User == String, Item == String {
  /// Makes a data set of columns as a reader makes one of files: the kinds that `kindValues` names add up a pair and others are left
  /// out; where it is empty the latest interaction of a pair wins. O(count).
  ///
  /// - Precondition: ids are distinct, positions are within their tables and values are finite.
  package init(_ columns: consuming InteractionColumns, kindValues: [String: Float] = [:]) {
    var rows = RowStore(columns)
    if !kindValues.isEmpty { rows.valueKinds(kindValues) }
    rows.combineKinds(isSum: !kindValues.isEmpty)
    let (data, userIDs, itemIDs) = rows.take()
    self.init(data: data, userIDs: userIDs, itemIDs: itemIDs)
  }
}
