import Foundation
import Testing

@Suite struct DocumentationTests {
  private static let sources: URL = {
    var root = URL(filePath: #filePath)
    for _ in ["DocumentationTests.swift", "KindredTests", "Tests"] { root.deleteLastPathComponent() }
    return root.appending(path: "Sources/Kindred")
  }()

  /// The public types at the top level of the module: lines without indentation.
  private static func publicTypes() throws -> Set<String> {
    let declaration = /^public (?:final |indirect )*(?:struct|enum|class|actor|protocol|typealias) (\w+)/
      .anchorsMatchLineEndings()
    let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
    var types: Set<String> = []
    for case let file as URL in files where file.pathExtension == "swift" {
      let text = try String(contentsOf: file, encoding: .utf8)
      for match in text.matches(of: declaration) { types.insert(String(match.1)) }
    }
    return types
  }

  /// Every public type stands in one topic of the documentation, and no topic has a type that is gone.
  @Test func topicsAreThePublicTypes() throws {
    let page = try String(contentsOf: Self.sources.appending(path: "Kindred.docc/Kindred.md"), encoding: .utf8)
    let topics = try #require(page.range(of: "\n## Topics\n")).upperBound
    let links = page[topics...].matches(of: /^- ``(\w+)``$/.anchorsMatchLineEndings()).map { String($0.1) }
    let types = try Self.publicTypes()
    #expect(types.count > 60)
    #expect(types.subtracting(links).sorted() == [], "public types without a topic")
    #expect(Set(links).subtracting(types).sorted() == [], "topics without a public type")
    #expect(links.count == Set(links).count, "a type stands in two topics")
  }
}
