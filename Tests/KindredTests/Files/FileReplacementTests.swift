import Foundation
import Testing

@testable import Kindred

@Suite struct FileReplacementTests {
  @Test func putsTheFileInPlaceAtTheEnd() throws {
    try withFolder { folder in
      let path = folder + "/list.csv"
      for text in ["first", String(repeating: "second ", count: 50_000)] {
        let before = try? String(contentsOfFile: path, encoding: .utf8)
        var file = try FileReplacement(of: path)
        try file.write(text)
        #expect((try? String(contentsOfFile: path, encoding: .utf8)) == before)
        #expect(names(in: folder).contains { $0.hasSuffix(".tmp") })
        try file.finish()
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
        #expect(names(in: folder) == ["list.csv"])
      }
    }
  }

  @Test func keepsTheOrderOfSmallAndLargePieces() throws {
    try withFolder { folder in
      var file = try FileReplacement(of: folder + "/a")
      let large = [UInt8](repeating: 7, count: 5000)
      try file.write("a")
      try file.write(ByteRun(large))
      try file.write([1, 2])
      try file.write(ByteRun([3]))
      try file.finish()
      #expect(try [UInt8](Data(contentsOf: URL(filePath: folder + "/a"))) == [97] + large + [1, 2, 3])
    }
  }

  @Test func leavesTheOldFileWhereItIsGivenUp() throws {
    struct GivenUp: Error {}
    try withFolder { folder in
      let path = folder + "/list.csv"
      try Data("old".utf8).write(to: URL(filePath: path))
      #expect(throws: GivenUp.self) {
        var file = try FileReplacement(of: path)
        try file.write(String(repeating: "new", count: 100_000))
        throw GivenUp()
      }
      #expect(names(in: folder) == ["list.csv"])
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
    }
  }

  @Test func saysWhyItCannotWrite() throws {
    try withFolder { folder in
      let missing = folder + "/none/list.csv"
      #expect(failure(writing: missing)?.description == "cannot write \(missing): its folder does not exist")
      #expect(failure(writing: folder)?.reason == "it is a folder")
      #expect(failure(writing: "")?.reason == "its folder does not exist")
      #expect(names(in: folder).isEmpty)
      try Data().write(to: URL(filePath: folder + "/file"))
      #expect(failure(writing: folder + "/file/list.csv")?.reason == "its folder does not exist")
    }
  }

  @Test func saysThatTheDiskIsFull() throws {
    try withFolder { folder in
      guard let full = fullDevice(in: folder) else { return }
      #expect(failure(writing: full)?.reason == "the disk is full")
      var information = stat()
      #expect(stat(full, &information) == 0 && information.st_mode & S_IFMT == S_IFCHR)
    }
  }

  @Test func keepsLinksAndPermissions() throws {
    try withFolder { folder in
      try Data("old".utf8).write(to: URL(filePath: folder + "/real"))
      try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: folder + "/real")
      try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: "real")
      #expect(failure(writing: folder + "/link") == nil)
      #expect(names(in: folder) == ["link", "real"])
      #expect(try String(contentsOfFile: folder + "/real", encoding: .utf8) == "text")
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/link") == "real")
      let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/real")
      #expect(attributes[.posixPermissions] as? Int == 0o640)
    }
  }

  @Test func writesToWhatIsNoRegularFile() throws {
    try withFolder { folder in
      let path = folder + "/pipe"
      #expect(mkfifo(path, 0o600) == 0)
      // A pipe that is open for reading and writing keeps what is written, and no side waits.
      let pipe = open(path, O_RDWR | O_NONBLOCK)
      defer { close(pipe) }
      #expect(failure(writing: path) == nil)
      var text = [UInt8](repeating: 0, count: 9)
      #expect(read(pipe, &text, 9) == 4 && text.starts(with: "text".utf8))
      var information = stat()
      #expect(stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFIFO)
      #expect(names(in: folder) == ["pipe"])
    }
  }

  @Test func interruptionRemovesWhatIsUnfinished() throws {
    try withFolder { folder in
      let registry = UnfinishedFiles()
      let failure = #expect(throws: FileReplacement.Failure.self) {
        let finished = try FileReplacement(of: folder + "/finished", noting: registry)
        try finished.finish()
        var first = try FileReplacement(of: folder + "/first", noting: registry)
        let second = try FileReplacement(of: folder + "/second", noting: registry)
        #expect(names(in: folder).count == 3)
        registry.removeAll()
        #expect(names(in: folder) == ["finished"])
        try first.write("too late")
        _ = consume second
        try first.finish()
      }
      #expect(failure?.path == folder + "/first")
      #expect(names(in: folder) == ["finished"])
    }
  }

  @Test func aFullTableOnlyForgoesTheRemoval() throws {
    let registry = UnfinishedFiles()
    let slots = (0..<300).map { registry.note("/nonexistent/\($0)") }
    #expect(slots.prefix(256).allSatisfy { $0 != nil } && slots.dropFirst(256).allSatisfy { $0 == nil })
    registry.release(try #require(slots[9]))
    #expect(registry.note("/nonexistent/again") == slots[9])
    try withFolder { folder in
      let file = try FileReplacement(of: folder + "/file", noting: registry)
      registry.release(9)
      try file.finish()
      #expect(names(in: folder) == ["file"])
    }
  }

  private func failure(writing path: String) -> FileReplacement.Failure? {
    do throws(FileReplacement.Failure) {
      var file = try FileReplacement(of: path)
      try file.write("text")
      try file.finish()
      return nil
    } catch {
      return error
    }
  }
}

/// Calls `body` with the path of a new folder, and removes it.
func withFolder(_ body: (String) throws -> Void) throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: "kindred-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  try body(folder.path(percentEncoded: false))
}

/// A device that is always full, where there is one.
///
/// A user who may replace the system's device gets a device of their own instead, so that a mistake in the tested code
/// breaks nothing else.
func fullDevice(in folder: String) -> String? {
  #if os(Linux)
    if geteuid() != 0 { return "/dev/full" }
    let path = folder + "/full"
    guard mknod(path, S_IFCHR | 0o600, 1 << 8 | 7) == 0, access(path, W_OK) == 0 else { return nil }
    let descriptor = open(path, O_WRONLY)
    defer { close(descriptor) }
    return descriptor < 0 ? nil : path
  #else
    return nil
  #endif
}

/// The names of all files in a folder, in order.
func names(in folder: String) -> [String] {
  ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
}
