import Testing

@testable import Kindred

@Suite struct SplitTests {
  private let data: Interactions<Int, Int> = {
    var stream = RandomStream(seed: 9, .data)
    var data = Interactions(
      (0..<400).map { _ in
        Interaction(
          user: stream.below(30), item: stream.below(50), value: Float(stream.below(5) + 1),
          time: Timestamp(stream.below(40)))
      })
    data.itemCatalog["7"] = Catalog.Entry(title: "Film 7")
    return data
  }()

  static let splits: [Split] = [
    .random(holdingOut: 0.1), .perUser(holdingOut: 0.2), .leaveLast(1), .leaveLast(2), .time(holdingOut: 0.25),
    .users(holdingOut: 0.2), .folds(7),
  ]

  @Test(arguments: splits) func textComesBack(_ split: Split) throws {
    #expect(try Split(parsing: split.description) == split)
  }

  @Test(arguments: [
    "", "random", "random:", "random:0", "random:1", "random:-1", "random:nan", "user:2", "leave-last:0",
    "leave-last:x", "folds:1",
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
    #expect(pairs.count == again.count && !pairs.isEmpty)
    let whole = keys(data)
    for (pair, same) in zip(pairs, again) {
      #expect(keys(pair.train) == keys(same.train))
      #expect(!pair.test.isEmpty && Set(keys(pair.train)).isDisjoint(with: keys(pair.test)))
      #expect(Set(keys(pair.train)).union(keys(pair.test)) == Set(whole))
      #expect(keys(pair.train) == whole.filter(Set(keys(pair.train)).contains))
      #expect(keys(pair.test) == whole.filter(Set(keys(pair.test)).contains))
      for part in [pair.train, pair.test] {
        #expect(part.userIDs.bytes == data.userIDs.bytes && part.itemIDs.bytes == data.itemIDs.bytes)
        #expect(part.itemCatalog["7"]?.title == "Film 7" && part.data.times.count == part.count)
      }
    }
  }

  @Test func randomHoldsOutTheShare() {
    let (train, test) = data.split(.random(holdingOut: 0.1), seed: 1)
    #expect(test.count == Int((Double(data.count) * 0.1).rounded()))
    #expect(train.count + test.count == data.count)
    #expect(keys(test) != keys(data.split(.random(holdingOut: 0.1), seed: 2).test))
  }

  @Test func everyInteractionIsHeldOutEquallyOften() {
    var times = [Int](repeating: 0, count: data.count)
    let positions = Dictionary(uniqueKeysWithValues: keys(data).enumerated().map { ($1, $0) })
    for seed in 0..<400 {
      let test = data.split(.random(holdingOut: 0.5), seed: UInt64(seed)).test
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
    // As many as have one of the forty times fall on the side of the test with the first of them.
    let share = Double(test.count) / Double(data.count)
    #expect(share >= 0.25 && share < 0.25 + 2.0 / 40)
    #expect(train.data.times.max()! < test.data.times.min()!)
  }

  /// numpy.quantile(times, 0.9) is 9 of 0…10, and between 8 and 9 of 0…9: those below it are trained on.
  @Test(arguments: [(11, 2), (10, 1), (101, 11), (1, 1)])
  func timesBelowTheQuantileAreTrainedOn(_ count: Int, _ held: Int) {
    let rising = Interactions((0..<count).map { Interaction(user: 1, item: $0, time: Timestamp($0)) })
    #expect(rising.split(.time(holdingOut: 0.1), seed: 0).test.map { $0.item } == Array((count - held)..<count))
  }

  @Test func equalTimesAreOnTheSameSide() {
    let times: [Timestamp] = [1, 2, 3, 4, 5, 6, 7, 7, 7, 7]
    let some = Interactions(times.enumerated().map { Interaction(user: 1, item: $0, time: $1) })
    #expect(some.split(.time(holdingOut: 0.1), seed: 0).test.map { $0.item } == [6, 7, 8, 9])
  }

  @Test func theLastTwoOfWhoHasThree() {
    let some = Interactions([
      Interaction(user: 1, item: 1, time: 5), Interaction(user: 1, item: 2, time: 9),
      Interaction(user: 1, item: 3, time: 9), Interaction(user: 2, item: 1, time: 1),
      Interaction(user: 2, item: 2, time: 2),
    ])
    let (train, test) = some.split(.leaveLast(2), seed: 0)
    #expect(test.map { [$0.user, $0.item] } == [[1, 2], [1, 3]])
    #expect(train.map { [$0.user, $0.item] } == [[1, 1], [2, 1], [2, 2]])
  }

  @Test func theDefaultIsByTimeWhereThatSaysSomething() {
    /// Four interactions of each user, every user in turn.
    func rounds(users: Int, clock: (Int) -> Int?) -> Interactions<Int, Int> {
      var data = Interactions<Int, Int>()
      for number in 0..<(users * 4) {
        let time = clock(number).map { Timestamp($0) }
        data.append(Interaction(user: number % users, item: number / users, value: 1, time: time))
      }
      return data
    }
    #expect(rounds(users: 200) { $0 / 100 }.defaultSplit == (.time(holdingOut: 0.1), nil))
    #expect(rounds(users: 60) { $0 / 30 }.defaultSplit == (.perUser(holdingOut: 0.2), .fewUsers(30)))
    let timeless = rounds(users: 200) { _ in nil }
    #expect(timeless.defaultSplit == (.perUser(holdingOut: 0.2), .noTimes) && !timeless.hasTimes)
    var equal = rounds(users: 200) { $0 < 401 ? 5 : $0 }
    #expect(equal.defaultSplit == (.perUser(holdingOut: 0.2), .equalTimes))
    equal.append(Interaction(user: 0, item: 0, time: 1))
    equal.append(Interaction(user: 1, item: 0, time: 1))
    #expect(equal.defaultSplit.obstacle != .equalTimes)
  }

  @Test func lastOfEachUserIsHeldOut() {
    let some = Interactions([
      Interaction(user: 1, item: 1, time: 5), Interaction(user: 1, item: 2, time: 9),
      Interaction(user: 1, item: 3, time: 9),
      Interaction(user: 1, item: 4, time: 2), Interaction(user: 2, item: 1, time: 1),
    ])
    #expect(some.split(.leaveLast(1), seed: 0).test.map { [$0.user, $0.item] } == [[1, 3]])
    let timeless = Interactions([
      Interaction(user: 1, item: 1), Interaction(user: 2, item: 1), Interaction(user: 1, item: 2),
      Interaction(user: 2, item: 3),
    ])
    #expect(timeless.split(.leaveLast(1), seed: 0).test.map { [$0.user, $0.item] } == [[1, 2], [2, 3]])
  }

  /// Rows that are sorted by item say nothing of the order of events, so validation is random.
  @Test func rowsSortedByItemHaveNoOrder() {
    func rows(_ place: (_ user: Int, _ item: Int) -> Int, time: (Int) -> Timestamp? = { _ in nil }) -> TrainingData {
      let rows = (0..<30).flatMap { user in
        (0..<20).filter { (user * 7 + $0 * 3) % 5 < 3 }.sorted { place(user, $0) < place(user, $1) }.map { item in
          Interaction(user: user, item: item, value: 1, time: time(item))
        }
      }
      return Interactions(rows).data
    }
    let sorted = rows { $1 }
    #expect(sorted.isSortedByItem && rows({ -$1 }).isSortedByItem && rows({ $1 * 7 % 20 }).isSortedByItem)
    #expect(!rows({ ($1 * 7 + $0 * 3) % 20 }).isSortedByItem)
    #expect(rows({ $1 }, time: { _ in 5 }).isSortedByItem && !rows({ $1 }, time: { Timestamp($0) }).isSortedByItem)
    #expect(!Interactions((0..<40).map { Interaction(user: $0 / 2, item: $0) }).data.isSortedByItem, "by chance")
    #expect(!TrainingData(userCount: 3, itemCount: 3).isSortedByItem)
    let tests = [(sorted, ValidationMethod.latest), (sorted, .random), (rows { ($1 * 7 + $0 * 3) % 20 }, .latest)].map {
      Validation(of: PreparedData($0), $1, seed: 1).test.columns
    }
    #expect(tests[0].items == tests[1].items && tests[0].count != 30)
    #expect(tests[2].users == Array(0..<30))
  }

  /// In a large data set every second or further user stands for all, with all of their events and of the same items.
  @Test func someUsersStandForAllInACutOfLargeData() {
    #expect([1, 5_000_000, 5_000_001, 18_000_000].map(Validation.stepOfUsers) == [1, 1, 2, 4])
    let whole = PreparedData(data.data)
    let all = Validation(of: whole, .latest, seed: 1)
    let some = Validation(of: whole, .latest, seed: 1, everyUser: 3)
    for (part, of) in [(some.train.columns, all.train.columns), (some.test.columns, all.test.columns)] {
      #expect(part.userCount == of.userCount && part.itemCount == of.itemCount)
      #expect(part.users.allSatisfy { $0 % 3 == 0 } && Set(part.users).count > 3)
    }
    let users = Set(whole.columns.users.filter { $0 % 3 == 0 })
    #expect(some.train.count + some.test.count == whole.columns.users.count { users.contains($0) })
  }

  @Test func foldsTestEverythingOnce() {
    let folds = data.folds(7, seed: 3)
    #expect(folds.count == 7)
    #expect(folds.flatMap { keys($0.test) }.sorted() == keys(data).sorted())
    let sizes = folds.map { $0.test.count }
    #expect(sizes.max()! - sizes.min()! <= 1)
  }

  /// A share of the users is tested on a share of their own, and what else they did is no part of it.
  @Test func someUsersAreHeldOut() {
    let (train, test) = data.split(.users(holdingOut: 0.2), seed: 1)
    let held = Set(test.map { $0.user })
    #expect(held.count == 6)
    for user in held {
      let count = data.count { $0.user == user }
      #expect(test.count { $0.user == user } == max(1, count / 5))
      #expect(train.count { $0.user == user } == count - max(1, count / 5))
    }
    #expect(Set(data.split(.users(holdingOut: 0.2), seed: 2).test.map { $0.user }) != held)
  }

  private func keys(_ data: Interactions<Int, Int>) -> [Int] { data.map { $0.user * 1000 + $0.item } }
}
