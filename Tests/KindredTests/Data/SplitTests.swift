import Testing

@testable import Kindred

@Suite struct SplitTests {
  private let data: Interactions<Int, Int> = {
    var stream = RandomStream(seed: 9, .data)
    return Interactions(
      (0..<400).map { _ in
        Interaction(
          user: stream.below(30), item: stream.below(50), value: Float(stream.below(5) + 1),
          time: Timestamp(stream.below(40)))
      })
  }()

  static let splits: [Split] = [
    .random(holdingOut: 0.1), .perUser(holdingOut: 0.2), .leaveLast, .time(holdingOut: 0.25), .folds(7),
  ]

  @Test(arguments: splits) func textComesBack(_ split: Split) throws {
    #expect(try Split(parsing: split.description) == split)
  }

  @Test(arguments: [
    "", "random", "random:", "random:0", "random:1", "random:-1", "random:nan", "user:2", "leave-last:1", "folds:1",
    "folds:x", "time:a", "halves",
  ])
  func otherTextIsNoSplit(_ text: String) {
    #expect(throws: Split.ParsingError.self) { try Split(parsing: text) }
  }

  private func pairs(
    _ split: Split, seed: UInt64
  ) -> [(train: Interactions<Int, Int>, test: Interactions<Int, Int>)] {
    if case .folds(let count) = split { return data.folds(count, seed: seed) }
    return [data.split(split, seed: seed)]
  }

  @Test(arguments: splits) func partsMakeUpTheWhole(_ split: Split) {
    let pairs = pairs(split, seed: 4)
    let again = self.pairs(split, seed: 4)
    let whole = keys(data.data)
    for (pair, same) in zip(pairs, again) {
      #expect(keys(pair.train.data) == keys(same.train.data))
      #expect(Set(keys(pair.train.data)).isDisjoint(with: keys(pair.test.data)))
      #expect(Set(keys(pair.train.data)).union(keys(pair.test.data)) == Set(whole))
      #expect(keys(pair.train.data) == whole.filter(Set(keys(pair.train.data)).contains))
      #expect(keys(pair.test.data) == whole.filter(Set(keys(pair.test.data)).contains))
      #expect(pair.train.userCount == data.userCount && pair.test.itemCount == data.itemCount)
    }
  }

  @Test func randomHoldsOutTheShare() {
    let (train, test) = data.split(.random(holdingOut: 0.1), seed: 1)
    #expect(test.count == Int((Double(data.count) * 0.1).rounded()))
    #expect(train.count + test.count == data.count)
    #expect(keys(test.data) != keys(data.split(.random(holdingOut: 0.1), seed: 2).test.data))
  }

  @Test func everyInteractionIsHeldOutEquallyOften() {
    var times = [Int](repeating: 0, count: data.count)
    let positions = Dictionary(uniqueKeysWithValues: keys(data.data).enumerated().map { ($1, $0) })
    for seed in 0..<400 {
      let test = data.split(.random(holdingOut: 0.5), seed: UInt64(seed)).test.data
      for key in keys(test) { times[positions[key]!] += 1 }
    }
    // 200 expected, with a deviation of 10.
    #expect(times.min()! > 150 && times.max()! < 250)
  }

  @Test func everyUserGivesAShare() {
    let (train, test) = data.split(.perUser(holdingOut: 0.2), seed: 1)
    for user in 0..<Int32(data.userCount) {
      let count = data.data.users.count { $0 == user }
      let held = test.data.users.count { $0 == user }
      #expect(held == (count < 2 ? 0 : max(1, count / 5)))
      #expect(train.data.users.count { $0 == user } == count - held)
    }
  }

  @Test func sharesAreDecimal() {
    let hundred = Interactions((0..<100).map { Interaction(user: 1, item: $0) })
    #expect(hundred.split(.perUser(holdingOut: 0.29), seed: 0).test.count == 29)
  }

  @Test func timeHoldsOutTheLatest() {
    let (train, test) = data.split(.time(holdingOut: 0.25), seed: 1)
    #expect(test.count == Int((Double(data.count) * 0.25).rounded()))
    #expect(train.data.times.max()! <= test.data.times.min()!)
  }

  @Test func lastOfEachUserIsHeldOut() {
    let some = Interactions([
      Interaction(user: 1, item: 1, time: 5), Interaction(user: 1, item: 2, time: 9),
      Interaction(user: 1, item: 3, time: 9),
      Interaction(user: 1, item: 4, time: 2), Interaction(user: 2, item: 1, time: 1),
    ])
    #expect(some.split(.leaveLast, seed: 0).test.map { [$0.user, $0.item] } == [[1, 3]])
    let timeless = Interactions([
      Interaction(user: 1, item: 1), Interaction(user: 2, item: 1), Interaction(user: 1, item: 2),
      Interaction(user: 2, item: 3),
    ])
    #expect(timeless.split(.leaveLast, seed: 0).test.map { [$0.user, $0.item] } == [[1, 2], [2, 3]])
  }

  @Test func foldsTestEverythingOnce() {
    let folds = data.folds(7, seed: 3)
    #expect(folds.count == 7)
    #expect(folds.flatMap { keys($0.test.data) }.sorted() == keys(data.data).sorted())
    let sizes = folds.map { $0.test.count }
    #expect(sizes.max()! - sizes.min()! <= 1)
  }

  private func keys(_ data: TrainingData) -> [Int] {
    (0..<data.count).map { Int(data.users[$0]) * 1000 + Int(data.items[$0]) }
  }
}

@Suite struct CoreTests {
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
}
