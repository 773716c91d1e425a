import Foundation
import GRDB
import Testing

@testable import KindredStore

/// What was acknowledged is there after the process was killed, and nothing that was never written.
struct SurvivalTests {
  private let folder = Folder()

  @Test func killedWritersLoseNothing() async throws {
    let path = folder["films.sqlite"]
    // The last count that each user's writer was told is safe.
    var acknowledged: [String: Int] = [:]
    for round in 0..<5 {
      for writer in 0..<4 { acknowledged["\(round).\(writer)"] = -1 }
      for (writer, count) in try killedWriter(path, round: round, writers: 4) {
        acknowledged["\(round).\(writer)"] = count
      }
      let start = ContinuousClock.now
      let store = try SQLiteStore(path: path)
      #expect(ContinuousClock.now - start < .seconds(2))
      #expect(try await integrity(store) == ["ok"])
      for (user, last) in acknowledged {
        try await expect(user, last, in: store)
      }
      #expect(try await store.counts().users <= acknowledged.count)
      try await store.close()
    }
  }

  /// A log that is cut anywhere behind the last acknowledged write holds that write and all before it.
  @Test func aCutLogLosesNothingThatWasAcknowledged() async throws {
    let path = folder["films.sqlite"]
    let store = try SQLiteStore(path: path, opening: .creating)
    func write(_ counts: Range<Int>) async throws {
      for count in counts {
        try await store.add([Feedback(user: "ann", item: "item \(count)", value: Float(count))], unknownItems: .made)
      }
    }
    try await write(0..<20)
    let log = path + "-wal"
    let safe = try #require(FileManager.default.contents(atPath: log)).count
    try await write(20..<32)
    let (file, whole) = (
      try #require(FileManager.default.contents(atPath: path)), try #require(FileManager.default.contents(atPath: log))
    )
    try #require(whole.count > safe)
    var most = 0
    for _ in 0..<100 {
      let cut = Int.random(in: safe...whole.count)
      let copy = folder["copy-\(cut).sqlite"]
      try file.write(to: URL(fileURLWithPath: copy))
      try whole.prefix(cut).write(to: URL(fileURLWithPath: copy + "-wal"))
      let store = try SQLiteStore(path: copy)
      #expect(try await integrity(store) == ["ok"], "cut at \(cut)")
      let items = Set(try await store.history(of: "ann")?.map(\.item) ?? [])
      #expect(items.count >= 20 && items == Set((0..<items.count).map { "item \($0)" }), "cut at \(cut)")
      most = max(most, items.count)
      try await store.close()
    }
    #expect(most > 20)
  }

  /// Expects what a writer was told, and at most the one write that it had no answer to.
  private func expect(_ user: String, _ last: Int, in store: SQLiteStore) async throws {
    var counts: Set<Int> = []
    var again = -1
    for one in try await store.history(of: user) ?? [] {
      if one.item == "again" { again = Int(one.value) } else { counts.insert(Int(one.value)) }
      #expect(one.item == "again" || one.item == "item \(Int(one.value))")
      #expect(one.time == Int64(one.value))
    }
    let most = max(counts.max() ?? -1, again)
    #expect(most == last || most == last + 1, "\(user) was told \(last), and the store holds \(most)")
    guard most >= 0 else { return }
    #expect(counts == Set((0...most).filter { $0 % 7 != 0 }), "\(user)")
    #expect(again == most / 7 * 7, "\(user)")
  }

  /// Starts a writer, kills it at a moment of chance, and gives what it said was safe: writers and their counts.
  private func killedWriter(_ path: String, round: Int, writers: Int) throws -> [(Int, Int)] {
    let process = Process()
    process.executableURL = Self.writer
    process.arguments = [path, "\(round)", "\(writers)"]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let lines = Int.random(in: 1...400)
    var said = Data()
    while said.count(where: { $0 == 10 }) < lines {
      let more = pipe.fileHandleForReading.availableData
      if more.isEmpty { break }
      said += more
    }
    kill(process.processIdentifier, SIGKILL)
    said += try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal, "the writer ended by itself")
    return String(decoding: said, as: UTF8.self).split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ").compactMap { Int($0) }
      return words.count == 2 ? (words[0], words[1]) : nil
    }
  }

  private func integrity(_ store: SQLiteStore) async throws -> [String] {
    try await store.read { db in
      try String.fetchAll(db, sql: "PRAGMA integrity_check")
        + String.fetchAll(db, sql: "SELECT 'orphan' FROM pragma_foreign_key_check")
    }
  }

  /// The program is built beside the tests.
  private static let writer: URL = {
    var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
    #if os(macOS)
      folder =
        Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL.deletingLastPathComponent() ?? folder
    #endif
    return folder.appendingPathComponent("StoreWriter")
  }()
}
