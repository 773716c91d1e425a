import Testing

@testable import Kindred

@Suite struct MalformedRatingTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let bytes: [UInt8]
    let error: String
    var testDescription: String { error }

    init(_ text: String, _ error: String) {
      self.init(Array(text.utf8), error)
    }

    init(_ bytes: [UInt8], _ error: String) {
      self.bytes = bytes
      self.error = error
    }
  }

  static let header = "user,item,rating,time\n"
  static let long = String(repeating: "x", count: 1 << 20)
  static let cases: [Case] = [
    Case("", "FILE: the file holds no ratings"),
    Case("\n \r\n\n", "FILE: the file holds no ratings"),
    Case(header, "FILE: the file holds no ratings"),
    Case("word\n", "FILE, line 1: the line has one column; a user and an item are needed"),
    Case("\n\nword", "FILE, line 3: the line has one column; a user and an item are needed"),
    Case(header + "1,2,3,4\n1,2,abc,4\n", "FILE, line 3, column 3: the value 'abc' is not a number"),
    Case(header + "1,2,,4\n", "FILE, line 2, column 3: the value is missing"),
    Case(header + "1,2,nan,4\n", "FILE, line 2, column 3: the value 'nan' is not a finite number"),
    Case(header + "1,2,-inf,4\n", "FILE, line 2, column 3: the value '-inf' is not a finite number"),
    Case(header + "1,2,1e39,4\n", "FILE, line 2, column 3: the value '1e39' is not a finite number"),
    Case(header + "1,2,0x1p3,4\n", "FILE, line 2, column 3: the value '0x1p3' is not a number"),
    Case(header + "1,2,4.5.6,4\n", "FILE, line 2, column 3: the value '4.5.6' is not a number"),
    Case(header + "1,2\n", "FILE, line 2, column 3: the value is missing"),
    Case(header + "1\n", "FILE, line 2, column 2: the item is missing"),
    Case(
      header + "1,2,3,soon\n",
      "FILE, line 2, column 4: the time 'soon' cannot be read; known forms are "
        + "\(TimeForm.known)"),
    Case(
      header + "1,2,3,2015-02-29\n",
      "FILE, line 2, column 4: the time '2015-02-29' cannot be read; known forms are \(TimeForm.known)"),
    Case(
      header + "1,2,3,1e300\n",
      "FILE, line 2, column 4: the time '1e300' cannot be read; known forms are \(TimeForm.known)"),
    Case(header + ",2,3,4\n", "FILE, line 2, column 1: the user id is empty"),
    Case(header + "1,  ,3,4\n", "FILE, line 2, column 2: the item id is empty"),
    Case(header + "1,\"\",3,4\n", "FILE, line 2, column 2: the item id is empty"),
    Case(header + "1,2,3,4,5\n", "FILE, line 2: the line has more than 4 columns"),
    Case(header + "1,2,3,4\n1,\"2,3,4\n5,6,7\n", "FILE, line 3, column 2: \(RowProblem.unclosedQuote)"),
    Case(header + "1,\"2\"x,3,4\n", "FILE, line 2, column 2: \(RowProblem.textBehindQuote)"),
    Case(header + "\"a\nb\",2,3,4\n1,2,x,4\n", "FILE, line 4, column 3: the value 'x' is not a number"),
    Case(
      header + String(repeating: "u", count: 4097) + ",2,3,4\n",
      "FILE, line 2, column 1: the user id is longer than 4096 bytes"),
    Case(header + "1,2,3,4\n\(long),2,3,4\n", "FILE, line 3: the line is longer than 1 MiB"),
    Case(header + "1,2,3,4\n1,\"\(long)\",3,4\n", "FILE, line 3: the line is longer than 1 MiB"),
    Case(
      Array((header + "1,2,3,4\n1,").utf8) + [0xFF] + Array(",3,4\n".utf8), "FILE, line 3: the line is not UTF-8 text"),
    Case(header + "1,a\0b,3,4\n", "FILE, line 2: the line holds a zero byte; this is not a text file"),
    Case([0x7F, 0x45, 0x4C, 0x46, 2, 1, 0, 0, 9], "FILE, line 1: the line holds a zero byte; this is not a text file"),
    Case("{\"user\":1,\"item\":2}\n{\"user\":1}\n", "FILE, line 2: the item is missing"),
    Case(
      "{\"user\":1,\"item\":2}\n{\"user\":1,\"item\":true}\n", "FILE, line 2: the item is neither a text nor a number"),
    Case("{\"user\":1,\"item\":2}\n{\"user\":1,\"item\":2", "FILE, line 2: the JSON object does not end"),
    Case("{\"user\":1,\"item\":2}\n{\"user\":1,\"item\":x}\n", "FILE, line 2: a value of the JSON object is malformed"),
    Case("{\"user\":1,\"item\":2,\"a\":nulls}\n", "FILE, line 1: a value of the JSON object is malformed"),
    Case("{\"user\":1,\"item\":2}\n[1,2]\n", "FILE, line 2: the line is not a JSON object"),
    Case(
      "{\"user\":1,\"item\":2}\n{\"user\":1,\"item\":\"\\ud800\"}\n", "FILE, line 2: the item id is not proper text"),
    Case("{\"user\":1,\"item\":2} {}\n", "FILE, line 1: there is text behind the JSON object"),
    Case(
      "{\"a\":1,\"b\":2}\n",
      "FILE, line 1: the JSON objects have no keys 'user' and 'item'; they have a, b; name them, such as --columns "
        + "user=a,item=b"),
    Case([0x1F, 0x8B], "FILE: the gzip file ends too early; it may be half a download"),
    Case(
      Array(Array("1,2,3\n".utf8).gzipped.dropLast(9)),
      "FILE: the gzip file ends too early; it may be half a download"),
    Case(
      Array("1,2,3\n".utf8).gzipped + [1, 2, 3], "FILE: the gzip file is damaged: bytes follow the compressed text"),
    Case(
      Array("1,2,3\n".utf8).gzipped.enumerated().map { $0 == 16 ? $1 + 1 : $1 },
      "FILE: the gzip file is damaged: incorrect data check"),
  ]

  @Test(arguments: cases) func refuses(_ example: Case) {
    #expect(readError(example.bytes) == example.error)
    var reader = InteractionReader()
    reader.blockSize = 16
    reader.threads = 5
    #expect(readError(example.bytes, reader) == example.error)
    if !example.bytes.starts(with: GzipFile.magic) {
      #expect(readError(example.bytes.gzipped, reader) == example.error)
    }
  }

  @Test func namesTheFirstBadLineAtAnyNumberOfThreads() {
    var lines = (1...500).map { "\($0),\($0 * 7 % 31),3" }
    for bad in [499, 480, 321, 205] { lines[bad] = "1,2,bad\(bad + 1)" }
    let text = lines.joined(separator: "\n")
    for threads in [1, 2, 5] {
      var reader = InteractionReader()
      reader.threads = threads
      reader.blockSize = 64
      #expect(readError(text, reader) == "FILE, line 206, column 3: the value 'bad206' is not a number")
      #expect(readError("\"a\",1,1\n" + text, reader) == "FILE, line 207, column 3: the value 'bad206' is not a number")
    }
  }

  @Test func refusesABombBeforeItFillsTheMemory() throws {
    // What `head -c 1048576 /dev/zero | gzip -9n` makes.
    let start: [UInt8] = [
      31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 237, 193, 49, 1, 0, 0, 0, 194, 160, 245, 79, 109, 8, 95, 160,
    ]
    let end: [UInt8] = [62, 3, 28, 234, 56, 167, 0, 0, 16, 0]
    let bombMember = start + [UInt8](repeating: 0, count: 1016) + end
    let file = TemporaryFile(Array(repeatElement(bombMember, count: 80).joined()), name: "bomb.gz")
    let gzip = GzipFile(try MappedFile(contentsOf: file.path))
    var produced = 0
    var isRefused = false
    do throws(GzipFile.Failure) {
      while !gzip.isFinished {
        var bytes: [UInt8] = []
        try gzip.append(1 << 20, to: &bytes)
        produced += bytes.count
      }
    } catch {
      if case .suspicious = error { isRefused = true }
    }
    #expect(isRefused)
    #expect(produced <= GzipFile.toleratedSize)
  }

  @Test func goesOnBehindALineThatIsTooLong() throws {
    let text = "a,b,1\n\(Self.long)\(Self.long),2\nc,d,2\n\"\(Self.long)\ne,f,3\n"
    let file = TemporaryFile(text)
    var reader = InteractionReader()
    reader.rejectPath = file.sibling("bad.txt")
    reader.blockSize = 1000
    let (data, summary) = try reader.read([file.path], user: String.self, item: String.self)
    #expect(data.map { described($0) } == ["a|b|1.0|-", "c|d|2.0|-", "e|f|3.0|-"])
    #expect(summary.rejected == 2)
    #expect(summary.rejections.first?.line == 2)
  }
}
