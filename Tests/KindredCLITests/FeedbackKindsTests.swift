import Foundation
import Kindred
import Testing

@testable import KindredCLI

@Suite struct FeedbackKindsTests {
  @Test func kindsAreReadFromTextAndFiles() throws {
    #expect(try FeedbackRule.kinds(parsing: "view=1, like=3,dislike=-1") == ["view": 1, "like": 3, "dislike": -1])
    let folder = Folder()
    let path = folder.write(#"{"view": 1, "like": 3.5}"#, to: "kinds.json")
    #expect(try FeedbackRule.kinds(parsing: path) == ["view": 1, "like": 3.5])
    _ = folder.write("[1]", to: "kinds.json")
    for text in [path, "view", "view=x", "view=nan"] {
      #expect(throws: ReadError.self) { try FeedbackRule.kinds(parsing: text) }
    }
  }
}
