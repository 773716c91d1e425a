import Foundation
import Testing

@testable import Kindred

/// Items of three shelves that differ in their numbers alone.
private enum Numbers {
  static func entry(_ item: Int, count: Int = 12) -> Catalog.Entry {
    var stream = RandomStream(seed: 5, .data, item)
    // Without a common label: the title has no word of three letters.
    return Catalog.Entry(
      title: "\(item)",
      vectors: ["text": (0..<count).map { Float(stream.normal()) * 0.3 + ($0 % 3 == item % 3 ? 2 : 0) }])
  }

  static var interactions: Interactions<Int, String> {
    var stream = RandomStream(seed: 3, .data)
    var interactions = Interactions<Int, String>()
    for user in 0..<60 {
      for item in 0..<45 where item % 3 == user % 3 && stream.uniform() < 0.5 {
        interactions.append(Interaction(user: user, item: "i\(item)", value: 1))
      }
    }
    for item in 0..<45 { interactions.itemCatalog["i\(item)"] = entry(item) }
    return interactions
  }
}

@Suite struct ItemVectorTests {
  @Test func placesANewItemByItsNumbers() async throws {
    let recommender = try await Recommender.train(on: Numbers.interactions, ranking: Blend.small, threads: 2)
    #expect(recommender.placesItems)
    let placed = recommender.placing([(id: "new", entry: Numbers.entry(48)), (id: "bare", entry: .init(title: "x"))])
    let place = { (user: Int) in
      placed.recommendations(for: user, limit: placed.itemCount).firstIndex { $0.item == "new" } ?? .max
    }
    #expect(place(0) < place(1) && place(3) < place(2))
    // Numbers have no name to be a reason by.
    let history = try #require(placed.history(of: 0))
    #expect(placed.attributeReasons(for: ["new"], history: history) == [[]])
    try withFolder { folder in
      try placed.write(to: folder + "/model.kindred")
      let read = try Recommender<Int, String>(contentsOf: folder + "/model.kindred")
      #expect(Array(read.recommendations(for: 1, limit: 60)) == Array(placed.recommendations(for: 1, limit: 60)))
      let again = read.placing([(id: "other", entry: Numbers.entry(49))])
      let both = placed.placing([(id: "other", entry: Numbers.entry(49))])
      #expect(Array(again.recommendations(for: 1, limit: 60)) == Array(both.recommendations(for: 1, limit: 60)))
    }
  }

  @Test func isTheSameAtAnyNumberOfThreads() throws {
    let data = PreparedData(Numbers.interactions.trainingData)
    let one = try #require(try AttributeRegression().model(data, using: Parallel(threads: 1)))
    #expect((1...12).contains(one.features.projection?.count ?? 0))
    for threads in [2, 5] {
      let other = try #require(try AttributeRegression().model(data, using: Parallel(threads: threads)))
      #expect(one.weights == other.weights && one.rows == other.rows)
    }
  }

  @Test func componentsAreOrthonormalAndRowsHaveLengthOne() throws {
    let entries = (0..<45).map { Numbers.entry($0) }
    let attributes = ItemAttributes(entries)
    let vectors = try #require(attributes.vectors)
    let known = Array(repeating: true, count: 45)
    let projection = try #require(VectorProjection(vectors, ofItems: known, using: Parallel(threads: 2)))
    for left in 0..<projection.count {
      for right in 0..<projection.count {
        let product = (0..<12).reduce(Float(0)) {
          $0 + projection.components[left, $1] * projection.components[right, $1]
        }
        #expect(abs(product - (left == right ? 1 : 0)) < 1e-4)
      }
    }
    let row = projection.row(of: vectors, item: 7)
    #expect(isClose(row.reduce(0) { $0 + $1 * $1 }, 1))
    // A list of another length, or none, says nothing.
    let odd = ItemVectors([["text": [1, 2]], [:]], columns: projection.columns)
    #expect(projection.row(of: odd, item: 0).isEmpty && projection.row(of: odd, item: 1).isEmpty)
  }

  @Test func columnsAreJoinedInOrderOfNames() {
    let vectors = ItemVectors([["b": [3, 4], "a": [1]], ["b": [6, 7], "a": [5]], ["b": [9]]])
    #expect(vectors.columns == [.init(name: "a", dimension: 1), .init(name: "b", dimension: 2)])
    #expect((0..<3).map { vectors.rows[$0] } == [[1, 3, 4], [5, 6, 7], [0, 0, 0]])
  }

  @Test func equalNumbersMakeNoProjection() {
    let vectors = ItemVectors((0..<5).map { _ in ["a": [1, 2, 3]] })
    let projection = VectorProjection(
      vectors, ofItems: Array(repeating: true, count: 5), using: Parallel(threads: 1))
    #expect(projection == nil || projection?.row(of: vectors, item: 0) == [])
  }
}

@Suite struct NumberReadingTests {
  private let list = "0.5,-1,2e1,0,1,2,3,-0.25"
  private let numbers: [Float] = [0.5, -1, 20, 0, 1, 2, 3, -0.25]

  @Test func readsListsInCellsAndInJSON() throws {
    try withFolder { folder in
      try write(
        "id,title,text\na,One,\"[\(list)]\"\nb,Two,\"[\(list.replacing(",", with: " "))]\"\n", to: folder + "/i.csv")
      let table = try Catalog(contentsOf: folder + "/i.csv")
      #expect(table["a"]?.vectors == ["text": numbers] && table["b"]?.vectors == ["text": numbers])
      #expect(table["a"]?.attributes == [:])
      try write(#"{"id":"a","title":"One","text":[\#(list)],"years":[1999,2001]}"#, to: folder + "/i.jsonl")
      let objects = try Catalog(contentsOf: folder + "/i.jsonl")
      #expect(objects["a"]?.vectors == ["text": numbers])
      #expect(objects["a"]?.attributes["years"] == "1999, 2001")
      // What is no list of numbers stays a text.
      try write("id,title,text\na,One,\"[1,2,3,4,5,6,7,nan]\"\n", to: folder + "/n.csv")
      #expect(try Catalog(contentsOf: folder + "/n.csv")["a"]?.vectors == [:])
    }
  }

  private func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

  private func write(_ bytes: [UInt8], to path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  /// An array as NumPy writes it.
  private func array(_ rows: [[Float]], type: String = "<f4", order: String = "False") -> [UInt8] {
    var header = "{'descr': '\(type)', 'fortran_order': \(order), 'shape': (\(rows.count), \(rows[0].count)), }"
    header += String(repeating: " ", count: 117 - header.utf8.count) + "\n"
    let data =
      type == "<f8"
      ? rows.joined().flatMap { number in
        (0..<8).map { UInt8(truncatingIfNeeded: Double(number).bitPattern >> (8 * $0)) }
      }
      : rows.joined().flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * $0)) } }
    return [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(header.utf8) + data
  }

  @Test(arguments: ["<f4", "<f8"]) func readsAnArrayBesideTheItems(type: String) throws {
    try withFolder { folder in
      try write("id,title\na,One\nb,Two\n", to: folder + "/i.csv")
      try write(array([numbers, numbers.map { $0 * 2 }], type: type), to: folder + "/i.npy")
      let (catalog, summary) = try CatalogReader().read(folder + "/i.csv")
      #expect(catalog["a"]?.vectors == ["i.npy": numbers])
      #expect(catalog["b"]?.vectors == ["i.npy": numbers.map { $0 * 2 }])
      #expect(summary.columns.columns.contains { $0.role == "numbers" && $0.name == "i.npy" })
    }
  }

  @Test func refusesAnArrayThatDoesNotFit() throws {
    try withFolder { folder in
      try write("id,title\na,One\nb,Two\n", to: folder + "/i.csv")
      let good = array([numbers, numbers])
      for (bytes, reason) in [
        (array([numbers]), "1 rows"), (array([numbers, [.nan] + numbers.dropFirst()]), "not finite"),
        (array([numbers, numbers], type: "<i4"), "astype('float32')"),
        (array([numbers, numbers], order: "True"), "ascontiguousarray"),
        (Array(good.prefix(130)), "more than the file"),
        (Array(good.prefix(40)), "cut short"), (Array("hello, world".utf8), "NumPy's format"),
      ] {
        try write(bytes, to: folder + "/i.npy")
        let error = #expect(throws: ReadError.self) { try CatalogReader().read(folder + "/i.csv") }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
      }
    }
  }
}
