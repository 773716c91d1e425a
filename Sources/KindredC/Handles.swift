import Kindred
import Synchronization

/// The objects that callers hold by number.
///
/// A number is never given twice, so a closed handle names no later object.
enum Handles {
  /// An object behind a handle.
  enum Object: Sendable {
    case data(Interactions<String, String>)
    case recommender(Recommender<String, String>)

    /// The kind of object, as messages name it.
    var noun: String {
      switch self {
      case .data: "a data set"
      case .recommender: "a recommender"
      }
    }
  }

  private static let state = Mutex<(objects: [Int64: Object], last: Int64)>(([:], 0))

  static func add(_ object: Object) -> Int64 {
    state.withLock { state in
      state.last += 1
      state.objects[state.last] = object
      return state.last
    }
  }

  static func close(_ handle: Int64) throws(Failure) {
    let closed = state.withLock { $0.objects.removeValue(forKey: handle) }
    if closed == nil { throw missing(handle) }
  }

  static func object(_ handle: Int64) throws(Failure) -> Object {
    guard let object = state.withLock({ $0.objects[handle] }) else { throw missing(handle) }
    return object
  }

  static func data(_ handle: Int64) throws(Failure) -> Interactions<String, String> {
    switch try object(handle) {
    case .data(let data): return data
    case let other: throw Failure(.closed, "the handle \(handle) is \(other.noun), and a data set is needed")
    }
  }

  static func recommender(_ handle: Int64) throws(Failure) -> Recommender<String, String> {
    switch try object(handle) {
    case .recommender(let recommender): return recommender
    case let other: throw Failure(.closed, "the handle \(handle) is \(other.noun), and a recommender is needed")
    }
  }

  private static func missing(_ handle: Int64) -> Failure {
    Failure(.closed, "the handle \(handle) is not open; it was closed, or never given")
  }
}

@_cdecl("kindred_close")
public func kindredClose(_ handle: Int64) -> Int32 {
  answering(failed: -1) {
    try Handles.close(handle)
    return 0
  }
}
