import Foundation

@testable import Kindred

/// A file that lives as long as the value that names it.
final class TemporaryFile {
  let path: String

  init(_ bytes: some Collection<UInt8>, name: String = "ratings.csv") {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try! FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    path = folder.appendingPathComponent(name).path
    try! Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  convenience init(_ text: String, name: String = "ratings.csv") { self.init(Array(text.utf8), name: name) }

  /// A path beside the file.
  func sibling(_ name: String) -> String {
    URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent(name).path
  }

  deinit { try? FileManager.default.removeItem(at: URL(fileURLWithPath: path).deletingLastPathComponent()) }
}

extension [UInt8] {
  /// These bytes as a gzip member of stored blocks.
  var gzipped: [UInt8] {
    var member: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
    var start = 0
    repeat {
      let block = self[start..<Swift.min(start + 65_535, count)]
      start = block.endIndex
      let size = UInt16(block.count)
      member += [start == count ? 1 : 0, UInt8(size & 255), UInt8(size >> 8), UInt8(~size & 255), UInt8(~size >> 8)]
      member += block
    } while start < count
    for word in [checksum, UInt32(count)] { member += (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    return member
  }

  /// CRC-32.
  private var checksum: UInt32 {
    var sum: UInt32 = ~0
    for byte in self {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
    }
    return ~sum
  }
}

/// What a text reads as, one line an interaction: `user|item|value|seconds`.
func rows(_ text: String, _ reader: InteractionReader = InteractionReader()) throws -> [String] {
  try rows(Array(text.utf8), reader)
}

func rows(_ bytes: [UInt8], _ reader: InteractionReader = InteractionReader()) throws -> [String] {
  let file = TemporaryFile(bytes)
  return try Interactions<String, String>(contentsOf: file.path, reader: reader).map { described($0) }
}

func described<User, Item>(_ interaction: Interaction<User, Item>) -> String {
  let time = interaction.time.map { $0 % 1_000_000 == 0 ? "\($0 / 1_000_000)" : "\(Double($0) / 1e6)" } ?? "-"
  return "\(interaction.user)|\(interaction.item)|\(interaction.value)|\(time)"
}

/// The error that reading a text ends in, with `FILE` for the path; nil where it reads well.
func readError(_ bytes: [UInt8], _ reader: InteractionReader = InteractionReader()) -> String? {
  let file = TemporaryFile(bytes)
  do throws(ReadError) {
    _ = try Interactions<String, String>(contentsOf: file.path, reader: reader)
    return nil
  } catch {
    return error.description.replacingOccurrences(of: file.path, with: "FILE")
  }
}

func readError(_ text: String, _ reader: InteractionReader = InteractionReader()) -> String? {
  readError(Array(text.utf8), reader)
}

extension TemporaryFile {
  func overwrite(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }
}
