/// A text as a key that is compared by its bytes, as ids are.
///
/// Two values of `String` are equal if they show the same characters: "é" is equal to "e" with an accent behind it.
package struct ExactText: Hashable, Sendable {
  /// The text.
  package let text: String

  /// Makes a key of a text.
  package init(_ text: String) { self.text = text }

  package static func == (left: ExactText, right: ExactText) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

  package func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}
