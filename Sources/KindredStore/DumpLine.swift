import Foundation
import Kindred
import KindredJSON

/// The lines of a dump, as gorse writes them and as this store does.
///
/// A line with a `FeedbackType` is feedback; one with an `ItemId` alone an item, one with a `UserId` alone a user.
extension StoredRecord {
  /// The most bytes of a line.
  private static let longestLine = 1 << 20

  /// The names of the members are gorse's.
  private struct Fields: Decodable {
    var FeedbackType: String?
    var UserId: String?
    var ItemId: String?
    var Value: Double?
    var Timestamp: String?
    var IsHidden: Bool?
    var Categories: [String]?
    var Labels: JSON?
    var Comment: String?
    /// Ours: whether it is an event before the current feedback of its user, item and kind.
    var Earlier: Bool?
    /// Ours: whether a list showed the item, and the user did nothing.
    var Shown: Bool?
  }

  /// Whether a line is one of a dump rather than a row of ratings.
  static func isDump(_ line: [UInt8]) -> Bool {
    guard let json = try? JSON(parsing: line), case .object = json else { return false }
    return json["FeedbackType"] != nil || (json["UserId"] != nil) != (json["ItemId"] != nil)
  }

  /// Reads a line.
  init(line: [UInt8]) throws(Problem) {
    if line.count > Self.longestLine { throw Problem("the line is longer than 1 MiB") }
    let fields: Fields
    do {
      fields = try JSON(parsing: line).decoded()
    } catch { throw Problem(error) }
    let time = try Self.time(fields.Timestamp)
    switch (fields.FeedbackType, fields.UserId, fields.ItemId) {
    case (let kind?, let user?, let item?):
      let value = Float(fields.Value ?? 0)
      guard value.isFinite else { throw Problem("the Value is too large") }
      self = .feedback(
        Feedback(
          user: try Self.id(user, "UserId"), item: try Self.id(item, "ItemId"),
          kind: try Self.id(kind, "FeedbackType"),
          value: value, time: time, isEarlier: fields.Earlier ?? false,
          isShown: fields.Shown ?? false))
    case (nil, nil, let item?):
      let title = try Self.text(fields.Comment ?? "", "Comment")
      let genres = try (fields.Categories ?? []).map { genre throws(Problem) in try Self.text(genre, "Categories") }
      self = .item(
        StoredItem(
          id: try Self.id(item, "ItemId"), title: title.isEmpty ? nil : title, genres: genres,
          attributes: Attributes(fields.Labels ?? .null), isHidden: fields.IsHidden ?? false, time: time))
    case (nil, let user?, nil):
      self = .user(
        StoredUser(
          id: try Self.id(user, "UserId"), attributes: Attributes(fields.Labels ?? .null),
          comment: try Self.text(fields.Comment ?? "", "Comment")))
    case (_?, nil, _): throw Problem("feedback needs a UserId")
    case (_?, _, nil): throw Problem("feedback needs an ItemId")
    default: throw Problem("the line is neither an item nor a user nor feedback with a FeedbackType")
    }
  }

  /// The line as text, without a line end.
  var line: String {
    let members: [(String, JSON)] =
      switch self {
      case .item(let item):
        [
          ("Categories", .array(item.genres.map { .string($0) })), ("Comment", .string(item.title ?? "")),
          ("IsHidden", .bool(item.isHidden)), ("ItemId", .string(item.id)), ("Labels", item.attributes.json),
          ("Timestamp", .string(StoredTime.text(item.time))),
        ]
      case .user(let user):
        [
          ("Comment", .string(user.comment)), ("Labels", user.attributes.json), ("UserId", .string(user.id)),
        ]
      case .feedback(let feedback):
        (feedback.isEarlier ? [("Earlier", .bool(true))] : []) + [
          ("FeedbackType", .string(feedback.kind)), ("ItemId", .string(feedback.item)),
        ] + (feedback.isShown ? [("Shown", .bool(true))] : []) + [
          ("Timestamp", .string(StoredTime.text(feedback.time))), ("UserId", .string(feedback.user)),
          // The shortest decimal of the float, not that of the double it becomes.
          ("Value", .number(Double(feedback.value.description) ?? Double(feedback.value))),
        ]
      }
    return JSON.object(members).text(.shortEscapes)
  }

  private static func time(_ text: String?) throws(Problem) -> Timestamp? {
    guard let text, !text.isEmpty, !text.hasPrefix("0001-01-01T00:00:00") else { return nil }
    guard let time = StoredTime.parse(text) else { throw Problem("the Timestamp '\(text.prefix(40))' cannot be read") }
    return time
  }

  private static func id(_ text: String, _ name: String) throws(Problem) -> String {
    if text.isEmpty { throw Problem("the \(name) is empty") }
    if text.utf8.count > 4096 { throw Problem("the \(name) is longer than 4096 bytes") }
    return try Self.text(text, name)
  }

  private static func text(_ text: String, _ name: String) throws(Problem) -> String {
    if text.utf8.contains(0) { throw Problem("the \(name) holds a zero byte") }
    return text
  }

  /// What is wrong with a line.
  struct Problem: Error, Sendable {
    let reason: String

    init(_ reason: String) { self.reason = reason }

    init(_ error: any Error) {
      switch error {
      case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
        let path = context.codingPath.first?.stringValue ?? "line"
        reason = path == "line" ? "the line is no JSON object" : "the \(path) is not of the right type"
      default: reason = "the line is not JSON"
      }
    }
  }
}
