import Testing

@testable import Kindred

@Suite struct VocabularyTests {
  @Test func positionsFollowFirstAppearance() {
    var vocabulary = Vocabulary(["b", "a", "b", ""])
    #expect(vocabulary.count == 3)
    #expect((0..<3).map { vocabulary[$0] } == ["b", "a", ""])
    #expect(vocabulary.index(of: "a") == 1)
    #expect(vocabulary.index(of: "c") == nil)
    #expect(vocabulary.insert("c") == 3)
  }

  @Test func keepsManyIds() {
    let ids = (0..<5000).map { "id \($0 * 7919)" }
    let vocabulary = Vocabulary(ids)
    #expect(ids.indices.allSatisfy { vocabulary.index(of: ids[$0]) == Int32($0) && vocabulary[$0] == ids[$0] })
    let copy = Vocabulary(bytes: vocabulary.bytes, offsets: vocabulary.offsets)
    #expect(copy?.index(of: ids[4321]) == 4321)
  }

  @Test func refusesWhatIsNoVocabulary() {
    #expect(Vocabulary(bytes: Array("aa".utf8), offsets: [0, 1, 2]) == nil)
    #expect(Vocabulary(bytes: [0xFF], offsets: [0, 1]) == nil)
    #expect(Vocabulary(bytes: Array("ab".utf8), offsets: [0, 2, 1]) == nil)
  }
}
