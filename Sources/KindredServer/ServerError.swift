import Foundation
import Hummingbird
import Kindred
import KindredJSON
import KindredStore
import NIOCore

/// Why a request is refused: a status, a code that stays the same, and a sentence for a user.
struct ServerError: Error, Sendable {
  let status: HTTPResponse.Status
  let code: String
  let message: String
  var headers: HTTPFields = [:]

  init(_ status: HTTPResponse.Status, _ code: String, _ message: String, headers: HTTPFields = [:]) {
    self.status = status
    self.code = code
    self.message = message
    self.headers = headers
  }

  static func badParameter(_ name: String, _ reason: String) -> ServerError {
    ServerError(.badRequest, "invalid_parameter", "The parameter '\(name)' \(reason).")
  }

  static func badBody(_ reason: String) -> ServerError {
    ServerError(.badRequest, "invalid_body", "The body \(reason).")
  }

  static func unknown(_ what: String, _ id: String) -> ServerError {
    ServerError(.notFound, "unknown_\(what)", "There is no \(what) '\(id.shortened)'.")
  }

  static let badTime = ServerError(
    .badRequest, "invalid_value",
    "A time is a number of seconds since 1970, or text such as 2024-01-31T12:00:00Z, up to the year 9999.")

  /// A value that no user of the model's data gives.
  static func offScale(_ value: Float, _ scale: ClosedRange<Float>) -> ServerError {
    ServerError(
      .badRequest, "invalid_value",
      "The ratings of this model run from \(scale.lowerBound.plain) to \(scale.upperBound.plain): \(value.plain).")
  }

  static let notReady = ServerError(
    .serviceUnavailable, "not_ready", "The first model is still being trained; ask again in a moment.",
    headers: [.retryAfter: "1"])

  static let overloaded = ServerError(
    .serviceUnavailable, "overloaded", "Too many costly requests are under way; ask again in a moment.",
    headers: [.retryAfter: "1"])

  static let tooLarge = ServerError(
    .contentTooLarge, "body_too_large", "The body is larger than this server takes.", headers: [.connection: "close"])

  static let tooSlow = ServerError(
    .requestTimeout, "request_timeout", "The request did not arrive in time.", headers: [.connection: "close"])

  private var answer: JSON { ["error": ["code": .string(code), "message": .string(message)]] }
  /// What the client is told, as text.
  var body: String { answer.text() }
  var response: Response { .json(answer, status: status, headers: headers) }
}

extension ServerError {
  /// What a client is told of an error; nil for an unexpected one.
  init?(_ error: any Error) {
    switch error {
    case let error as ServerError: self = error
    case is MalformedJSON: self = .badBody("is no JSON")
    case let error as DecodingError: self = .badBody(error.reason)
    case is NIOTooManyBytesError: self = .tooLarge
    case let error as StoreError: self.init(error)
    case let error as HTTPError:
      self.init(error.status, "http_\(error.status.code)", error.body ?? "\(error.status.reasonPhrase).")
    default: return nil
    }
  }
}

extension ServerError {
  private init?(_ error: StoreError) {
    switch error.reason {
    case .unknownItem(let id): self = .unknown("item", id)
    case .unknownModel(let number): self = .unknown("model", "\(number)")
    case .invalid(let detail): self.init(.badRequest, "invalid_value", detail.asSentence)
    case .locked:
      self.init(
        .serviceUnavailable, "store_busy", "The store is in use by another process.", headers: [.retryAfter: "1"])
    case .unavailable:
      self.init(
        .serviceUnavailable, "store_unavailable", "The store does not answer at present.", headers: [.retryAfter: "1"])
    case .diskFull:
      self.init(
        .init(code: 507, reasonPhrase: "Insufficient Storage"), "disk_full",
        "The disk is full; nothing of this was kept.")
    default: return nil
    }
  }
}

extension DecodingError {
  /// What is wrong with a body, without what it holds.
  fileprivate var reason: String {
    switch self {
    case .keyNotFound(let key, let context): "lacks '\(key.stringValue.shortened)'\(context.place)"
    case .valueNotFound(_, let context): "holds null where a value is needed\(context.place)"
    case .typeMismatch(let type, let context): "holds a value that is not \(noun(type))\(context.place)"
    case .dataCorrupted(let context):
      context.codingPath.isEmpty ? "is no JSON" : "holds a value that cannot be taken\(context.place)"
    @unknown default: "cannot be read"
    }
  }
}

/// What a body calls a value of a type.
private func noun(_ type: Any.Type) -> String {
  switch type {
  case is Bool.Type: "true or false"
  case is any FixedWidthInteger.Type: "a whole number"
  case is any BinaryFloatingPoint.Type: "a number"
  case is String.Type: "a text"
  case is [Any].Type: "an array"
  case is [String: Any].Type: "an object"
  default: "of the right type"
  }
}

extension DecodingError.Context {
  fileprivate var place: String {
    let path = codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
    return path.isEmpty ? "" : ", at \(path.drop { $0 == "." }.description.shortened)"
  }
}

extension Float {
  /// The number without the fraction of a whole one: 5, 0.5.
  fileprivate var plain: String { Int(exactly: self).map { "\($0)" } ?? "\(self)" }
}

extension String {
  /// The text with a capital and a full stop.
  var asSentence: String { prefix(1).uppercased() + dropFirst() + "." }

  /// The text, cut where it is too long to repeat in a sentence.
  var shortened: String { shown(atMost: 60) }
}
