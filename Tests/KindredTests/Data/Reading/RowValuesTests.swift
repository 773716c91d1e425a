import Testing

@testable import Kindred

@Suite struct RowValuesTests {
  private func float(_ text: String) -> Float? {
    let bytes = Array(text.utf8)
    return ByteWindow(bytes, isLast: true).withBytes(0..<bytes.count) { NumberText.float($0, 0, $0.count) }
  }

  private func time(_ text: String) -> Timestamp? {
    TimeText.microseconds(text)
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
      ("1425941529000", 1_425_941_529), ("1500000000000123", 1_500_000_000.000123),
      ("1500000000000000456", 1_500_000_000), ("1970-01-01", 0), ("2000-02-29", 951_782_400),
      ("1969-12-31T23:59:59Z", -1), ("2015-03-09 12:30:05", 1_425_904_205),
      ("2015-03-09T12:30:05.250+02:00", 1_425_897_005.25), ("2015-03-09T12:30-0130", 1_425_909_600),
      ("1600-03-01", -11_670_912_000), ("0000-01-01", -62_167_219_200), ("9999-12-31", 253_402_214_400),
      ("2015-3-9", 1_425_859_200), ("20170714", 1_499_990_400), ("20170714123005", 1_500_035_405),
      ("2019-10-01 00:00:00 UTC", 1_569_888_000), ("2017/07/14", 1_499_990_400),
      ("Tue Apr 03 18:00:09 +0000 2012", 1_333_476_009), ("Tue, 03 Apr 2012 18:00:09 GMT", 1_333_476_009),
      ("14 Jul 2017", 1_499_990_400), ("14-Jul-2017 7:01", 1_500_015_660), ("July 14, 2017", 1_499_990_400),
      ("Jul 14, 2017 7:01 PM", 1_500_058_860), ("09 13, 2009", 1_252_800_000), ("1-Mar-1996", 825_638_400),
    ] as [(String, Double)])
  func timesAreRead(_ text: String, _ seconds: Double) {
    #expect(time(text) == Timestamp((seconds * 1e6).rounded()))
  }

  @Test(
    arguments: [
      ("29-01-2021 07:01", .dayFirst, 1_611_903_660), ("14.07.2017", .dayFirst, 1_499_990_400),
      ("12/13/2010 9:02", .monthFirst, 1_292_230_920), ("1/2/70", .monthFirst, 86_400),
      ("1/2/69", .dayFirst, 3_126_902_400),
    ] as [(String, TimeForm.DayOrder, Double)])
  func daysAndMonthsAreReadInTheirOrder(_ text: String, _ order: TimeForm.DayOrder, _ seconds: Double) {
    #expect(DateText.seconds(text, order: order) == Timestamp(seconds * 1e6))
    #expect(DateText.seconds(text, order: nil) == nil)
  }

  @Test func formsAreRecognisedByWholeColumns() throws {
    func form(_ texts: String...) throws -> TimeForm { try TimeForm.recognised(in: texts, order: nil) }
    #expect(try form("1500000000", "1600000000") == .unit(.seconds))
    #expect(try form("5", "1", "77") == .unit(.seconds))
    #expect(try form("1500000000000", "0") == .unit(.milliseconds))
    #expect(try form("1500000000000000") == .unit(.microseconds))
    #expect(try form("20170714", "20200101") == .digits)
    #expect(try form("29-01-2021 07:01", "05-10-2020 03:31") == .dates(.dayFirst))
    #expect(try form("12/1/2010 8:26", "12/13/2010 9:02") == .dates(.monthFirst))
    #expect(try form("2017-07-14", "soon") == .dates(nil))
    #expect(throws: TimeForm.Doubt.dayOrMonth("12/1/2010 8:26")) { try form("12/1/2010 8:26", "12/3/2010 9:02") }
    #expect(throws: TimeForm.Doubt.noUnit("50000000000")) { try form("50000000000") }
    #expect(throws: TimeForm.Doubt.noUnit("636000000000000000")) { try form("636000000000000000") }
  }

  @Test(arguments: [
    "", "soon", "2015-13-01", "2015-00-01", "1900-02-29", "2015-04-31", "2015-03-09T", "2015-03-09T25:00",
    "2015-03-09T12:30:05+2", "2015-03-09T12:30:05Zx", "1e300", "12:30", "2015-03-09T12:30:05.", "4.7.2017",
    "2015-03-09 12:30 PDT", "Foo 14, 2017", "31 Apr 2017", "2015-03-09 13:30 pm",
  ])
  func textIsNoTime(_ text: String) {
    #expect(time(text) == nil)
  }
}
