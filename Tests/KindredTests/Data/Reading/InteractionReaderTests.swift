import Foundation
import Testing

@testable import Kindred

@Suite struct InteractionReaderTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let format: String
    let text: String
    let rows: [String]
    var testDescription: String { "\(format): \(text.prefix(40))" }

    init(_ format: String, _ text: String, _ rows: String...) {
      self.format = format
      self.text = text
      self.rows = rows
    }
  }

  static let cases = [
    Case(
      "tab-separated", "196\t242\t3\t881250949\n186\t302\t3\t891717742\n", "196|242|3.0|881250949",
      "186|302|3.0|891717742"),
    Case(
      "MovieLens ::", "1::1193::5::978300760\n1::661::3::978302109\n", "1|1193|5.0|978300760", "1|661|3.0|978302109"),
    Case(
      "CSV with header", "userId,movieId,rating,timestamp\r\n1,296,5.0,1147880044\r\n1,306,3.5,1147868817\r\n",
      "1|296|5.0|1147880044", "1|306|3.5|1147868817"),
    Case(
      "RecBole .inter",
      "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t\"One Day\"\t5.0\t978300760.0\n",
      "1|\"One Day\"|5.0|978300760"),
    Case(
      "RecBole .inter", "item_id:token\tuser_id:token\ttimestamp:float\nStar Wars, The\t7\t9.783e8\n",
      "7|Star Wars, The|1.0|978300000"),
    Case("LIBMF", "0 1 2.5\n3 4 -1\n", "0|1|2.5|-", "3|4|-1.0|-"),
    Case("LIBMF", "  0   1  2.5  \n", "0|1|2.5|-"),
    Case("blank-separated", "a b\nc d\n", "a|b|1.0|-", "c|d|1.0|-"),
    Case("CSV", "ann,book\nbob,game\n", "ann|book|1.0|-", "bob|game|1.0|-"),
    Case("CSV", "ann,x,1\nbob,y,2", "ann|x|1.0|-", "bob|y|2.0|-"),
    Case("CSV", "1,2,3,\n1,3,4,\n", "1|2|3.0|-", "1|3|4.0|-"),
    Case("semicolon-separated", "1;2;3.5\n1;3;4\n", "1|2|3.5|-", "1|3|4.0|-"),
    Case(
      "semicolon-separated with header", "\"User-ID\";\"ISBN\";\"Book-Rating\"\n\"276725\";\"034545104X\";\"0\"\n",
      "276725|034545104X|0.0|-"),
    Case("pipe-separated", "1|2|3\n", "1|2|3.0|-"),
    Case("CSV", "ns::a,ns::b,5\nns::c,ns::d,4\n", "ns::a|ns::b|5.0|-", "ns::c|ns::d|4.0|-"),
    Case(
      "CSV with header", "time,RATING,Product,Customer Id\n2015-03-09T12:30:05Z,4,lamp,zoë\n",
      "zoë|lamp|4.0|1425904205"),
    Case("CSV with header", "who,what,rating\nann,x,3\n", "ann|x|3.0|-"),
    Case(
      "CSV with header", "user,item,rating\n\"a,b\",\"say \"\"hi\"\"\",3\n\"two\nlines\",\" x \",4\n",
      "a,b|say \"hi\"|3.0|-", "two\nlines| x |4.0|-"),
    Case("CSV with header", "\u{FEFF}user,item\n  a , b\t\n\n \nc,d", "a|b|1.0|-", "c|d|1.0|-"),
    Case(
      "JSON Lines",
      "{\"user\": 1, \"item\": \"x\\u00e9\\n\", \"rating\": 4.5, \"ts\": 5}\n"
        + "{\"tags\":[{\"a\":\"}\"}],\"ts\":\"1970-01-02\",\"rating\":\"3\",\"item\":7,\"user\":\"b\"}\n",
      "1|xé\n|4.5|5", "b|7|3.0|86400"),
    Case(
      "JSON Lines", "{\"userId\":\"a\",\"movieId\":\"b\"}\r\n\r\n{\"userId\":\"a\",\"movieId\":null,\"movieId\":2}",
      "a|b|1.0|-", "a|2|1.0|-"),
  ]

  @Test(arguments: cases) func reads(_ example: Case) throws {
    #expect(try rows(example.text) == example.rows)
    let plain = TemporaryFile(example.text)
    let packed = TemporaryFile(Array(example.text.utf8).gzipped)
    let reader = InteractionReader()
    let summary = try reader.read([plain.path], user: String.self, item: String.self).summary
    #expect(summary.format == example.format)
    #expect(summary.rows == example.rows.count)
    #expect(summary.hasTimes == !example.rows[0].hasSuffix("-"))
    let (same, packedSummary) = try reader.read([packed.path], user: String.self, item: String.self)
    #expect(same.map { described($0) } == example.rows)
    #expect(packedSummary.format == example.format + ", gzip")
  }

  @Test func readsPackedByGzipItself() throws {
    // printf '1,2,3\n1,3,4\n' | gzip -9, twice in one file.
    let member = [UInt8](Data(base64Encoded: "H4sIAAAAAAACAzPUMdIx5jLUMdYx4QIAWW0PnAwAAAA=")!)
    var reader = InteractionReader()
    reader.duplicates = .sum
    #expect(try rows(member, reader) == ["1|2|3.0|-", "1|3|4.0|-"])
    #expect(try rows(member + member + [0, 0, 0], reader) == ["1|2|6.0|-", "1|3|8.0|-"])
  }

  @Test func takesTheColumnsThatAreNamed() throws {
    var reader = InteractionReader()
    reader.columns = try ColumnRequest(parsing: "user=3, item=1,value=2")
    #expect(reader.columns == ColumnRequest(user: 3, item: 1, value: 2))
    #expect(try rows("x,5,ann\ny,4,bob\n", reader) == ["ann|x|5.0|-", "bob|y|4.0|-"])
    #expect(try rows("thing,grade,who\nx,5,ann\n", reader) == ["ann|x|5.0|-"])
    reader.columns = ColumnRequest(user: "who", item: "thing")
    #expect(try rows("thing,grade,who\nx,5,ann\n", reader) == ["ann|x|1.0|-"])
    #expect(try rows("{\"who\":1,\"thing\":2,\"rating\":3}\n", reader) == ["1|2|1.0|-"])
    #expect(readError("a,b\n1,2\n", reader) == "FILE, line 1: the header has no column 'who'; it has a, b")
    for bad in [
      "", "user=1", "user=0,item=1", "user=1,item=1", "user=1,item=2,item=3", "user=1,item=2,colour=3", "1,2",
    ] {
      #expect(throws: ReadError.self) { try ColumnRequest(parsing: bad) }
    }
  }

  @Test func countsKinds() throws {
    let file = TemporaryFile("user,item,event\n1,2,view\n1,3,buy\n2,2,view\n")
    let summary = try InteractionReader().read([file.path], user: Int.self, item: Int.self).summary
    #expect(summary.kinds == ["view", "buy"])
    #expect(!summary.hasValues)
  }

  @Test func joinsFilesInOrder() throws {
    let first = TemporaryFile("user,item,rating\nb,x,1\n")
    let second = TemporaryFile("a::y::2::77\nb::x::3::78\n")
    let (data, summary) = try InteractionReader().read([first.path, second.path], user: String.self, item: String.self)
    #expect(data.map { described($0) } == ["b|x|3.0|78", "a|y|2.0|77"])
    #expect(summary.format == "CSV with header")
    #expect(summary.duplicates == 1)
  }

  @Test func parsesEachIDOnceAndMergesEqualOnes() throws {
    let file = TemporaryFile("007,1,1\n8,01,2\n7,2,3\n")
    let data = try Interactions<Int, Int>(contentsOf: file.path)
    #expect(data.map { described($0) } == ["7|1|1.0|-", "8|1|2.0|-", "7|2|3.0|-"])
    #expect(data.userCount == 2 && data.itemCount == 2)
    let bad = TemporaryFile("7,1,1\n8,1,2\nnine,2,3\n")
    #expect {
      try Interactions<Int, Int>(contentsOf: bad.path)
    } throws: { error in
      "\(error)" == "\(bad.path), line 3, column 1: the user id 'nine' does not parse"
    }
  }

  @Test func resolvesDuplicates() throws {
    let text = "u,i,1,30\nu,j,9,1\nu,i,2,50\nv,i,7,1\nu,i,6,40\nu,j,5,1\n"
    var reader = InteractionReader()
    #expect(try rows(text, reader) == ["u|i|2.0|50", "u|j|5.0|1", "v|i|7.0|1"])
    reader.duplicates = .mean
    #expect(try rows(text, reader) == ["u|i|3.0|50", "u|j|7.0|1", "v|i|7.0|1"])
    reader.duplicates = .sum
    #expect(try rows(text, reader) == ["u|i|9.0|50", "u|j|14.0|1", "v|i|7.0|1"])
    reader.duplicates = .error
    #expect(readError(text, reader) == "FILE, line 3: the user 'u' and the item 'i' occur together already in line 1")
    #expect(readError("\n\na,b,1\n\na,b,2\n", reader)?.hasPrefix("FILE, line 5: ") == true)
    #expect(readError("a,b,1\na,c,2\n", reader) == nil)
    reader.duplicates = .sum
    #expect(readError("a,b,3e38\na,b,3e38\n", reader)?.contains("add up to more") == true)
    reader.duplicates = .last
    #expect(try rows("a,b,1\nc,b,1\na,b,2\n", reader) == ["a|b|2.0|-", "c|b|1.0|-"])
  }

  @Test func writesRejectedRows() throws {
    let file = TemporaryFile("user,item,rating\r\n1,2,3\r\n1,,4\r\nx\r\n2,2,nan\r\n2,3,4\r\n5,5,")
    var reader = InteractionReader()
    reader.rejectPath = file.sibling("bad.txt")
    reader.blockSize = 8
    let (data, summary) = try reader.read([file.path], user: String.self, item: String.self)
    #expect(data.map { described($0) } == ["1|2|3.0|-", "2|3|4.0|-"])
    #expect(data.userCount == 2 && data.itemCount == 2)
    #expect(summary.rejected == 4)
    #expect(summary.rejections.map(\.line) == [3, 4, 5, 7])
    let rejected = try String(contentsOfFile: reader.rejectPath!, encoding: .utf8)
    #expect(rejected == "1,,4\r\nx\r\n2,2,nan\r\n5,5,\n")
  }

  @Test(arguments: [1 << 20, 8]) func keepsTheErrorsOfFiveRejectedRows(blockSize: Int) throws {
    let file = TemporaryFile("user,item,rating\n1,2,3\n" + String(repeating: "1,,4\n", count: 9))
    var reader = InteractionReader()
    reader.rejectPath = file.sibling("bad.txt")
    reader.blockSize = blockSize
    let (_, summary) = try reader.read([file.path], user: String.self, item: String.self)
    #expect(summary.rejected == 9 && summary.rejections.map(\.line) == [3, 4, 5, 6, 7])
  }

  @Test(
    arguments: [
      ("customer,sku\nc1,a1\n", .interactions), ("1::1193::5::978300760\n1::661::3::978302109\n", .interactions),
      ("\u{FEFF}Order No;Customer;Article;Qty\n1;C1;B1;1\n", .interactions),
      ("{\"user\":1,\"item\":2}\n", .interactions),
      ("customer,sku,name,price\nc1,a1,Cows,3\n", .interactions),
      ("Article;Name;Category;Price\nB1;Cows;Family;2.5\nB2;Bees;Family;3.5\n", .items),
      ("item_id:token\tmovie_title:token_seq\n1\tToy Story\n", .items),
      ("{\"id\":1,\"title\":\"Toy Story\"}\n", .items), ("movieId,title,genres\n1,Toy Story,Comedy\n", .items),
      ("1::Toy Story (1995)::Animation|Comedy\n2::Jumanji (1995)::Adventure\n", .unknown), ("", .unknown),
      (
        "1|Heat (1995)|01-Jan-1995||http://example.org|0|1\n2|Nixon (1995)|01-Feb-1995||http://example.org|1|0\n",
        .unknown
      ),
      ("1\tToy Story\n2\tJumanji\n", .unknown), ("u1\ti1\nu2\ti2\n", .interactions),
      ("who,what,how many\nv1,w1,2\nv2,w2,3\n", .unknown),
    ] as [(String, InteractionReader.Content)])
  func firstLinesSayWhatAFileHolds(text: String, content: InteractionReader.Content) throws {
    let file = TemporaryFile(text)
    #expect(try InteractionReader().content(of: file.path) == content)
  }

  @Test func rejectsLeaveNoIDsBehind() throws {
    let file = TemporaryFile("1,x,3\n2,4,3\n3,y,1\n4,5,1\n")
    var reader = InteractionReader()
    reader.rejectPath = file.sibling("bad.txt")
    let data = try Interactions<Int, Int>(contentsOf: file.path, reader: reader)
    #expect(data.map { described($0) } == ["2|4|3.0|-", "4|5|1.0|-"])
    #expect(data.userCount == 2 && data.itemCount == 2)
  }

  @Test func rejectFileAppearsOnlyWhenNeeded() throws {
    let good = TemporaryFile("1,2,3\n")
    var reader = InteractionReader()
    reader.rejectPath = good.sibling("bad.txt")
    _ = try Interactions<Int, Int>(contentsOf: good.path, reader: reader)
    #expect(try FileManager.default.contentsOfDirectory(atPath: good.sibling(".")) == ["ratings.csv"])
    let bad = TemporaryFile("1,2,x\n1,3,y\n")
    reader.rejectPath = bad.sibling("bad.txt")
    #expect(throws: ReadError.self) { try Interactions<Int, Int>(contentsOf: bad.path, reader: reader) }
    #expect(try String(contentsOfFile: reader.rejectPath!, encoding: .utf8) == "1,2,x\n1,3,y\n")
    reader.rejectPath = "/no such folder/bad.txt"
    #expect {
      try Interactions<Int, Int>(contentsOf: bad.path, reader: reader)
    } throws: { ($0 as? ReadError)?.category == .cannotWrite }
  }

  @Test func namesAMissingFile() throws {
    #expect {
      try Interactions<Int, Int>(contentsOf: "/no/such/file.csv")
    } throws: { error in
      "\(error)" == "/no/such/file.csv: there is no such file" && (error as? ReadError)?.category == .unreadableFile
    }
    #expect {
      try Interactions<Int, Int>(contentsOf: "/")
    } throws: { ($0 as? ReadError)?.category == .unreadableFile }
  }
}
