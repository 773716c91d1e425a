/// A check that an evaluation trains neither on its test nor on later interactions.
public enum LeakCheck {
  /// A leak: information about the test that is in the training data.
  public enum Leak: Sendable, Equatable, CustomStringConvertible {
    /// Some pairs of user and item, as many as given, are in both the test and the training data.
    case testPairsInTraining(Int)
    /// The data is split by time, but some training interactions, as many as given, are later than nearly all of the
    /// test.
    case futureBeforePast(Int)

    /// A sentence that says what is wrong and what follows for the figures.
    public var description: String {
      switch self {
      case .testPairsInTraining(let count):
        "pairs of user and item in both the test and the training data: \(count); the figures are too good"
      case .futureBeforePast(let count):
        "\(count) training interactions are later than the test in a split by time; the figures are too good"
      }
    }
  }

  /// Looks for leaks from a test part into a train part.
  ///
  /// Interactions later than the test are a leak in a split by time only. A split counts as one by time if at least
  /// nine tenths of the training interactions lie before nineteen twentieths of the test; a random split does not.
  ///
  /// - Parameters:
  ///   - train: The interactions to train on.
  ///   - test: The interactions to test on, over the same users and items.
  /// - Returns: The leaks; empty if there are none.
  /// - Complexity: O((train + test) · log).
  public static func leaks<UserID, ItemID>(
    train: Interactions<UserID, ItemID>, test: Interactions<UserID, ItemID>
  ) -> [Leak] {
    var leaks: [Leak] = []
    let rows = PreparedData(train.data).byUser
    let shared = (0..<test.data.count).count { position in
      let cells = rows.cells(ofRow: Int(test.data.users[position]))
      return rows.columns[cells].sortedIndex(of: test.data.items[position]) != nil
    }
    if shared > 0 { leaks.append(.testPairsInTraining(shared)) }
    if !train.data.times.isEmpty, !test.data.times.isEmpty {
      let testTimes = test.data.times.sorted()
      let start = testTimes[testTimes.count / 20]
      let late = train.data.times.count { $0 > start }
      if late > 0, late * 10 < train.data.times.count { leaks.append(.futureBeforePast(late)) }
    }
    return leaks
  }
}
