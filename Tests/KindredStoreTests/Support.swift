import Foundation

@testable import KindredStore

/// A folder that is removed at the end.
final class Folder: Sendable {
  let path: String

  init() {
    path = NSTemporaryDirectory() + "kindred-store-\(UInt64.random(in: .min ... .max))"
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  subscript(name: String) -> String { path + "/" + name }

  /// A name that no other folder has, for what is not a file.
  var schema: String { (path as NSString).lastPathComponent.replacing("-", with: "_") }

  func write(_ text: String, to name: String) {
    guard FileManager.default.createFile(atPath: self[name], contents: Data(text.utf8)) else {
      preconditionFailure("cannot write \(name)")
    }
  }

  func store(_ name: String = "films.sqlite") throws -> SQLiteStore {
    try SQLiteStore(path: self[name], opening: .creating)
  }
}
