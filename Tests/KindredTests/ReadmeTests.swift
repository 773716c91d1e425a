import Foundation
import Testing

@Suite struct ReadmeTests {
  /// The snippet is compiled with the package, so what the README shows compiles too.
  @Test func itsCodeIsTheSnippet() throws {
    var root = URL(filePath: #filePath)
    for _ in ["ReadmeTests.swift", "KindredTests", "Tests"] { root.deleteLastPathComponent() }
    let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
    let snippet = try String(contentsOf: root.appending(path: "Snippets/QuickStart.swift"), encoding: .utf8)
    let code = snippet.split(separator: "\n", omittingEmptySubsequences: false).dropFirst().joined(separator: "\n")
    #expect(readme.contains("```swift\n\(code)```\n"))
  }
}
