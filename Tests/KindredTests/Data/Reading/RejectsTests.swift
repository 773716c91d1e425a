import Foundation
import Testing

@testable import Kindred

@Suite struct RejectsTests {
  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "rejects-\(UUID())").path()
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  private func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  @Test func theFileAppearsWholeOrNotAtAll() throws {
    try withFolder { folder in
      let path = folder + "/bad.csv"
      try Rejects(path: path).commit()
      #expect(try names(in: folder) == [])
      var rejects: Rejects? = Rejects(path: path)
      try rejects?.append(Array("given up".utf8))
      #expect(try names(in: folder).count == 1)
      rejects = nil
      #expect(try names(in: folder) == [])
      let kept = Rejects(path: path)
      try kept.append(Array("one\n".utf8))
      try kept.append(Array("two".utf8))
      #expect(!FileManager.default.fileExists(atPath: path))
      try kept.commit()
      #expect(try names(in: folder) == ["bad.csv"])
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "one\ntwo\n")
    }
  }

  @Test func anInterruptionRemovesRowsThatWereNotCommitted() throws {
    try withFolder { folder in
      let registry = UnfinishedFiles()
      let rejects = Rejects(path: folder + "/bad.csv", noting: registry)
      try rejects.append(Array("one\n".utf8))
      #expect(try names(in: folder).count == 1)
      registry.removeAll()
      #expect(try names(in: folder) == [])
      _ = consume rejects
    }
  }

  @Test func aFolderThatIsNotThereIsAnErrorOfTheReader() throws {
    try withFolder { folder in
      let error = #expect(throws: ReadError.self) {
        try Rejects(path: folder + "/none/bad.csv").append(Array("one\n".utf8))
      }
      #expect(error?.category == .cannotWrite)
      #expect(error?.reason == "the rejected rows cannot be written: its folder does not exist")
    }
  }
}
