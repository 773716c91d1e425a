import Kindred
import KindredStore

/// A time in a body: a number of seconds since 1970, with decimals, or text in ISO 8601.
struct RequestTime: Decodable {
  let timestamp: Timestamp

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let seconds = try? container.decode(Double.self) {
      let microseconds = (seconds * 1e6).rounded()
      guard abs(microseconds) < 1e18, StoredTime.range.contains(Timestamp(microseconds)) else {
        throw ServerError.badTime
      }
      timestamp = Timestamp(microseconds)
    } else {
      // Text of digits alone would be a number in a unit that nobody named.
      guard let text = try? container.decode(String.self), text.utf8.contains(UInt8(ascii: "-")),
        let time = StoredTime.parse(text)
      else { throw ServerError.badTime }
      timestamp = time
    }
  }

  /// When something happened, which is not before 1970.
  var ofEvent: Timestamp {
    get throws(ServerError) {
      guard timestamp >= 0 else { throw .badTime }
      return timestamp
    }
  }
}
