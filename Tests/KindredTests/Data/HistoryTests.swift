import Testing

@testable import Kindred

@Suite struct HistoryTests {
  private var history: History { History(items: [7, 2, 5], values: [4, 1, 3]) }

  /// A history as the training data has it, with weights and times.
  private var trained: History {
    History(
      items: [5, 2, 7], values: [3, 1, 4], weights: [1, 0, 0.5], times: [Self.unknown, Self.day(10), Self.day(12)],
      trainingRow: 3)
  }

  private static let unknown = History.unknownTime
  private static func day(_ number: Timestamp) -> Timestamp { number * Day.microseconds }

  @Test func aLaterValueOfAnItemReplacesTheEarlier() {
    let doubled = History(items: [7, 2, 7, 5, 2], values: [1, 2, 4, 3, 1])
    #expect(doubled == history)
    #expect(doubled.count == 3 && History().count == 0)
  }

  @Test func settingAddsOrReplaces() {
    var edited = history
    edited.set(2, forItemAt: 9)
    edited.set(5, forItemAt: 2)
    #expect(edited == History(items: [7, 2, 5, 9], values: [4, 5, 3, 2]))
    #expect(edited.times.isEmpty)
  }

  @Test func anEditForgetsTheTrainedRowAndTheWeights() {
    var edited = trained
    edited.set(4, forItemAt: 5)
    #expect(edited.trainingRow == nil && edited.weights.isEmpty)
    #expect(edited.items == [5, 2, 7] && edited.values == [4, 1, 4])
    #expect(edited.times == trained.times)
  }

  @Test func anEventTakesItsPlaceInTheOrderOfTimes() {
    var edited = trained
    edited.set(2, forItemAt: 9, at: Self.day(11))
    #expect(edited.items == [5, 2, 9, 7] && edited.values == [3, 1, 2, 4])
    #expect(edited.days == [Day.unknown, 10, 11, 12])
    edited.set(5, forItemAt: 2, at: Self.day(20) + 5)
    #expect(edited.items == [5, 9, 7, 2] && edited.days == [Day.unknown, 11, 12, 20])
    edited.set(1, forItemAt: 8, at: Self.day(11))
    #expect(edited.items == [5, 9, 8, 7, 2], "an equal time comes later")
    edited.set(1, forItemAt: 4, at: -1)
    #expect(edited.items == [5, 4, 9, 8, 7, 2])
    var timeless = history
    timeless.set(2, forItemAt: 5, at: Day.microseconds - 1)
    #expect(timeless.items == [7, 2, 5] && timeless.days == [Day.unknown, Day.unknown, 0])
  }

  @Test func anEditKeepsTheOtherEvents() {
    var listened = History(
      items: [3, 1], values: [1, 2], times: [4, 9], events: [1, 3, 3, 1], trainingRow: nil)
    #expect(listened.sequence == [1, 3, 3, 1])
    listened.set(1, forItemAt: 6, at: 5)
    #expect(listened.items == [3, 6, 1] && listened.sequence == [1, 3, 3, 6, 1])
    listened.set(1, forItemAt: 3, at: 10)
    #expect(listened.items == [6, 1, 3] && listened.sequence == [1, 6, 1, 3])
    listened.remove(itemAt: 1)
    #expect(listened.items == [6, 3] && listened.sequence == [6, 3])
  }

  @Test func removingTakesAllOfAnItemOut() {
    var edited = trained
    edited.remove(itemAt: 5)
    #expect(
      edited
        == History(
          items: [2, 7], values: [1, 4], weights: [0, 0.5], times: [Self.day(10), Self.day(12)], trainingRow: nil))
    // What is not there changes nothing: the trained row still stands.
    edited = trained
    edited.remove(itemAt: 6)
    #expect(edited == trained)
  }

  @Test func whatIsKeptOfFoldInsIsNoPartOfIt() {
    var kept = history.keepingFoldIns()
    #expect(kept == history && kept.foldIns != nil)
    kept.remove(itemAt: 6)
    #expect(kept.foldIns != nil)
    kept.remove(itemAt: 2)
    #expect(kept.foldIns == nil)
    kept = history.keepingFoldIns()
    kept.set(1, forItemAt: 2)
    #expect(kept.foldIns == nil)
  }

  @Test func historiesDifferInAnyPart() {
    var others = [trained, trained, trained, trained, trained]
    others[0].items[0] = 1
    others[1].values[0] = 2
    others[2].weights[0] = 0.25
    others[3].times[0] = 11
    others[4].trainingRow = 4
    #expect(others.allSatisfy { $0 != trained })
  }

  @Test func placesFollowThePositions() {
    #expect(history.order == [1, 2, 0])
    #expect(history.placesInOrder == [2, 0, 1])
    #expect(History().order.isEmpty && History().placesInOrder.isEmpty)
  }

  @Test func withoutEachIsOneShorterInTurn() {
    #expect(
      history.withoutEach(of: 1..<3) == [
        History(items: [7, 5], values: [4, 3]), History(items: [7, 2], values: [4, 1]),
      ]
    )
    #expect(trained.withoutEach(of: 0..<3).allSatisfy { $0.trainingRow == nil && $0.count == 2 })
    #expect(history.withoutEach(of: 1..<1).isEmpty)
  }
}
