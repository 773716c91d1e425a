import Testing

@testable import Kindred

@Suite struct ShownTextTests {
  @Test func whatIsShownIsShortAndCommandsNoTerminal() {
    #expect("a\u{1B}[31m\nb\u{7F}é".shown() == "a [31m b é")
    #expect(String(repeating: "é", count: 40).shown() == String(repeating: "é", count: 40))
    #expect(String(repeating: "é", count: 41).shown() == String(repeating: "é", count: 40) + "…")
    #expect("abc".shown(atMost: 2) == "ab…" && "".shown(atMost: 2) == "")
  }

  @Test func quotesEscapeWhatIsNoLetter() {
    #expect("a\u{1B}\u{202E}é".quoted == "'a\\u{1B}\\u{202E}é'")
    #expect(String(repeating: "x", count: 61).quoted == "'" + String(repeating: "x", count: 60) + "…'")
  }

  @Test func aColumnHoldsNoMoreThanItsWidth() {
    #expect("七人の侍".columns == 8)
    #expect("七人の侍".fitting(8) == "七人の侍" && "七人の侍".fitting(7) == "七人の…" && "七人の侍".fitting(6) == "七人…")
    #expect("a\tb".fitting(3) == "a b" && "abcd".fitting(3) == "ab…")
  }

  @Test func digitsStandInGroupsOfThree() {
    #expect(
      [0, 999, 1000, -1_234_567, .min].map(\.grouped)
        == ["0", "999", "1,000", "-1,234,567", "-9,223,372,036,854,775,808"])
  }
}
