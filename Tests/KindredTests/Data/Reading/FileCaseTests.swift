import Foundation
import Testing

@testable import Kindred

/// The path of a file in `Tests/Files/Cases`.
func casePath(_ name: String) -> String {
  var folder = URL(fileURLWithPath: #filePath)
  for _ in 0..<4 { folder.deleteLastPathComponent() }
  return folder.appendingPathComponent("Files/Cases/\(name)").path
}

/// Files as shops, spreadsheets and data sets write them: each is read as it was meant, or refused with the cure.
@Suite struct FileCaseTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let file: String
    let columns: String
    let rows: [String]
    var testDescription: String { file }

    init(_ file: String, _ columns: String, _ rows: String...) {
      self.file = file
      self.columns = columns
      self.rows = rows
    }
  }

  static let readable = [
    Case(
      "01/words.csv", "user = besucher, item = ware, no value; line 1 is the header", "17|204|1.0|-", "17|99|1.0|-",
      "18|204|1.0|-"),
    Case(
      "01/shapes.csv", "user = guest, item = thing, no value; line 1 is the header", "g1|t1|1.0|-", "g1|t2|1.0|-",
      "g2|t1|1.0|-"),
    Case(
      "02/hours.csv", "user = user_id, item = game_id, value = hours; line 1 is the header", "1|10|0.5|-",
      "1|11|120.0|-", "2|10|3.0|-"),
    Case(
      "02/bought.csv", "user = customer, item = product, value = purchased; line 1 is the header", "1|10|1.0|-",
      "1|11|0.0|-", "2|10|1.0|-"),
    Case(
      "02/unknown.csv", "user = user, item = item, no value; line 1 is the header; not used: score_xyz, shelf",
      "1|10|1.0|-", "1|11|1.0|-"),
    Case(
      "02/thumbs.csv", "user = user, item = item, value = thumb; line 1 is the header", "1|10|1.0|-", "1|11|0.0|-",
      "2|10|1.0|-"),
    Case(
      "02/my-score.csv",
      "user = username, item = anime_id, value = my_score; line 1 is the header; not used: my_status", "a|10|8.0|-",
      "a|11|6.0|-", "b|10|9.0|-"),
    Case(
      "03/stray.tsv", "user = user, item = item, value = plays; line 1 is the header", "a|\"Heroes|3.0|-",
      "b|Blue|1.0|-", "a|Duets \"live\"|2.0|-", "c|7\" single\"|4.0|-", "b|Low|5.0|-"),
    Case(
      "03/stray.csv", "user = user, item = item, value = plays; line 1 is the header", "a|\"Heroes|3.0|-",
      "b|Blue|1.0|-", "a|Red|2.0|-", "c|Single 7\"|4.0|-", "b|Low|5.0|-"),
    Case(
      "03/open.csv", "user = user, item = item, value = plays; line 1 is the header", "a|\"Heroes|3.0|-",
      "b|Blue|1.0|-", "a|Red|2.0|-"),
    Case(
      "03/lines.csv", "user = user, item = item, value = plays; line 1 is the header", "a|two\nlines|3.0|-",
      "b|one, line|1.0|-"),
    Case(
      "03/quoted.tsv", "user = user, item = item, value = plays; line 1 is the header", "a|tab\there|3.0|-", "b|x|1.0|-"
    ),
    Case(
      "04/sold.csv", "user = shopper_id, item = article, time = order_dt (dates), no value; line 1 is the header",
      "1|a|1.0|1577923200", "1|b|1.0|1578009600", "2|a|1.0|1580515200", "2|c|1.0|1581206400"),
    Case(
      "05/ms.csv",
      "user = user, item = item, time = timestamp (milliseconds since 1970), no value; line 1 is the header",
      "1|2|1.0|1500000000.123", "1|3|1.0|1500000000.124"),
    Case(
      "05/us.csv",
      "user = user, item = item, time = timestamp (microseconds since 1970), no value; line 1 is the header",
      "1|2|1.0|1500000000.123456", "1|3|1.0|1500000000.123457"),
    Case(
      "05/ns.csv",
      "user = user, item = item, time = timestamp (nanoseconds since 1970), no value; line 1 is the header",
      "1|2|1.0|1500000000.123456", "1|3|1.0|1600000000"),
    Case(
      "05/serial.csv",
      "user = user, item = item, time = date (days since 1899-12-30, as in spreadsheets), no value; line 1 is the "
        + "header",
      "1|2|1.0|1546344000", "1|3|1.0|1577836800"),
    Case(
      "05/ymd.csv", "user = user, item = item, time = date (dates as YYYYMMDD), no value; line 1 is the header",
      "1|2|1.0|1499990400", "1|3|1.0|1546214400"),
    Case(
      "06/forms.csv", "user = user, item = item, time = time (dates), no value; line 1 is the header",
      "1|2|1.0|1569888000", "1|3|1.0|1499990400", "1|4|1.0|1333476009", "1|5|1.0|-", "1|6|1.0|-", "1|7|1.0|-"),
    Case(
      "06/day-first.csv",
      "user = user, item = item, time = time (dates, the day first), no value; line 1 is the header",
      "1|2|1.0|1612162860", "1|3|1.0|1611903660"),
    Case(
      "06/month-first.csv",
      "user = user, item = item, time = time (dates, the month first), no value; line 1 is the header",
      "1|2|1.0|1291191960", "1|3|1.0|1292230920"),
    Case(
      "07/comma.csv", "user = user, item = item, value = rating; line 1 is the header", "1|2|4.5|-", "1|3|1.5|-",
      "2|3|5.0|-"),
    Case("07/sep.csv", "user = user, item = item, value = rating; line 1 is the header", "1|2|2.5|-"),
    Case(
      "07/thousands.csv", "user = user, item = item, value = plays; line 1 is the header", "1|2|1200.0|-", "1|3|7.0|-",
      "1|4|2000000.0|-"),
    Case(
      "08/gaps.csv", "user = the row, item = the column, value = the cell", "ann|b1|5.0|-", "ann|b3|3.0|-",
      "bob|b2|4.0|-", "bob|b4|1.0|-"),
    Case(
      "08/ids.csv", "user = the row, item = the column, value = the cell", "7|10|4.5|-", "7|20|3.0|-", "7|30|2.5|-",
      "8|10|1.0|-", "8|20|5.0|-", "8|30|3.5|-"),
    Case(
      "08/jester.csv", "user = the row, item = the column, value = the cell", "1|1|1.5|-", "1|4|-3.25|-", "2|2|4.5|-",
      "2|3|0.25|-", "2|5|9.5|-", "3|7|-9.75|-"),
    Case(
      "09/blocks.txt", "user = column 1, item = the first line of a block, value = column 2, time = column 3 (dates)",
      "11|7|4.0|1104624000", "12|7|3.0|1104710400", "11|8|5.0|1107302400"),
    Case("11/array.json", "user = user, item = item, value = rating", "a|1|5.0|-", "b|2|4.0|-"),
    Case("11/pretty.json", "user = user, item = item, value = rating", "a|x { [ \" ]|5.0|-", "b|2|4.0|-"),
    Case("11/wrapped.json", "user = user, item = item, value = rating", "a|1|5.0|-", "b|2|4.0|-"),
    Case("11/commas.json", "user = user, item = item, value = rating", "a|1|5.0|-", "b|2|4.0|-"),
    Case(
      "12/basket.csv",
      "user = CustomerID, item = StockCode, no value; line 1 is the header; not used: Basket, Text, Pieces",
      "17|85A|1.0|-", "18|71|1.0|-"),
    Case("14/ratings.csv", "user = user, item = item, value = rating; line 1 is the header", "5|1|3.0|-", "6|2|4.0|-"),
    Case(
      "14/mixed.csv", "user = user, item = item, value = rating; line 1 is the header", "5.0|1|3.0|-", "6.5|2|4.0|-"),
    Case("29/empty.csv", "user = column 1, item = column 2, value = column 3; no header", "7|4|2.0|-", "7|9|5.0|-"),
  ]

  @Test(arguments: readable) func reads(_ example: Case) throws {
    let (data, summary) = try InteractionReader().read([casePath(example.file)], user: String.self, item: String.self)
    #expect(data.map { described($0) } == example.rows)
    #expect(summary.columns.description == example.columns)
  }

  @Test(arguments: [
    (
      "01/same-shape.csv",
      "line 1: 'gast' and 'ware' may be the names of the columns or a first row; say which: --columns "
        + "user=gast,item=ware, or --columns user=1,item=2"
    ),
    ("05/none.csv", "the time '49000000000' is in no known unit"),
    ("06/returns.csv", "its lines end with a carriage return alone; write line feeds: tr '\\r' '\\n' < "),
    ("08/lists.txt", "each line may be a user and the items that they had; make a pair per line: awk '"),
    ("08/baskets.txt", "each line may be a user and the items that they had; make a pair per line: awk '"),
    ("12/log.tsv", "without a header the columns are taken for user, item, value and time, which does not fit: "),
    (
      "06/ambiguous.csv",
      "the date '12/1/2010 8:26' may have the day or the month first, and no other date of the file shows which; "
        + "say it: --columns user=user,item=item,time=time:mdy"
    ),
    (
      "12/half.csv",
      "line 1: no column for the user was recognised in the header, which has order_id, product_id, "
        + "add_to_cart_order, flag; name them, such as --columns user=order_id,item=product_id"
    ),
    ("14/items.csv", "line 1: no column for the user was recognised in the header, which has movieId, title"),
    ("15/items.csv", "name them, such as --columns "),
  ])
  func refuses(_ file: String, _ reason: String) {
    let error = #expect(throws: ReadError.self) {
      try InteractionReader().read([casePath(file)], user: String.self, item: String.self)
    }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }

  @Test func aLateDateShowsTheOrder() throws {
    let (data, summary) = try InteractionReader().read([casePath("06/late.csv")], user: String.self, item: String.self)
    #expect(data.count == 1201)
    #expect(summary.columns.timeUnit == "dates, the day first")
    var reader = InteractionReader()
    reader.columns = try ColumnRequest(parsing: "user=user,item=item,time=time:mdy")
    #expect(try rows("user,item,time\n1,2,12/1/2010\n", reader) == ["1|2|1.0|1291161600"])
    reader.columns = try ColumnRequest(parsing: "user=1,item=2,time=3:dmy")
    #expect(try rows("user,item,time\n1,2,12/1/2010\n", reader) == ["1|2|1.0|1263254400"])
  }

  @Test func namesSettleWhatIsAHeader() throws {
    var reader = InteractionReader()
    reader.columns = ColumnRequest(user: "gast", item: "ware")
    #expect(try Interactions<String, String>(contentsOf: casePath("01/same-shape.csv"), reader: reader).count == 6)
    reader.columns = ColumnRequest(user: 1, item: 2)
    #expect(try Interactions<String, String>(contentsOf: casePath("01/same-shape.csv"), reader: reader).count == 7)
  }

  @Test func recognisesCodesForNotRated() throws {
    let books = try Interactions<String, String>(contentsOf: casePath("10/books.csv"))
    let code = try #require(books.codeForNotRated)
    #expect(code.value == 0 && code.scale.lowerBound >= 5 && code.scale.upperBound == 10)
    #expect(code.description.contains("0 is taken for \"not rated\", and these rows count in lists and not as ratings"))
    #expect(try Interactions<String, String>(contentsOf: casePath("10/anime.csv")).codeForNotRated?.value == -1)
    // Halves from 0, likes and dislikes, and counts of plays have none.
    for values in [[0, 0.5, 1, 2, 3, 4, 5], [-1, 1, 1, 1, -1], [0, 1, 2, 3, 70, 1000, 5000]] as [[Float]] {
      let data = Interactions(values.enumerated().map { Interaction(user: "\($0)", item: "x", value: $1) })
      #expect(data.codeForNotRated == nil, "\(values)")
    }
  }

  @Test func rowsWithoutARatingCountInListsAlone() throws {
    let books = try Interactions<String, String>(contentsOf: casePath("10/books.csv"))
    var rule = FeedbackRule()
    rule.positive = .liked
    rule.notRated = books.codeForNotRated?.value
    let resolved = rule.resolved(for: PreparedData(books.trainingData))
    #expect(resolved.reference?.middle == 7.5)
    let weighted = books.trainingData.weighted(by: resolved)
    for (value, weight) in zip(weighted.values, weighted.weights) where value == 0 || value > 8 { #expect(weight == 1) }
    #expect(zip(weighted.values, weighted.weights).contains { $0 == 5 && $1 <= 0 })
    let rated = books.trainingData.rated(by: rule)
    #expect(rated.values.allSatisfy { $0 != 0 } && rated.count > 20 && rated.userCount == books.userCount)
  }

  @Test func readsItemsAndUsersAsJSONLines() throws {
    let items = try Catalog(contentsOf: casePath("13/items.json"))
    #expect(items["x"] == Catalog.Entry(title: "Café", genres: ["Tea", "Food"], attributes: ["stars": "3.5"]))
    #expect(items["y"] == Catalog.Entry(title: "Bar"))
    #expect(items["z"]?.genres == ["Beds", "Food"])
    let users = try Catalog(contentsOf: casePath("13/users.jsonl"), of: .users)
    #expect(users["1"]?.attributes == ["age": "33"] && users["2"]?.attributes == [:])
  }

  @Test func matchesIdsWrittenAsDecimals() throws {
    let ratings = try Interactions<String, String>(contentsOf: casePath("14/ratings.csv"))
    let items = try Catalog(contentsOf: casePath("14/items.csv"))
    #expect(items["1"]?.title == "One" && items["1.0"] == nil)
    #expect(items.mismatch(.items, in: "items.csv", with: ratings.itemNames) == nil)
    let others = try Catalog(contentsOf: casePath("14/other.csv"))
    #expect(
      others.mismatch(.items, in: "other.csv", with: ratings.itemNames)
        == "none of the 2 items of the ratings is in other.csv (there: tt1; here: 1)")
  }

  @Test func splitsListsInACell() throws {
    let items = try Catalog(contentsOf: casePath("15/items.csv"))
    #expect(items["a"]?.genres == ["Animation", "Children's"])
    #expect(items["b"]?.genres == [])
    #expect(items["c"]?.genres == ["Drama", "War"] && items["d"]?.genres == ["Drama", "War"])
    #expect(items["e"]?.genres == ["Drama", "War"] && items["f"]?.genres == ["Drama", "War"])
  }

  @Test func readsBackslashesInQuotes() throws {
    let items = try Catalog(contentsOf: casePath("16/items.csv"))
    #expect(items["1"]?.title == "Say \"no\"; then" && items["2"]?.title == "Back\\slash" && items.count == 3)
    #expect(throws: ReadError.self) { try Catalog(contentsOf: casePath("16/bad.csv")) }
    var reader = CatalogReader()
    let folder = TemporaryFile("")
    reader.rejectPath = folder.sibling("bad.txt")
    let (some, summary) = try reader.read(casePath("16/bad.csv"))
    #expect(some.count == 2 && summary.rejected == 1 && summary.rejections.first?.line == 3)
    #expect(try String(contentsOfFile: folder.sibling("bad.txt"), encoding: .utf8) == "2,\"Two\" 2\n")
  }

  @Test func aQuoteThatIsNotClosedIsNoCharacterBesideQuotedFields() throws {
    let file = TemporaryFile("user,item,rating\n\"a\",\"x,5\n\"b\",\"y\",3\nc,z,4\n")
    let error = #expect(throws: ReadError.self) { try Interactions<String, String>(contentsOf: file.path) }
    #expect(error?.line == 2)
  }

  @Test func findsTitles() throws {
    #expect(try Catalog(contentsOf: casePath("17/items.csv"))["a"]?.title == "One")
    let (none, summary) = try CatalogReader().read(casePath("17/none.csv"))
    #expect(none["a"]?.title == "a")
    #expect(summary.remarks.first?.hasSuffix("was recognised as the title (id, shade, weight)") == true)
    let films = try Catalog(contentsOf: casePath("09/titles.csv"))
    #expect(films[7]?.title == "Plain (1999)" && films[8]?.title == "Cheese, Bread and Café (2001)")
    #expect(films[9]?.title == "Last" && films[8]?.genres == [])
  }

  @Test func kindsMayBeMissing() throws {
    for policy in InteractionReader.DuplicatePolicy.allCases {
      for kinds in [[:], ["view": 1]] as [[String: Float]] {
        for file in ["29/empty.csv", "29/short.csv"] {
          for columns in ["user=1,item=2,value=3,kind=4", "user=1,item=2,kind=4", "user=4,item=2", "user=1,item=9"] {
            var reader = InteractionReader()
            reader.columns = try ColumnRequest(parsing: columns)
            reader.duplicates = policy
            reader.kindValues = kinds
            _ = try? Interactions<String, String>(contentsOf: casePath(file), reader: reader)
            reader.rejectPath = TemporaryFile("").sibling("bad.txt")
            _ = try? Interactions<String, String>(contentsOf: casePath(file), reader: reader)
          }
        }
      }
    }
    var reader = InteractionReader()
    reader.columns = ColumnRequest(user: 1, item: 2, value: 3, kind: 4)
    #expect(try Interactions<String, String>(contentsOf: casePath("29/empty.csv"), reader: reader).count == 2)
  }

  @Test func theOrderOfDatesDoesNotDependOnBlocks() {
    for size in [1, 16, 64, 4 << 20] {
      var reader = InteractionReader()
      reader.blockSize = size
      let error = #expect(throws: ReadError.self) {
        try reader.read([casePath("30/dates.csv")], user: String.self, item: String.self)
      }
      #expect(error?.reason.contains("may have the day or the month first") == true, "blocks of \(size)")
    }
  }

  @Test func reasonsDoNotDependOnBlocks() throws {
    for text in [try [UInt8](Data(contentsOf: URL(fileURLWithPath: casePath("30/rows.txt"))))] {
      let file = TemporaryFile(text)
      var summaries: Set<String> = []
      for (size, threads) in [(4 << 20, 1), (16, 2), (1, 1), (64, 3), (300, 2)] {
        var reader = InteractionReader()
        reader.blockSize = size
        reader.threads = threads
        reader.rejectPath = file.sibling("bad.txt")
        let summary = try reader.read([file.path], user: String.self, item: String.self).summary
        let rejected = try Data(contentsOf: URL(fileURLWithPath: file.sibling("bad.txt")))
        summaries.insert("\(summary.rejected) \(summary.rejections.first?.description ?? "") \(rejected.count)")
      }
      #expect(summaries.count == 1, "\(summaries)")
    }
  }

  @Test(arguments: [
    (
      "PAR1....", "r.parquet",
      "this is a Parquet file and no text; make it CSV: duckdb -c \"COPY (FROM 'r.parquet') TO 'r.csv'\""
    ),
    (
      "ARROW1\0\0", "r.arrow",
      "this is an Arrow file and no text; make it CSV: python3 -c \"import pandas; "
        + "pandas.read_feather('r.arrow').to_csv('r.csv', index=False)\""
    ),
    (
      "PK\u{3}\u{4}....xl/workbook.xml", "r.xlsx",
      "this is an Excel workbook and no text; make it CSV: python3 -c \"import pandas; "
        + "pandas.read_excel('r.xlsx').to_csv('r.csv', index=False)\""
    ),
    ("PK\u{3}\u{4}....ratings.csv", "r.zip", "this is a zip archive and no text; unpack it: unzip r.zip"),
    ("BZh91AY", "r.csv.bz2", "this is a bzip2 file and no text; unpack it: bunzip2 --keep r.csv.bz2"),
    ("<!DOCTYPE html><html>", "r.csv", "this is a web page and no table; the download went wrong"),
  ])
  func namesOtherFormats(_ bytes: String, _ name: String, _ reason: String) throws {
    #expect(ForeignFormat.reason(Array(bytes.utf8), path: name) == reason)
    let file = TemporaryFile(bytes, name: name)
    for read in [
      { try Interactions<String, String>(contentsOf: file.path) as Any }, { try Catalog(contentsOf: file.path) as Any },
    ] {
      let error = #expect(throws: ReadError.self) { _ = try read() }
      #expect(error?.category == .badData && error?.line == nil)
    }
  }
}
