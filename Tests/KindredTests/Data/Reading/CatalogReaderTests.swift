import Testing

@testable import Kindred

@Suite struct CatalogReaderTests {
  private func catalog(_ bytes: [UInt8], name: String = "items") throws -> Catalog {
    let file = TemporaryFile(bytes, name: name)
    return try Catalog(contentsOf: file.path)
  }

  private func catalog(_ text: String) throws -> Catalog { try catalog(Array(text.utf8)) }

  private func latin1(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }

  @Test func aHeaderOfUnknownNamesIsToldByItsShape() throws {
    func file(_ text: String) -> TemporaryFile { TemporaryFile(Array(text.utf8), name: "items") }
    let articles = file("Artikelcode;Titel;Kategorie\nSKU-100;Wooden train;Toys\nSKU-101;Tea pot;Kitchen\n")
    let (catalog, summary) = try CatalogReader().read(articles.path)
    #expect(catalog.count == 2 && catalog["SKU-100"]?.title == "Wooden train")
    #expect(catalog["SKU-101"]?.genres == ["Kitchen"])
    #expect(summary.columns.description.hasPrefix("item = Artikelcode, title = Titel, genres = Kategorie; line 1"))
    // Words above words may be a row, and a missing field says nothing.
    for text in ["apple;Apple;Fruit\npear;Pear;Fruit\n", "apple;Apple;n/a\npear;Pear;3\n"] {
      #expect(try self.catalog(text).count == 2)
    }
    let users = file("Kundennr;Stadt\nK1;Bonn\nK2;Kiel\n")
    #expect(try Catalog(contentsOf: users.path, of: .users)["K2"]?.attributes == ["Stadt": "Kiel"])
  }

  @Test func readsMovieLensLatest() throws {
    let lines = [
      "movieId,title,genres", "1,Toy Story (1995),Adventure|Animation|Children|Comedy|Fantasy",
      "11,\"American President, The (1995)\",Comedy|Drama|Romance|A|B", "3,\"Say \"\"Hi\"\"\",(no genres listed)",
    ]
    let text = lines.map { $0 + "\r\n" }.joined()
    for bytes in [Array(text.utf8), Array(text.utf8).gzipped] {
      let items = try catalog(bytes)
      #expect(items.count == 3)
      #expect(
        items[1]
          == Catalog.Entry(
            title: "Toy Story (1995)", genres: ["Adventure", "Animation", "Children", "Comedy", "Fantasy"]))
      #expect(items[11]?.title == "American President, The (1995)")
      #expect(items[3] == Catalog.Entry(title: "Say \"Hi\""))
    }
  }

  @Test func readsMovieLens100K() throws {
    let flags = "0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0"
    let items = try catalog(
      latin1(
        "1|Toy Story (1995)|01-Jan-1995||http://us.imdb.com/M/title-exact?Toy%20Story%20(1995)|\(flags)\n"
          + "267|unknown||||1|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0\n543|Misérables, Les (1995)|01-Jan-1995||u|\(flags)\n"
      ))
    #expect(items[1]?.genres == ["Animation", "Children's", "Comedy"])
    #expect(items[1]?.attributes["release_date"] == "01-Jan-1995")
    #expect(items[267] == Catalog.Entry(title: "unknown"))
    #expect(items[543]?.title == "Misérables, Les (1995)")
  }

  @Test func readsMovieLens1M() throws {
    let items = try catalog(
      latin1("1::Toy Story (1995)::Animation|Comedy\n73::Misérables, Les (1995)::Drama|Musical\n"))
    #expect(items[1] == Catalog.Entry(title: "Toy Story (1995)", genres: ["Animation", "Comedy"]))
    #expect(items[73]?.title == "Misérables, Les (1995)")
  }

  @Test func readsRecBole() throws {
    let items = try catalog(
      "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\r\n"
        + "1\tToy Story\t1995\tAnimation Children's Comedy\r\n2\t\"Quoted\n3\tHeat (1995)\t1995\t\r\n")
    #expect(items[1]?.title == "Toy Story (1995)")
    #expect(items[1]?.genres == ["Animation", "Children's", "Comedy"])
    #expect(items[1]?.attributes == ["release_year": "1995"])
    #expect(items[2]?.title == "\"Quoted")
    #expect(items[3]?.title == "Heat (1995)")
  }

  @Test func readsOtherTables() throws {
    let tabs = try catalog("sku\tprice\tname\tcategory\nA1\t9.5\tLamp\thome, light\nA2\t\t\t\n")
    #expect(tabs["A1"] == Catalog.Entry(title: "Lamp", genres: ["home", "light"], attributes: ["price": "9.5"]))
    #expect(tabs["A2"] == Catalog.Entry(title: "A2"))
    let bare = try catalog("7;Lamp;x|y;z\n")
    #expect(bare[7] == Catalog.Entry(title: "Lamp", genres: ["x", "y"], attributes: ["column 4": "z"]))
    #expect(try catalog("1|Good, Bad|Drama\n")[1] == Catalog.Entry(title: "Good, Bad", genres: ["Drama"]))
    #expect(try catalog("1,Matrix,A|B|C|D|E\n2,Heat,A|B|C|D|E\n")[2]?.genres.count == 5)
    #expect(try catalog("\u{FEFF}id,title\n1,old\n1,new\n")[1]?.title == "new")
  }

  @Test(arguments: [
    ("", "FILE: the file holds no items"),
    ("\n\n", "FILE: the file holds no items"),
    ("movieId,title,genres\n", "FILE: the file holds no items"),
    ("movieId,title,genres\n1\n", "FILE, line 2, column 2: the line has 1 columns where 3 are expected"),
    ("movieId,title,genres\n1,a,b\n,x,y\n", "FILE, line 3, column 1: the item id is empty"),
    ("movieId,title,genres\n1,a,b\n,,\n", "FILE, line 3, column 1: the item id is empty"),
    ("movieId,title,genres\n1,a,b,c\n", "FILE, line 2: the line has 4 columns where 3 are expected"),
    ("movieId,title,genres\n1,\"a,b\n2,c,d\n", "FILE, line 2, column 2: \(RowProblem.unclosedQuote)"),
    ("movieId,title,genres\n1,\"a\"b,c\n", "FILE, line 2, column 2: \(RowProblem.textBehindQuote)"),
    ("movieId,title\n1,a\0b\n", "FILE, line 2: the line holds a zero byte; this is not a text file"),
    ("\u{1F}\u{0}", "FILE, line 1: the line holds a zero byte; this is not a text file"),
  ])
  func refuses(_ text: String, _ expected: String) {
    let file = TemporaryFile(text)
    do throws(ReadError) {
      _ = try Catalog(contentsOf: file.path)
      Issue.record("read \(text)")
    } catch {
      #expect(error.description.replacing(file.path, with: "FILE") == expected)
    }
  }

  @Test func refusesDamagedGzipAndLongLines() {
    #expect(throws: ReadError.self) { try catalog(Array("1,a\n".utf8).gzipped.dropLast()) }
    #expect(throws: ReadError.self) { try catalog("id,title\n1," + String(repeating: "x", count: 1 << 20)) }
    #expect(throws: ReadError.self) { try catalog("id,title\n" + String(repeating: "x", count: 4097) + ",a\n") }
    #expect(throws: ReadError.self) { try catalog("id,title\n1" + String(repeating: ",", count: 5000) + "\n") }
    #expect {
      try Catalog(contentsOf: "/no/such/items.csv")
    } throws: { ($0 as? ReadError)?.category == .unreadableFile }
  }
}
