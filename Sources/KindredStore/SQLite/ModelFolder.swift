import Foundation
import Kindred

/// The folder of a store's models: `films.models` beside `films.sqlite`, one file per model.
struct ModelFolder: Sendable {
  /// The path of the store.
  let store: String

  private var path: String { (store as NSString).deletingPathExtension + ".models" }

  func path(of file: String) -> String { path + "/" + file }

  /// Makes the folder if there is none, and removes what ended processes left unfinished in it.
  func make() throws(StoreError) {
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

  func model(_ model: ModelVersion) throws(StoreError) -> Recommender<String, String> {
    do throws(ModelFileError) {
      return try Recommender(copyOf: model.location)
    } catch { throw StoreError(.modelFile(error.description), store: store) }
  }

  func save(_ recommender: Recommender<String, String>, to file: String) throws(StoreError) {
    do throws(ModelFileError) {
      try recommender.write(to: path(of: file))
    } catch { throw StoreError(.modelFile(error.description), store: store) }
  }

  /// Removes the file at a path, if there is one.
  func remove(_ file: String) throws(StoreError) {
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
  func erase(_ users: [String], from model: ModelVersion) throws(StoreError) -> Bool {
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
