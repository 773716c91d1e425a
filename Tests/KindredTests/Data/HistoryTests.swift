import Testing

@testable import Kindred

@Suite struct HistoryTests {
  private var history: History { History(items: [7, 2, 5], values: [4, 1, 3]) }

  /// A history as the training data has it, with weights and days.
  private var trained: History {
    History(items: [2, 5, 7], values: [1, 3, 4], weights: [0, 1, 0.5], days: [10, Day.unknown, 12], trainingRow: 3)
  }

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
    #expect(edited.days.isEmpty)
  }

  @Test func anEditForgetsTheTrainedRowAndTheWeights() {
    var edited = trained
    edited.set(4, forItemAt: 5)
    #expect(edited.trainingRow == nil && edited.weights.isEmpty)
    #expect(edited.items == [2, 5, 7] && edited.values == [1, 4, 4])
    #expect(edited.days == [10, Day.unknown, 12])
  }

  @Test func daysAreThoseOfTheItems() {
    var edited = trained
    edited.set(2, forItemAt: 9, at: 20 * Day.seconds + 5)
    edited.set(4, forItemAt: 7)
    #expect(edited.items == [2, 5, 7, 9] && edited.days == [10, Day.unknown, Day.unknown, 20])
    edited.remove(itemAt: 5)
    #expect(edited.days == [10, Day.unknown, 20])
    var dayless = history
    dayless.set(2, forItemAt: 5, at: 86_399)
    #expect(dayless.days == [Day.unknown, Day.unknown, 0])
    dayless = history
    dayless.set(2, forItemAt: 9, at: 86_400)
    #expect(dayless.days == [Day.unknown, Day.unknown, Day.unknown, 1])
  }

  @Test func removingTakesAllOfAnItemOut() {
    var edited = trained
    edited.remove(itemAt: 5)
    #expect(edited == History(items: [2, 7], values: [1, 4], weights: [0, 0.5], days: [10, 12], trainingRow: nil))
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
    others[2].weights[0] = 1
    others[3].days[0] = 11
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
