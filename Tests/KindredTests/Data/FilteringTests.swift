import Testing

@testable import Kindred

@Suite struct FilteringTests {
  @Test func takesOutUntilNothingChanges() {
    // Item 9 falls with its second user, user 3 with item 9.
    let pairs = [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 9), (4, 9)]
    let data = Interactions(pairs.map { Interaction(user: $0.0, item: $0.1) })
    let core = data.filtered(core: 2)
    #expect(core.map { [$0.user, $0.item] } == [[1, 1], [1, 2], [2, 1], [2, 2]])
    #expect(core.userCount == 2 && core.itemCount == 2)
    #expect(data.filtered(core: 3).isEmpty)
    #expect(data.filtered().map { $0 } == data.map { $0 })
  }

  @Test func agreesWithTheObviousWay() {
    var stream = RandomStream(seed: 8, .data)
    for _ in 0..<50 {
      let data = Interactions(
        (0..<60).map { _ in Interaction(user: stream.below(15), item: stream.below(15), value: Float(stream.below(5))) }
      )
      var left = data.filter { $0.value >= 1 }
      var before = -1
      while left.count != before {
        before = left.count
        left = left.filter { row in left.count { $0.user == row.user } >= 3 && left.count { $0.item == row.item } >= 3 }
      }
      let core = data.filtered(minimumValue: 1, core: 3)
      #expect(core.map { $0 } == left)
      #expect(core.userCount == Set(left.map { $0.user }).count)
    }
  }

  @Test func alignsATestOfItsOwn() {
    let train = Interactions([Interaction(user: "a", item: 1, value: 2), Interaction(user: "b", item: 2, value: 3)])
    let test = Interactions([Interaction(user: "c", item: 2, value: 4), Interaction(user: "b", item: 3, value: 5)])
    let (left, right) = train.aligned(with: test)
    #expect(left.map { $0 } == train.map { $0 } && right.map { $0 } == test.map { $0 })
    #expect(left.userIDs.bytes == right.userIDs.bytes && left.itemIDs.bytes == right.itemIDs.bytes)
    #expect(left.data.users == [0, 1] && right.data.users == [2, 1])
    #expect(left.userCount == 3 && right.itemCount == 3)
  }

  /// A data set with times and catalogs: user 2 and item 9 fall.
  private let described: Interactions<Int, Int> = {
    let rows: [(Int, Int, Float, Timestamp)] = [
      (1, 5, 4, 30), (2, 9, 1, 10), (3, 5, 3, 20), (1, 6, 2, 40), (3, 6, 5, 50),
    ]
    var data = Interactions(rows.map { Interaction(user: $0.0, item: $0.1, value: $0.2, time: $0.3) })
    for item in [5, 6, 9] { data.itemCatalog["\(item)"] = Catalog.Entry(title: "Film \(item)") }
    data.userCatalog["2"] = Catalog.Entry(title: "Two")
    return data
  }()

  @Test func whatIsLeftIsNumberedAnewInTheOldOrder() {
    let core = described.filtered(core: 2)
    #expect(core.data.users == [0, 1, 0, 1] && core.data.items == [0, 0, 1, 1])
    #expect(core.data.times == [30, 20, 40, 50] && core.data.values == [4, 3, 2, 5])
    #expect((core.userIDs[0], core.userIDs[1]) == ("1", "3") && (core.itemIDs[0], core.itemIDs[1]) == ("5", "6"))
  }

  @Test func theCatalogsStayAsTheyAre() {
    let core = described.filtered(minimumValue: 3)
    #expect(core.map { [$0.user, $0.item] } == [[1, 5], [3, 5], [3, 6]])
    #expect(core.itemCatalog["9"]?.title == "Film 9" && core.userCatalog["2"]?.title == "Two")
    let (left, right) = described.aligned(with: Interactions([Interaction(user: 7, item: 9, value: 1, time: 60)]))
    #expect(left.itemCatalog["9"]?.title == "Film 9" && left.userCatalog["2"]?.title == "Two")
    #expect(right.itemCatalog["9"] == nil && right.userCatalog["2"] == nil)
    #expect(left.data.times == described.data.times && right.data.times == [60])
    #expect(left.userCount == 4 && right.userCount == 4 && left.itemCount == 3 && right.itemCount == 3)
  }

  @Test func aMinimumKeepsWhatIsEqualToIt() {
    #expect(described.filtered(minimumValue: 4).map { $0.value } == [4, 5])
    #expect(described.filtered(minimumValue: 6).isEmpty)
    #expect(Interactions<Int, Int>().filtered(minimumValue: 1, core: 2).isEmpty)
  }
}
