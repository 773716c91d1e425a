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
      time: try GorseTime.seconds(Timestamp))
  }

  func patch() throws(ServerError) -> ItemPatch {
    ItemPatch(
      title: Comment, genres: Categories, attributes: Labels.map { Attributes($0) }, isHidden: IsHidden,
      time: try GorseTime.seconds(Timestamp)
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
    return Feedback(user: user, item: item, kind: kind, value: value, time: try GorseTime.seconds(Timestamp))
  }
}

extension JSON {
  static func gorse(_ user: StoredUser) -> JSON {
    ["UserId": .string(user.id), "Labels": user.attributes.json, "Comment": .string(user.comment)]
  }

  static func gorse(_ item: StoredItem) -> JSON {
    [
      "ItemId": .string(item.id), "IsHidden": .bool(item.isHidden), "Categories": .texts(item.genres),
      "Timestamp": .string(GorseTime.text(item.time)), "Labels": item.attributes.json,
      "Comment": .string(item.title ?? ""),
    ]
  }

  static func gorse(_ feedback: Feedback) -> JSON {
    let time = JSON.string(GorseTime.text(feedback.time))
    return [
      "FeedbackType": .string(feedback.kind), "UserId": .string(feedback.user), "ItemId": .string(feedback.item),
      "Value": .float(feedback.value), "Timestamp": time, "Updated": time, "Labels": .null, "Comment": "",
    ]
  }

  static func gorse(_ id: String, score: Float) -> JSON { ["Id": .string(id), "Score": .float(score)] }

  static func rows(_ count: Int) -> JSON { ["RowAffected": .integer(count)] }
}

/// Times in the formats of gorse's clients: RFC 3339 and similar ones, or seconds since 1970.
enum GorseTime {
  /// Go's text for an absent time.
  private static let none = "0001-01-01T00:00:00Z"

  static func text(_ time: Timestamp?) -> String {
    guard let time else { return none }
    return Date(timeIntervalSince1970: Double(time)).formatted(.iso8601)
  }

  /// The seconds since 1970; nil for no text, and for no time.
  static func seconds(_ text: String?) throws(ServerError) -> Timestamp? {
    guard let text = text?.trimmingCharacters(in: .whitespaces), !text.isEmpty, text != none else { return nil }
    if let number = Int64(text), number.magnitude < 1 << 52 { return number > 100_000_000_000 ? number / 1000 : number }
    let form =
      #/
      (\d{4})[-\/](\d{1,2})[-\/](\d{1,2})
      (?:[T\ ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?
      \ ?(?:Z|UTC|([+-])(\d{2}):?(\d{2}))?
      /#
    guard let parts = try? form.wholeMatch(in: text)?.output else {
      throw .badBody("holds the time '\(text.shortened)', which is none")
    }
    let fields = [
      parts.1, parts.2, parts.3, parts.4 ?? "0", parts.5 ?? "0", parts.6 ?? "0", parts.8 ?? "0", parts.9 ?? "0",
    ]
    .map { Int($0) ?? 0 }
    var components = DateComponents()
    (components.year, components.month, components.day) = (fields[0], fields[1], fields[2])
    (components.hour, components.minute, components.second) = (fields[3], fields[4], fields[5])
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    guard (1...12).contains(fields[1]), (1...31).contains(fields[2]), fields[3] < 25, fields[4] < 60, fields[5] < 61,
      let date = calendar.date(from: components)
    else { throw .badBody("holds the time '\(text.shortened)', which is none") }
    let offset = (fields[6] * 60 + fields[7]) * 60 * (parts.7 == "-" ? -1 : 1)
    return Timestamp(date.timeIntervalSince1970) - Timestamp(offset)
  }
}
