import Foundation
import Testing

@Suite struct InterruptionTests {
  @Test(arguments: [["sgd", "--plain"], ["sgd"], ["als"], ["implicit-als"]])
  func endsAtOnceAndLeavesNothing(_ algorithm: [String]) throws {
    let folder = Folder()
    folder.write("the old model", to: "m.kindred")
    let files = ["--ratings", Fixtures.ratingsFile, "--model", folder["m.kindred"], "--epochs", "100000"]
    let command = try Command(["train"] + algorithm + files, keepsErrors: false)
    #expect(command.saysInErrors(algorithm[0] + ": "))
    let start = ContinuousClock.now
    command.interrupt()
    let outcome = command.finish(within: 10)
    #expect(ContinuousClock.now - start < .seconds(1))
    #expect(outcome.status == 130)
    #expect(outcome.output == "")
    #expect(folder.names == ["m.kindred"])
    #expect(folder.text(of: "m.kindred") == "the old model")
  }

  @Test func anEvaluationEndsAtOnce() throws {
    let command = try Command(
      ["evaluate", "sgd", "--plain", "--epochs", "100000", "--ratings", Fixtures.ratingsFile], keepsErrors: false)
    #expect(command.saysInErrors("sgd"))
    let start = ContinuousClock.now
    command.interrupt()
    let outcome = command.finish(within: 10)
    #expect(ContinuousClock.now - start < .seconds(1))
    #expect(outcome.status == 130 && outcome.output == "")
  }
}
