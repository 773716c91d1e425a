/// What bytes should be and are not, and where.
package struct MalformedJSON: Error, Equatable, CustomStringConvertible {
  /// What should be there, such as "','".
  package var expected: String
  /// The byte at which it should be.
  package var position: Int

  package init(expected: String, position: Int) {
    self.expected = expected
    self.position = position
  }

  package var description: String { "the JSON makes no sense at byte \(position), which should be \(expected)" }
}
