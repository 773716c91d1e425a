import Foundation

@testable import Kindred
@testable import KindredJSON
@testable import KindredStore

/// A parser under test: it gets bytes of any kind, and must read or refuse them.
enum Target: String {
  /// A file of ratings; the first byte chooses the options of the reader.
  case ratings
  /// A file of items or users; the first byte chooses which.
  case items
  /// A gzip file of ratings, behind a valid header.
  case gzip
  /// A model file; the first byte chooses a trained model, whose numbers and tensors the others change.
  case model
  /// A model file as raw bytes.
  case header
  /// What is written in a few words: columns, splits, dates, numbers; the first byte chooses which.
  case texts
  /// A JSON document; the first byte chooses what is decoded from it.
  case json
  /// A line of a dump, as `kindred export` and gorse write them.
  case dump
  /// An array in NumPy's format.
  case vectors
  /// The cursor of a listing, or a time of the store; the first byte chooses which.
  case cursor

  /// The parser that the environment variable `FUZZ_TARGET` names.
  static let chosen = Target(rawValue: ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? "") ?? .ratings

  func test(_ bytes: [UInt8]) {
    guard let mode = bytes.first, bytes.count > 1 else { return }
    let rest = Array(bytes.dropFirst())
    switch self {
    case .ratings:
      Scratch.put(rest)
      Self.testRatings(mode)
    case .items:
      Scratch.put(rest)
      Self.testItems(mode)
    case .gzip:
      // The header leaves nothing to find: method deflate, no name, no time.
      Scratch.put([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + bytes)
      Self.testRatings(0)
    case .model:
      var changes = ModelChanges(bytes)
      changes.test()
    case .header: if let file = try? ModelFile(bytes: bytes, threads: 1) { ModelChanges.use(file) }
    case .texts: Self.testTexts(mode, String(decoding: rest, as: UTF8.self))
    case .json: Self.testJSON(mode, rest)
    case .dump: Self.testDump(bytes)
    case .vectors:
      Scratch.put(bytes)
      Self.testVectors()
    case .cursor: Self.testCursor(mode, String(decoding: rest, as: UTF8.self))
    }
  }

  /// What was parsed is written in two ways, and each must be read as the same document.
  private static func testJSON(_ mode: UInt8, _ bytes: [UInt8]) {
    guard let json = try? JSON(parsing: bytes) else { return }
    for format in [.shortEscapes, .sortedKeys] as [JSON.Format] {
      guard let again = try? JSON(parsing: json.text(format)) else {
        preconditionFailure("what was written is not read")
      }
      precondition(again == json, "\(json) is read back as \(again)")
    }
    switch mode % 3 {
    case 0:
      guard let rule: FeedbackRule = try? json.decoded() else { return }
      let values: [Float] = [1, -1, 0, 5, .greatestFiniteMagnitude]
      let weights = rule.weights(values, times: [0, 1, 2, 3, .max], latest: 4)
      precondition(weights.count == values.count, "a value has no weight")
    case 1: _ = try? json.decoded() as [String: Float]
    default: _ = try? json.decoded() as [[String]]
    }
  }

  private static func testDump(_ line: [UInt8]) {
    let isDump = StoredRecord.isDump(line)
    guard let record = try? StoredRecord(line: line) else { return }
    precondition(isDump, "a line of a dump is not recognised")
    guard let again = try? StoredRecord(line: Array(record.line.utf8)) else {
      preconditionFailure("what was written is not read")
    }
    precondition(again.line == record.line, "\(record.line) is read back as \(again.line)")
  }

  private static func testVectors() {
    guard let table = try? NumPyTable(contentsOf: Scratch.file) else { return }
    for row in [0, table.count / 2, table.count - 1] where row >= 0 && row < table.count {
      if let numbers = table.row(row) {
        precondition(numbers.count == table.width && numbers.allSatisfy(\.isFinite), "a number is not finite")
      }
    }
  }

  private static func testCursor(_ mode: UInt8, _ text: String) {
    if mode % 2 == 0 {
      for count in 1...3 {
        guard let cursor = try? Cursor(text, count: count) else { continue }
        for place in 0..<count { _ = cursor[place] }
      }
    } else if let time = StoredTime.parse(text) {
      precondition(StoredTime.parse(StoredTime.text(time)) == time, "\(text) is not read back")
    }
  }

  private static func testTexts(_ mode: UInt8, _ text: String) {
    switch mode % 5 {
    case 0: _ = try? ColumnRequest(parsing: text)
    case 1:
      guard let split = try? Split(parsing: text) else { return }
      precondition((try? Split(parsing: split.description)) == split, "\(split) is not read back")
    case 2:
      for order in [nil, .dayFirst, .monthFirst] as [TimeForm.DayOrder?] { _ = DateText.seconds(text, order: order) }
    case 3: _ = ColumnContent(text.split(separator: "\n").map(String.init))
    default: _ = try? TimeForm.recognised(in: text.split(separator: "\n").map(String.init), order: nil)
    }
  }

  /// Reads a file in two ways, which must agree: in one block, and in small blocks on two threads.
  private static func testRatings(_ mode: UInt8) {
    let whole = outcome(mode, blockSize: 4 << 20, threads: 1)
    let inParts = outcome(mode, blockSize: 16, threads: 2)
    precondition(whole == inParts, "blocks differ:\n\(whole)\n\(inParts)")
  }

  /// What a reading made of a file.
  private enum Outcome: Equatable {
    case read(InteractionReader.Summary, ids: [[String]], positions: [[Int32]], values: [Float], times: [Timestamp])
    case refused(line: Int?, reason: String)

    init<User, Item>(_ read: (interactions: Interactions<User, Item>, summary: InteractionReader.Summary)) {
      let (data, columns) = (read.interactions, read.interactions.data)
      precondition(columns.values.allSatisfy(\.isFinite), "a value is not finite")
      self = .read(
        read.summary, ids: [data.userIDs, data.itemIDs].map { ids in (0..<ids.count).map { ids[$0] } },
        positions: [columns.users, columns.items], values: columns.values, times: columns.times)
    }
  }

  private static func outcome(_ mode: UInt8, blockSize: Int, threads: Int) -> Outcome {
    var reader = InteractionReader()
    reader.blockSize = blockSize
    reader.threads = threads
    reader.duplicates =
      InteractionReader.DuplicatePolicy.allCases[
        Int(mode & 3) % InteractionReader.DuplicatePolicy.allCases.count]
    if mode & 4 != 0 { reader.rejectPath = Scratch.rejects }
    if mode & 8 != 0 { reader.columns = try? ColumnRequest(parsing: columns[Int(mode >> 4 & 3)]) }
    if mode & 64 != 0 { reader.kindValues = ["view": 1, "like": 3, "a": -1] }
    do throws(ReadError) {
      if mode & 128 != 0 { return Outcome(try reader.read([Scratch.file], user: Int.self, item: Int.self)) }
      return Outcome(try reader.read([Scratch.file], user: String.self, item: String.self))
    } catch {
      return .refused(line: error.line, reason: error.reason)
    }
  }

  private static let columns = [
    "user=1,item=2", "user=2,item=1,value=3", "user=user,item=item,time=time:mdy", "user=3,item=1,time=2,kind=4",
  ]

  private static func testItems(_ mode: UInt8) {
    var reader = CatalogReader(subject: mode & 1 == 0 ? .items : .users)
    if mode & 2 != 0 { reader.rejectPath = Scratch.rejects }
    guard let catalog = try? reader.read(Scratch.file).catalog else { return }
    precondition(catalog.count > 0 && catalog.inOrder.allSatisfy { !$0.id.isEmpty }, "an entry has no id")
  }
}

/// The files that the parsers read, in memory where the system has a folder for it.
private enum Scratch {
  private static let folder: String = {
    let base = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
    let path = "\(base)/kindred-fuzz-\(getpid())"
    mkdir(path, 0o700)
    return path
  }()
  static let file = folder + "/input"
  static let rejects = folder + "/rejects"

  static func put(_ bytes: [UInt8]) {
    let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    precondition(descriptor >= 0, "the input cannot be written")
    defer { close(descriptor) }
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + written, bytes.count - written) }
      precondition(count > 0, "the input cannot be written")
      written += count
    }
  }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  Target.chosen.test(Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The entry of the program, which SwiftPM names after the module.
@_cdecl("KindredFuzz_main")
public func main(
  _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
  var (count, arguments) = (count, arguments)
  return runDriver(&count, &arguments, testOneInput)
}
