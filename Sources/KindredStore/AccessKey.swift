import Crypto
import Foundation
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

extension AccessKey {
  /// Makes the text of a key of 256 random bits.
  package static func makeText() -> String {
    var random = SystemRandomNumberGenerator()
    return "kindred_" + (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }.hexadecimal
  }

  /// What a store keeps of a key.
  package static func hash(of text: String) -> Data {
    Data(SHA256.hash(data: Data(text.utf8)))
  }

  package init(number: Int, label: String, role: String, made: Timestamp) {
    self.init(number: number, label: label, role: Role(rawValue: role) ?? .readOnly, made: made)
  }

  /// Refuses a label that cannot be kept.
  package static func check(label: String, in store: String) throws(StoreError) {
    if label.utf8.contains(0) { throw StoreError(.invalid("the label holds a zero byte"), store: store) }
  }
}

extension Sequence<UInt8> {
  /// The bytes as two digits each.
  package var hexadecimal: String { map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() }
}
