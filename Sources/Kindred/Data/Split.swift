/// A method of splitting a data set into a training set and a test set.
///
/// The same seed gives the same split of the same data on every machine.
public enum Split: Sendable, Equatable, CustomStringConvertible {
  /// Tests a random share, from 0 to 1, of all interactions: `random:0.1`.
  case random(holdingOut: Double)
  /// Tests a random share of each user's interactions, and at least one per user with two or more: `user:0.2`.
  case perUser(holdingOut: Double)
  /// Tests the latest interactions of each user, as many as given, and trains on all of a user who has no more than
  /// these: `leave-last`, or `leave-last:2` for two. Without times the data's order counts.
  case leaveLast(Int)
  /// Trains on the interactions before a time, and tests the others, about the latest share of all: `time:0.1`.
  /// Interactions of the same time are on the same side.
  case time(holdingOut: Double)
  /// Holds a share of the users out of training; they are folded in from four fifths of their history and tested on
  /// the rest: `people:0.1`.
  case users(holdingOut: Double)
  /// Tests every interaction once, in one of several folds of nearly equal size: `folds:10`.
  case folds(Int)

  /// The error of a text that does not describe a split.
  public struct ParsingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A sentence that names the text and gives examples of splits.
    public let description: String
  }

  /// Parses `random:0.1`, `user:0.2`, `leave-last`, `leave-last:2`, `time:0.1`, `people:0.1` or `folds:10`.
  ///
  /// - Parameter text: The text, with a share between 0 and 1 or a number of folds of at least 2.
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
    case "leave-last":
      guard let count = parts.count == 1 ? 1 : Int(parts[1]), count >= 1 else {
        throw ParsingError(
          description: "the split '\(text)' needs a number of events of at least 1, such as leave-last:2")
      }
      self = .leaveLast(count)
    case "folds":
      guard parts.count == 2, let count = Int(parts[1]), count >= 2, count <= 1_000_000 else {
        throw ParsingError(description: "the split '\(text)' needs a number of folds of at least 2, such as folds:10")
      }
      self = .folds(count)
    default:
      throw ParsingError(
        description: "'\(text)' is no split; use time:0.1, leave-last, leave-last:2, user:0.2, random:0.1, people:0.1 "
          + "or folds:10")
    }
  }

  /// The text that parses to this split.
  public var description: String {
    switch self {
    case .random(let share): "random:\(share)"
    case .perUser(let share): "user:\(share)"
    case .leaveLast(1): "leave-last"
    case .leaveLast(let count): "leave-last:\(count)"
    case .time(let share): "time:\(share)"
    case .users(let share): "people:\(share)"
    case .folds(let count): "folds:\(count)"
    }
  }
}

extension Split {
  /// Why a split by time would say little.
  public enum TimeObstacle: Sendable, Equatable {
    /// No interaction has a time.
    case noTimes
    /// More than half of the interactions have the same time.
    case equalTimes
    /// Few users, as many as given, have interactions both before and after the time of the split.
    case fewUsers(Int)
  }

  /// Whether the test is later than what is trained on, for all users or for each.
  public var followsTime: Bool {
    switch self {
    case .leaveLast, .time: true
    case .random, .perUser, .users, .folds: false
    }
  }
}
