import Hummingbird
import Kindred
import KindredJSON
import KindredStore

/// The values of answers. Numbers with a fraction always have a point, as in `3.0`: clients know the bytes.
extension JSON {
  /// A text, or null.
  static func text(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }
  /// A finite number, or null.
  static func float(_ value: Float?) -> JSON { value.map { .number(JSONNumber($0, keepsPoint: true)) } ?? .null }
  /// A finite number, or null.
  static func real(_ value: Double?) -> JSON { value.map { .number(JSONNumber($0, keepsPoint: true)) } ?? .null }
  /// A time in seconds since 1970, with decimals only where needed, or null.
  static func time(_ value: Timestamp?) -> JSON {
    guard let value else { return .null }
    return value % 1_000_000 == 0 ? .integer(Int(value / 1_000_000)) : .number(Double(value) / 1e6)
  }
  /// A list of texts.
  static func texts(_ values: some Sequence<String>) -> JSON { .array(values.map { .string($0) }) }
}

extension JSON {
  /// The text as bytes.
  var buffer: ByteBuffer {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(2048)
    write(to: &bytes)
    return ByteBuffer(bytes: bytes)
  }
}

extension Response {
  /// An answer in JSON.
  static func json(_ value: JSON, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Response {
    json(value.buffer, status: status, headers: headers)
  }

  /// An answer in JSON that is written already.
  static func json(_ body: ByteBuffer, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Response {
    var headers = headers
    headers[.contentType] = "application/json"
    return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
  }

  /// An answer without a body.
  static var done: Response { Response(status: .noContent) }
}
