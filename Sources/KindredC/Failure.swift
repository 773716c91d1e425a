#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif
import Kindred

/// An error that a function of the C interface reports.
struct Failure: Error {
  /// The kinds of errors, by their numbers in the header.
  enum Kind: Int32 {
    case none = 0
    case badArgument, badData, badFile, cancelled, closed, forked
  }

  let kind: Kind
  let sentence: String

  init(_ kind: Kind, _ sentence: String) {
    self.kind = kind
    self.sentence = sentence
  }

  /// The failure that an error of the library amounts to.
  init(_ error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as TrainingError where error.reason == .cancelled: self.init(.cancelled, error.description)
    case let error as TrainingError:
      if case .invalidSetting = error.reason {
        self.init(.badArgument, error.description)
      } else {
        self.init(.badData, error.description)
      }
    case let error as ModelFileError: self.init(.badFile, error.description)
    case let error as ReadError: self.init(.badFile, error.description)
    case let error as Split.ParsingError: self.init(.badArgument, error.description)
    default: self.init(.badData, "\(error)")
    }
  }
}

/// Throws a failure for a wrong argument unless a condition holds.
func require(_ condition: Bool, _ sentence: @autoclosure () -> String) throws(Failure) {
  if !condition { throw Failure(.badArgument, sentence()) }
}

/// The last error of the calling thread.
enum LastError {
  private struct State {
    var kind: Int32
    var sentence: UnsafeMutablePointer<CChar>?
  }

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key) { state in
      let memory: UnsafeMutableRawPointer? = state
      guard let state = memory?.assumingMemoryBound(to: State.self) else { return }
      free(state.pointee.sentence)
      state.deallocate()
    }
    return key
  }()

  private static var state: UnsafeMutablePointer<State> {
    if let known = pthread_getspecific(key) { return known.assumingMemoryBound(to: State.self) }
    let state = UnsafeMutablePointer<State>.allocate(capacity: 1)
    state.initialize(to: State(kind: 0, sentence: nil))
    pthread_setspecific(key, state)
    return state
  }

  static var kind: Int32 { state.pointee.kind }
  static var sentence: UnsafePointer<CChar>? { UnsafePointer(state.pointee.sentence) }

  static func set(_ failure: Failure?) {
    let state = state
    free(state.pointee.sentence)
    state.pointee = State(kind: failure?.kind.rawValue ?? 0, sentence: failure.flatMap { strdup($0.sentence) })
  }
}

/// The process in which this library was first called.
private let process = getpid()

/// Runs the body of a function of the C interface: an error that it throws becomes the thread's last error, and
/// `failed` the function's result.
func answering<Result>(failed: Result, _ body: () throws -> Result) -> Result {
  LastError.set(nil)
  do {
    if getpid() != process {
      throw Failure(
        .forked,
        "this process is a fork of one that used Kindred, whose threads did not survive; start workers with 'spawn' "
          + "instead of 'fork', and load the model in each")
    }
    return try body()
  } catch {
    LastError.set(Failure(error))
    return failed
  }
}

/// A text in memory that the caller frees with `kindred_free`.
func allocated(_ text: String) -> UnsafeMutablePointer<CChar>? { strdup(text) }

@_cdecl("kindred_interface")
public func kindredInterface() -> Int32 { 1 }

@_cdecl("kindred_error")
public func kindredError() -> UnsafePointer<CChar>? { LastError.sentence ?? noSentence }

@_cdecl("kindred_error_kind")
public func kindredErrorKind() -> Int32 { LastError.kind }

@_cdecl("kindred_free")
public func kindredFree(_ text: UnsafeMutablePointer<CChar>?) { free(text) }

/// An empty text that is never freed.
private nonisolated(unsafe) let noSentence: UnsafePointer<CChar>? = UnsafePointer(strdup(""))
