/// What an evaluation must not do: train on what it tests, or on what happened later.
public enum LeakCheck {
  /// A way in which knowledge of the test gets into the training.
  public enum Leak: Sendable, Equatable, CustomStringConvertible {
    /// Test pairs are in the training data.
    case testPairsInTraining(Int)
    /// The data is cut by time, but for some training interactions that are later than nearly all tests.
    case futureBeforePast(Int)

    /// A sentence for a user.
    public var description: String {
      switch self {
      case .testPairsInTraining(let count):
        "\(count) of the test's pairs of user and item are in the training data too: the figures flatter"
      case .futureBeforePast(let count):
        "\(count) training interactions are later than the test, which else lies after the training: the figures flatter"
      }
    }
  }

  /// Looks for leaks from a test part into a train part over the same users and items. O((train + test) · log).
  ///
  /// Interactions later than the test are a leak only where the cut is one by time; a cut at random has them everywhere and claims nothing
  /// else. It is one by time if at least nine tenths of the training lie before nineteen twentieths of the test.
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
