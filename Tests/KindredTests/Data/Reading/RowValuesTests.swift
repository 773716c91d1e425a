import Testing

@testable import Kindred

@Suite struct RowValuesTests {
  private func float(_ text: String) -> Float? {
    let bytes = Array(text.utf8)
    return ByteWindow(bytes, isLast: true).withBytes(0..<bytes.count) { NumberText.float($0, 0, $0.count) }
  }

  private func time(_ text: String) -> Timestamp? {
    let bytes = Array(text.utf8)
    return ByteWindow(bytes, isLast: true).withBytes(0..<bytes.count) { TimeText.microseconds($0, 0, $0.count) }
  }

  @Test func numbersAreRoundedAsTheStandardLibraryDoes() {
    var stream = RandomStream(seed: 3, .data)
    for _ in 0..<5000 {
      let digits = String((0..<(1 + stream.below(17))).map { _ in "0123456789".randomElement(using: &stream)! })
      let point = stream.below(digits.count + 1)
      let text = (stream.below(2) == 0 ? "-" : "") + digits.prefix(point) + "." + digits.dropFirst(point)
      #expect(float(text) == Float(text), "\(text)")
    }
    // Halfway between two floats, and so little beside it that the nearest double is halfway.
    for text in ["16777217", "16777219", "1.61705881357193", "1.67776757478714", "1.60561865568161"] {
      #expect(float(text) == Float(text), "\(text)")
    }
  }

  @Test(arguments: ["", "-", "+", ".", "1.2.3", "1,5", "nan", "inf", "0x10", "1e", "--1", "1 2", "٣"])
  func textIsNoNumber(_ text: String) {
    #expect(float(text) == nil)
  }

  @Test func numbersMayHaveSignsAndExponents() {
    #expect(float("+4") == 4)
    #expect(float("-.5") == -0.5)
    #expect(float("5.") == 5)
    #expect(float("1e3") == 1000)
    #expect(float("1e39") == .infinity)
  }

  @Test(
    arguments: [
      ("0", 0), ("978300760", 978_300_760), ("-5", -5), ("978300760.75", 978_300_760.75), ("1.5e9", 1_500_000_000),
      ("1425941529000", 1_425_941_529), ("99999999999", 99_999_999_999), ("1970-01-01", 0), ("2000-02-29", 951_782_400),
      ("1969-12-31T23:59:59Z", -1), ("2015-03-09 12:30:05", 1_425_904_205),
      ("2015-03-09T12:30:05.250+02:00", 1_425_897_005.25),
      ("2015-03-09T12:30-0130", 1_425_909_600), ("1600-03-01", -11_670_912_000), ("0000-01-01", -62_167_219_200),
      ("9999-12-31", 253_402_214_400),
    ] as [(String, Double)])
  func timesAreRead(_ text: String, _ seconds: Double) {
    #expect(time(text) == Timestamp(seconds * 1e6))
  }

  @Test(arguments: [
    "", "soon", "2015-13-01", "2015-00-01", "1900-02-29", "2015-04-31", "2015-3-9", "2015-03-09T", "2015-03-09T25:00",
    "2015-03-09T12:30:05+2", "2015-03-09T12:30:05Zx", "1e300", "12:30", "2015-03-09T12:30:05.",
  ])
  func textIsNoTime(_ text: String) {
    #expect(time(text) == nil)
  }
}
