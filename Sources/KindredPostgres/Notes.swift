import Kindred
import KindredStore

/// What a transaction changed, as replicas tell each other by NOTIFY.
///
/// A note is the replica's name, a letter, and what the letter is about: `a81fu1:ann` says that one event of the user
/// `ann` is new.
struct Notes {
  private var changes: [String: StoreChange] = [:]
  /// Beyond this many notes one says that everything may have changed.
  private static let most = 500

  /// Takes note of a change.
  mutating func add(_ change: StoreChange) {
    let key = change.letter + (change.id ?? "")
    if case .user(let id, let more) = change, case .user(_, let count)? = changes[key] {
      changes[key] = .user(id, newFeedback: count + more)
    } else {
      changes[key] = change
    }
  }

  /// The notes as texts.
  func texts(from replica: String) -> [String] {
    let all = changes.count > Self.most ? [.everything] : Array(changes.values)
    return all.map { change in
      switch change {
      case .user(let id, let count): "\(replica)\(change.letter)\(count):\(id)"
      default: replica + change.letter + (change.id ?? "")
      }
    }
  }

  /// Reads a note; nil for a replica's own.
  static func change(_ text: String, for replica: String) -> StoreChange? {
    if text.hasPrefix(replica) { return nil }
    let rest = text.dropFirst(replica.count)
    let about = rest.dropFirst()
    switch rest.first {
    case "u":
      let count = about.prefix { $0.isASCII && $0.isNumber }
      return .user(String(about.dropFirst(count.count + 1)), newFeedback: Int(count) ?? 0)
    case "i": return .item(String(about))
    case "m": return .models
    case "k": return .keys
    case "s": return .settings
    default: return .everything
    }
  }
}

extension StoreChange {
  fileprivate var letter: String {
    switch self {
    case .user: "u"
    case .item: "i"
    case .models: "m"
    case .keys: "k"
    case .settings: "s"
    case .everything, .trainingAbandoned, .unknown: "*"
    }
  }

  fileprivate var id: String? {
    switch self {
    case .user(let id, _), .item(let id): id
    default: nil
    }
  }
}
