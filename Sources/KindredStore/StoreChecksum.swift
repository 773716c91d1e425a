import Crypto
import Foundation

/// A checksum of what a store holds, over the lines of its dump.
package struct StoreChecksum: Equatable {
  private var hash = SHA256()

  package init() {}

  /// Adds a line.
  package mutating func add(_ line: String) { hash.update(data: Data((line + "\n").utf8)) }

  /// The first 64 bits in hexadecimal digits.
  package var text: String { hash.finalize().prefix(8).hexadecimal }

  package static func == (one: StoreChecksum, other: StoreChecksum) -> Bool {
    one.hash.finalize() == other.hash.finalize()
  }
}
