import Testing

@testable import Kindred

@Suite struct BinarySearchTests {
  @Test func findsThePlaceOfEachElementOfASlice() {
    let numbers: [Int32] = [9, 1, 3, 3, 4, 8, 0]
    let rising = numbers[1..<6]
    for element in Int32(0)...9 {
      let expected = rising.firstIndex { $0 >= element } ?? 6
      #expect(rising.firstIndex(notBelow: element) == expected)
      #expect(rising.sortedIndex(of: element) == rising.firstIndex(of: element))
    }
    #expect(numbers[2..<2].firstIndex(notBelow: 3) == 2 && numbers[2..<2].sortedIndex(of: 3) == nil)
  }
}
