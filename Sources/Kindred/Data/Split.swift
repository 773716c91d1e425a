/// How a data set is cut into a part to learn from and a part to be tested on.
///
/// A seed gives the same cut of the same data at any time, on any machine.
public enum Split: Sendable, Equatable, CustomStringConvertible {
  /// A share, from 0 to 1, of all interactions, each equally likely: `random:0.1`.
  case random(holdingOut: Double)
  /// A share of each user's interactions: `user:0.2`. At least one of a user who has two.
  case perUser(holdingOut: Double)
  /// The latest interaction of each user who has two: `leave-last`.
  case leaveLast
  /// The latest share of all interactions: `time:0.1`.
  case time(holdingOut: Double)
  /// A share of the users, held out of training whole and folded in from four fifths of their history: `users:0.1`.
  case users(holdingOut: Double)
  /// Every interaction is tested once, in one of several parts of nearly equal size: `folds:10`.
  case folds(Int)

  /// Why a text is no split.
  public struct ParsingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A sentence that names the text and what would be one.
    public let description: String
  }

  /// Parses `random:0.1`, `user:0.2`, `leave-last`, `time:0.1`, `users:0.1` or `folds:10`.
  ///
  /// - Throws: ``ParsingError`` with a sentence that says what is wrong.
  public init(parsing text: String) throws(ParsingError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
    func share() throws(ParsingError) -> Double {
      guard parts.count == 2, let share = Double(parts[1]), share > 0, share < 1 else {
        throw ParsingError(description: "the split '\(text)' needs a share between 0 and 1, such as \(parts[0]):0.1")
      }
      return share
    }
    switch parts[0] {
    case "random": self = .random(holdingOut: try share())
    case "user": self = .perUser(holdingOut: try share())
    case "time": self = .time(holdingOut: try share())
    case "people": self = .users(holdingOut: try share())
    case "leave-last" where parts.count == 1: self = .leaveLast
    case "folds":
      guard parts.count == 2, let count = Int(parts[1]), count >= 2, count <= 1_000_000 else {
        throw ParsingError(description: "the split '\(text)' needs a number of parts from 2, such as folds:10")
      }
      self = .folds(count)
    default:
      throw ParsingError(
        description: "'\(text)' is no split; use random:0.1, user:0.2, leave-last, time:0.1, people:0.1 or folds:10")
    }
  }

  /// The text that parses to this split.
  public var description: String {
    switch self {
    case .random(let share): "random:\(share)"
    case .perUser(let share): "user:\(share)"
    case .leaveLast: "leave-last"
    case .time(let share): "time:\(share)"
    case .users(let share): "people:\(share)"
    case .folds(let count): "folds:\(count)"
    }
  }
}

extension Interactions {
  /// Cuts the data in two; both parts keep its order and its vocabularies. O(count), O(count · log count) by time.
  ///
  /// - Precondition: the split is not `folds`, which makes more than one pair, and a share lies between 0 and 1.
  public func split(_ split: Split, seed: UInt64) -> (train: Interactions, test: Interactions) {
    if case .folds = split { preconditionFailure("folds(_:seed:) makes the pairs of a split into folds") }
    return parted(by: data.testMarks(split, seed: seed)) { $0 }
  }

  /// The folds of any split, ready to be evaluated: one, or as many as `folds` says. O(count · folds).
  public func evaluationFolds(_ split: Split, seed: UInt64) -> [Evaluator.Fold<UserID, ItemID>] {
    switch split {
    case .folds(let count):
      return folds(count, seed: seed).map { Evaluator.Fold(train: $0.train, test: $0.test) }
    case .users:
      let (rest, test) = self.split(split, seed: seed)
      let held = Set(test.data.users)
      let isHeld = rest.data.users.map { held.contains($0) }
      let (train, given) = rest.parted(by: isHeld) { $0 }
      return [Evaluator.Fold(train: train, test: test, given: given)]
    default:
      let (train, test) = self.split(split, seed: seed)
      return [Evaluator.Fold(train: train, test: test)]
    }
  }

  /// Cuts the data into parts of nearly equal size; each is tested once while the others train. O(count · parts).
  ///
  /// - Precondition: there are two parts or more.
  public func folds(_ count: Int, seed: UInt64) -> [(train: Interactions, test: Interactions)] {
    let folds = data.foldNumbers(count, seed: seed)
    return (0..<Int32(count)).map { fold in parted(by: folds) { $0 == fold } }
  }

  private func parted<Mark>(by marks: [Mark], isTest: (Mark) -> Bool) -> (train: Interactions, test: Interactions) {
    (selecting(marks.indices.filter { !isTest(marks[$0]) }), selecting(marks.indices.filter { isTest(marks[$0]) }))
  }
}
