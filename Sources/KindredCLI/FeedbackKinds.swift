import Foundation
import Kindred
import KindredJSON

extension FeedbackRule {
  /// Reads the value of each kind of feedback, from a text such as `view=1,like=3,dislike=-1`, or from the path of a
  /// JSON file that holds an object such as `{"view": 1, "like": 3}`.
  ///
  /// - Throws: ``ReadError``.
  static func kinds(parsing text: String) throws(ReadError) -> [String: Float] {
    if let data = FileManager.default.contents(atPath: text) {
      guard let kinds = try? JSON(parsing: Array(data)).decoded(as: [String: Float].self) else {
        throw ReadError(
          .badData, file: text, reason: "it is not a JSON object of kinds and values, such as {\"view\": 1}")
      }
      return kinds
    }
    var kinds: [String: Float] = [:]
    for part in text.split(separator: ",") {
      let pair = part.split(separator: "=", maxSplits: 1)
      guard pair.count == 2, let value = Float(pair[1].trimmingCharacters(in: .whitespaces)), value.isFinite else {
        throw ReadError(
          .badRequest, file: text, reason: "'\(part)' is neither a kind with a value, such as view=1, nor a file")
      }
      kinds[pair[0].trimmingCharacters(in: .whitespaces)] = value
    }
    return kinds
  }
}
