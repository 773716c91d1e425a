import Foundation
import Kindred
import KindredJSON
import KindredStore

/// The records of gorse's interface as received; a null or absent field keeps its value, or is empty in a new record.
struct GorseUser: Decodable {
  var UserId: String?
  var Labels: JSON?
  var Comment: String?

  func user() throws(ServerError) -> StoredUser {
    guard let id = UserId, RouteRequest.isID(id) else { throw .badBody("lacks a UserId") }
    return StoredUser(id: id, attributes: Attributes(Labels ?? .null), comment: Comment ?? "")
  }
}

struct GorseItem: Decodable {
  var ItemId: String?
  var IsHidden: Bool?
  var Categories: [String]?
  var Timestamp: String?
  var Labels: JSON?
  var Comment: String?

  func item() throws(ServerError) -> StoredItem {
    guard let id = ItemId, RouteRequest.isID(id) else { throw .badBody("lacks an ItemId") }
    return StoredItem(
      id: id, title: Comment, genres: Categories ?? [], attributes: Attributes(Labels ?? .null),
      isHidden: IsHidden ?? false,
      time: try GorseTime.parse(Timestamp))
  }

  func patch() throws(ServerError) -> ItemPatch {
    ItemPatch(
      title: Comment, genres: Categories, attributes: Labels.map { Attributes($0) }, isHidden: IsHidden,
      time: try GorseTime.parse(Timestamp)
    )
  }
}

struct GorseFeedback: Decodable {
  var FeedbackType: String?
  var UserId: String?
  var ItemId: String?
  var Value: Float?
  var Timestamp: String?

  /// - Parameter row: The record's position in its list, for the error message.
  func feedback(_ row: Int, needsUser: Bool = true) throws(ServerError) -> Feedback {
    let user = UserId ?? ""
    guard let item = ItemId, RouteRequest.isID(item), let kind = FeedbackType, RouteRequest.isID(kind),
      RouteRequest.isID(user) || !needsUser
    else { throw .badBody("lacks a FeedbackType, UserId or ItemId, at [\(row)]") }
    let value = Value ?? 0
    guard abs(value) <= 1e6 else { throw .badBody("holds a Value beyond 1000000, at [\(row)]") }
    return Feedback(user: user, item: item, kind: kind, value: value, time: try GorseTime.parse(Timestamp))
  }
}

extension JSON {
  static func gorse(_ user: StoredUser) -> JSON {
    ["UserId": .string(user.id), "Labels": user.attributes.json, "Comment": .string(user.comment)]
  }

  static func gorse(_ item: StoredItem) -> JSON {
    [
      "ItemId": .string(item.id), "IsHidden": .bool(item.isHidden), "Categories": .texts(item.genres),
      "Timestamp": .string(StoredTime.text(item.time)), "Labels": item.attributes.json,
      "Comment": .string(item.title ?? ""),
    ]
  }

  static func gorse(_ feedback: Feedback) -> JSON {
    let time = JSON.string(StoredTime.text(feedback.time))
    return [
      "FeedbackType": .string(feedback.kind), "UserId": .string(feedback.user), "ItemId": .string(feedback.item),
      "Value": .float(feedback.value), "Timestamp": time, "Updated": time, "Labels": .null, "Comment": "",
    ]
  }

  static func gorse(_ id: String, score: Float) -> JSON { ["Id": .string(id), "Score": .float(score)] }

  static func rows(_ count: Int) -> JSON { ["RowAffected": .integer(count)] }
}

/// Times in the formats of gorse's clients: RFC 3339 and similar ones, or seconds or milliseconds since 1970.
enum GorseTime {
  /// The time; nil for no text, and for no time.
  static func parse(_ text: String?) throws(ServerError) -> Timestamp? {
    guard let text = text?.trimmingCharacters(in: .whitespaces), !text.isEmpty, text != StoredTime.none else {
      return nil
    }
    guard let time = StoredTime.parse(normalized(text)) else {
      throw .badBody("holds the time '\(text.shortened)', which is none")
    }
    return time
  }

  /// A date with two digits per part and the marks of ISO 8601; any other text is unchanged.
  private static func normalized(_ text: String) -> String {
    let form =
      #/
      (\d{4})[-\/](\d{1,2})[-\/](\d{1,2})
      (?:[T\ ]+(\d{1,2}):(\d{2})(?::(\d{2})([.,]\d+)?)?)?
      \ ?(?:Z|UTC|([+-])(\d{2}):?(\d{2}))?
      /#
    guard let parts = try? form.wholeMatch(in: text)?.output else { return text }
    let two = { (part: Substring) in part.count < 2 ? "0" + part : String(part) }
    let zone = parts.8.map { "\($0)\(parts.9 ?? "00"):\(parts.10 ?? "00")" } ?? "Z"
    let clock = "\(two(parts.4 ?? "0")):\(parts.5 ?? "00"):\(parts.6 ?? "00")\(parts.7 ?? "")"
    return "\(parts.1)-\(two(parts.2))-\(two(parts.3))T\(clock)\(zone)"
  }
}
