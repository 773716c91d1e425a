/// The format of columns in files of the RecBole library.
enum RecBole {
  private static let types = [":token", ":float", ":token_seq", ":float_seq"]

  /// Returns whether a column's name has a type as its suffix, such as `user_id:token`.
  static func isTyped(_ name: String) -> Bool {
    types.contains { name.hasSuffix($0) }
  }
}
