import Foundation
import Kindred
import KindredJSON

extension FeedbackRule {
  /// Reads a rule for kinds of feedback: `view=1,like=3,dislike=-1`, or the path of a JSON file such as `{"view": 1, "like": 3}`.
  ///
  /// - Throws: ``ReadError``.
  static func kinds(parsing text: String) throws(ReadError) -> [String: Float] {
    if let data = FileManager.default.contents(atPath: text) {
      guard let kinds = try? JSON(parsing: Array(data)).decoded(as: [String: Float].self) else {
        throw ReadError(
          .badData, file: text, reason: "it is no JSON object of kinds and their values, such as {\"view\": 1}")
      }
      return kinds
    }
    var kinds: [String: Float] = [:]
    for part in text.split(separator: ",") {
      let pair = part.split(separator: "=", maxSplits: 1)
      guard pair.count == 2, let value = Float(pair[1].trimmingCharacters(in: .whitespaces)), value.isFinite else {
        throw ReadError(
          .badRequest, file: text, reason: "'\(part)' is no kind with a value, such as view=1, and no file")
      }
      kinds[pair[0].trimmingCharacters(in: .whitespaces)] = value
    }
    return kinds
  }
}
