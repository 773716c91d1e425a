/// What is particular to the files of the RecBole library.
enum RecBole {
  private static let types = [":token", ":float", ":token_seq", ":float_seq"]

  /// Whether a column's name carries a type.
  static func isTyped(_ name: String) -> Bool {
    types.contains { name.hasSuffix($0) }
  }
}
