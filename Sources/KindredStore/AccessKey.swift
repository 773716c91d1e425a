import Kindred

/// A key that lets a program use a server; the key itself is not kept.
public struct AccessKey: Sendable, Equatable {
  /// What a key allows.
  public enum Role: String, Sendable, CaseIterable, Codable {
    /// To ask.
    case readOnly = "read-only"
    /// To ask and to change.
    case admin
  }

  /// Its number in the store.
  public var number: Int
  /// What it is called.
  public var label: String
  /// What it allows.
  public var role: Role
  /// When it was made, in microseconds since 1970.
  public var made: Timestamp
}
