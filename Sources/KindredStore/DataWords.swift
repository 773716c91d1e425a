import Kindred
import KindredJSON

/// The words by which items and users are called, such as `film` and `films`: a setting of the store.
public struct DataWords: Sendable, Equatable, Codable {
  /// The word for one item.
  public var item = "item"
  /// The word for several.
  public var items = "items"
  /// The word for one user.
  public var user = "user"
  /// The word for several.
  public var users = "users"

  /// Creates the words of a store without the setting.
  public init() {}

  /// Reads a noun as one types it: `film`, or with an irregular plural `person/people`.
  ///
  /// - Returns: The singular and the plural; nil if the text is no noun of at most 40 letters.
  public static func noun(_ text: String) -> (one: String, many: String)? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let isNoun = { (word: String) in
      !word.isEmpty && word.count <= 40 && word.allSatisfy { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" }
    }
    guard (1...2).contains(parts.count), parts.allSatisfy(isNoun) else { return nil }
    return (parts[0], parts.count == 2 ? parts[1] : parts[0] + "s")
  }
}

extension Store {
  /// The words by which items and users are called.
  public func words() async throws(StoreError) -> DataWords {
    guard let text = try await setting(DataWords.setting) else { return DataWords() }
    return (try? JSON(parsing: text).decoded()) ?? DataWords()
  }

  /// Sets the words by which items and users are called.
  public func set(_ words: DataWords) async throws(StoreError) {
    try await set(DataWords.setting, to: (try? JSON(encoding: words).text([.sortedKeys])) ?? nil)
  }
}

extension DataWords {
  fileprivate static let setting = "words"
}
