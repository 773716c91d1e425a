import Testing

@testable import Kindred

/// The fast path for rows of numbers against the general scan, which reads the same text as ids of a type without that
/// path.
@Suite struct NumberedRowTests {
  private struct Name: Hashable, Sendable, LosslessStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  private static let ids = [
    "7", "007", "12", "0", "00", "+3", "-4", "16777215", "16777216", "99999999", "123456789", "5 ", " 6", "a1",
    "\"12\"", "1.0",
  ]
  private static let values = [
    "3", "3.5", "4.25", "-1", "+2", "1e2", ".5", "5.", "1.2.3", "0.1234567890123456", "16777217", "x", "",
    "99999999999999999999",
  ]
  private static let times = ["0", "978300760", "123456789012", "2015-03-09", "-5", "1.5", "x", ""]

  private static func text(_ stream: inout RandomStream, rows: Int = 60) -> String {
    let delimiter = [",", "\t", "::", " ", ";"][stream.below(5)]
    let end = ["\n", "\r\n"][stream.below(2)]
    let columns = 2 + stream.below(3)
    let oddness = [0, 3, 40][stream.below(3)]
    func pick(_ usual: Int, _ odd: [String], _ stream: inout RandomStream) -> String {
      stream.below(100) < oddness ? odd[stream.below(odd.count)] : "\(stream.below(usual))"
    }
    var text = ""
    for _ in 0..<rows {
      var fields = [pick(40, ids, &stream), pick(30, ids, &stream)]
      if columns > 2 { fields.append(pick(6, values, &stream)) }
      if columns > 3 { fields.append(pick(2_000_000_000, times, &stream)) }
      if stream.below(100) < oddness / 2 { fields.append(["", "more"][stream.below(2)]) }
      text += fields.joined(separator: delimiter) + (stream.below(100) < oddness ? end + end : end)
    }
    return stream.below(2) == 0 ? text : String(text.dropLast())
  }

  private func outcome<ID: Identifier>(
    _ file: TemporaryFile, as type: ID.Type, rejecting: Bool, blockSize: Int = 200,
    duplicates: InteractionReader.DuplicatePolicy = .last
  ) -> [String] {
    var reader = InteractionReader()
    reader.blockSize = blockSize
    reader.duplicates = duplicates
    if rejecting { reader.rejectPath = file.sibling("rejected") }
    do throws(ReadError) {
      let (interactions, summary) = try reader.read([file.path], user: type, item: type)
      return interactions.map { described($0) } + ["\(summary)"]
    } catch {
      return [error.description]
    }
  }

  @Test(arguments: 0..<150) func readsAsTheGeneralScanDoes(seed: Int) {
    var stream = RandomStream(seed: UInt64(seed), .data)
    let text = Self.text(&stream)
    let file = TemporaryFile(text)
    for rejecting in [false, true] {
      #expect(
        outcome(file, as: String.self, rejecting: rejecting) == outcome(file, as: Name.self, rejecting: rejecting),
        "\(text)")
    }
  }

  /// More rows than a block holds, before and after an odd row; the error for a repeated pair names both lines.
  @Test(arguments: 0..<30) func longBlocksAreReadAlike(seed: Int) {
    var stream = RandomStream(seed: UInt64(seed), .data)
    let file = TemporaryFile(Self.text(&stream, rows: 700))
    for policy in [InteractionReader.DuplicatePolicy.last, .error] {
      let numbered = outcome(file, as: String.self, rejecting: true, blockSize: 1 << 16, duplicates: policy)
      #expect(numbered == outcome(file, as: Name.self, rejecting: true, blockSize: 1 << 16, duplicates: policy))
      #expect(policy == .last || numbered.first?.contains("occur together already in line") == true)
    }
  }

  @Test func numbersKeepTheirText() throws {
    #expect(try rows("7,1,3\n007,1,4\n7,01,5\n") == ["7|1|3.0|-", "007|1|4.0|-", "7|01|5.0|-"])
    let file = TemporaryFile("7,1,3\n007,1,4\n7,01,5\n")
    #expect(try Interactions<Int, Int>(contentsOf: file.path).map { described($0) } == ["7|1|5.0|-"])
  }

  @Test func aPairThatOccursTwiceIsFoundWhereverItIs() throws {
    var stream = RandomStream(seed: 5, .data)
    // Users 0 to 4999 span three groups; the pair that is doubled is at a random place.
    for _ in 0..<5 {
      let order = stream.permutation(of: 5000)
      let users = order.map { $0 } + order.map { $0 }
      var items = order.map { _ in Int32(0) } + order.map { _ in Int32(1) }
      let data = { (items: [Int32]) in
        PairIndex.hasDuplicates(users: users, items: items, userCount: 5000, itemCount: 2, using: Parallel(threads: 2))
      }
      #expect(!data(items))
      items[5000 + stream.below(5000)] = 0
      #expect(data(items))
    }
  }
}
