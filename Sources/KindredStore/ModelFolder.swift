import Crypto
import Foundation
import Kindred

/// The folder of a store's models, one file per model.
package struct ModelFolder: Sendable {
  /// The path of the folder.
  package let path: String
  /// The store, for errors.
  let store: String

  package init(path: String, store: String) {
    self.path = path
    self.store = store
  }

  package func path(of file: String) -> String { path + "/" + file }

  /// Makes the folder if there is none, and removes what ended processes left unfinished in it.
  package func make() throws(StoreError) {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw StoreError(.modelFile("cannot make the folder \(path) for models"), store: store)
    }
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] where isAbandoned(name) {
      try remove(path(of: name))
    }
  }

  package func model(_ model: ModelVersion) throws(StoreError) -> Recommender<String, String> {
    do throws(ModelFileError) {
      return try Recommender(copyOf: model.location)
    } catch { throw StoreError(.modelFile(error.description), store: store) }
  }

  package func save(_ recommender: Recommender<String, String>, to file: String) throws(StoreError) {
    do throws(ModelFileError) {
      try recommender.write(to: path(of: file))
    } catch { throw StoreError(.modelFile(error.description), store: store) }
  }

  /// Removes the file at a path, if there is one.
  package func remove(_ file: String) throws(StoreError) {
    do {
      try FileManager.default.removeItem(atPath: file)
    } catch CocoaError.fileNoSuchFile {
    } catch {
      throw StoreError(.modelFile("cannot remove \(file): \(error.localizedDescription)"), store: store)
    }
  }

  /// Writes the file of a model anew without some users, or removes the file if it cannot be read.
  ///
  /// - Returns: Whether the file held any of them.
  package func erase(_ users: [String], from model: ModelVersion) throws(StoreError) -> Bool {
    guard FileManager.default.fileExists(atPath: model.location) else { return false }
    guard let recommender = try? Recommender<String, String>(contentsOf: model.location) else {
      try remove(model.location)
      return true
    }
    guard users.contains(where: { recommender.knows(user: $0) }) else { return false }
    try save(recommender.removing(users), to: (model.location as NSString).lastPathComponent)
    return true
  }

  /// Removes the files that no model has: left by a process that ended in the middle of a training.
  func removeOrphans(_ models: [ModelVersion]) throws(StoreError) {
    let known = Set(models.map(\.location))
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
      guard name.hasSuffix(".kindred"), Int(name.dropLast(8)) != nil, !known.contains(path(of: name)) else { continue }
      try remove(path(of: name))
    }
  }

  /// Whether a file is one that a process began to write and has left for a day.
  private func isAbandoned(_ name: String) -> Bool {
    guard name.hasPrefix(".kindred-"), name.hasSuffix(".tmp") else { return false }
    let attributes = try? FileManager.default.attributesOfItem(atPath: path(of: name))
    return (attributes?[.modificationDate] as? Date).map { $0.timeIntervalSinceNow < -86_400 } ?? false
  }
}

/// Folders in which files are named by their checksum, so that a name never means two models.
extension ModelFolder {
  /// A model whose file stays as it is for as long as it is used: it is mapped, and may be removed meanwhile.
  package func mapped(_ location: String) throws(StoreError) -> Recommender<String, String> {
    do throws(ModelFileError) {
      return try Recommender(contentsOf: location)
    } catch { throw StoreError(.modelFile(error.description), store: store) }
  }

  /// Writes a model.
  ///
  /// - Returns: The name of its file.
  package func saveByChecksum(_ recommender: Recommender<String, String>) throws(StoreError) -> String {
    let temporary = ".kindred-\(UInt64.random(in: .min ... .max)).tmp"
    try save(recommender, to: temporary)
    do {
      var hash = SHA256()
      let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path(of: temporary)))
      while let part = try file.read(upToCount: 1 << 20), !part.isEmpty { hash.update(data: part) }
      try file.close()
      let name = hash.finalize().prefix(16).hexadecimal + ".kindred"
      guard rename(path(of: temporary), path(of: name)) == 0 else { throw CocoaError(.fileWriteUnknown) }
      return name
    } catch {
      try? remove(path(of: temporary))
      throw StoreError(.modelFile("cannot write into the folder \(path): \(error.localizedDescription)"), store: store)
    }
  }

  /// Removes the files of models that are not known: left by a process that ended in the middle of a training.
  package func removeUnknown(except known: Set<String>) throws(StoreError) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
      guard name.hasSuffix(".kindred"), name.utf8.count == 40, !known.contains(name) else { continue }
      try remove(path(of: name))
    }
  }
}
