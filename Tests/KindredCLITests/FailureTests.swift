import Foundation
import Testing

/// What goes wrong ends with the status that says so, a sentence on standard error, and nothing half written.
@Suite struct FailureTests {
  @Test(arguments: [
    ["nonsense"], ["train"], ["train", "--model", "m"], ["train", "--frobnicate"],
    ["train", "sgd", "--rank", "many", "--ratings", "r", "--model", "m"], ["predict", "--model", "m", "--user", "1"],
    ["predict", "--model", "m"], ["recommend", "--model", "m"], ["recommend", "--model", "m", "1", "--all"],
    ["recommend", "--model", "m", "--all"], ["recommend", "--model", "m", "1", "--limit", "0"],
    ["recommend", "1"], ["similar", "--model", "m"], ["similar", "--model", "m", "--item", "1", "--user", "1"],
    ["groups", "--model", "m", "--count", "0"], ["info"], ["complete"], ["info", "r", "--columns", "user=1", "--x"],
    ["train", "--threads", "0", "--ratings", "r", "--model", "m"],
    ["train", "--core", "0", "--ratings", "r", "--model", "m"],
    ["train", "--minimum-value", "nan", "--ratings", "r", "--model", "m"],
    ["train", "--duplicates", "some", "--ratings", "r", "--model", "m"],
    ["train", "--spark", "sc://h", "--ratings", "r", "--model", "m"],
    ["train", "als", "--spark", "h", "--ratings", "r", "--model", "m"],
  ])
  func usageIs64(_ arguments: [String]) throws {
    let outcome = try Command(arguments).finish()
    #expect(outcome.status == 64)
    #expect(outcome.output == "" && outcome.errors != "")
  }

  @Test(arguments: [
    (["info"], "<file> is missing; see 'kindred info --help'"),
    (["predict", "--model", "m"], "give --user and --item, or --pairs; see 'kindred predict --help'"),
    (["groups", "--model", "m", "--count", "0"], "--count must be between 1 and 10,000; see 'kindred groups --help'"),
    (["similar", "--item", "1"], "--model <file> is missing; see 'kindred similar --help'"),
    (
      ["train", "sgd", "--rank", "many", "--ratings", "r"],
      "the value 'many' is invalid for '--rank <rank>'; see 'kindred train sgd --help'"
    ),
  ])
  func theParsersErrorsAreSentencesLikeOurs(_ arguments: [String], _ sentence: String) throws {
    #expect(try Command(arguments).finish().errors == "kindred: \(sentence)\n")
  }

  @Test(arguments: [
    ["sgd", "--rank", "0"], ["sgd", "--learning-rate", "-1"], ["sgd", "--epochs", "0"], ["als", "--rank", "99999"],
    ["als", "--regularization", "-1"], ["implicit-als", "--unobserved-weight", "-1"], ["sgd", "--rank", "-5"],
    ["sgd", "--epochs", "99999999999999999999"], ["sgd", "--regularization", "inf"], ["--columns", "user=1,item=1"],
    ["--columns", "what=1"], ["ease", "--regularization", "0"], ["ease", "--dropout", "1"],
    ["ease", "--neighbors", "-1"],
    ["graph-filter", "--rank", "0"], ["item-knn", "--neighbors", "0"], ["item-knn", "--similarity", "pearson"],
  ])
  func settingsOutOfRangeAre64(_ arguments: [String]) throws {
    let folder = Folder()
    let files = ["--ratings", Fixtures.ratingsFile, "--model", folder["m.kindred"]]
    let outcome = try Command(["train"] + arguments + files).finish()
    #expect(outcome.status == 64)
    #expect(outcome.errors != "" && folder.names.isEmpty)
  }

  @Test func missingFilesAre66() throws {
    let folder = Folder()
    let none = folder["none"]
    for arguments in [
      ["train", "--ratings", none, "--model", folder["m"]], ["info", none], ["recommend", "--model", none, "1"],
      ["train", "--ratings", Fixtures.ratingsFile, "--items", none, "--model", folder["m"]],
      ["evaluate", "mean", "--ratings", Fixtures.ratingsFile, "--test", none], ["complete", "--model", none],
      ["predict", "--model", Fixtures.model, "--pairs", none], ["groups", "--model", none],
    ] {
      let outcome = try Command(arguments).finish()
      #expect(outcome.status == 66, "\(arguments)")
      // What the readable file was taken for is said before.
      #expect(outcome.errorLines.count <= 2 && outcome.errorLines.last?.contains(none) == true, "\(outcome.errors)")
    }
    #expect(folder.names.isEmpty)
  }

  @Test func unknownItemsAre65() throws {
    for arguments in [
      ["predict", "--user", "p1", "--item", "f99"], ["recommend", "--history", "f1:5,f99:2"],
      ["similar", "--item", "f99"],
    ] {
      let outcome = try Command(arguments + ["--model", Fixtures.model]).finish()
      #expect(outcome.status == 65)
      #expect(outcome.output == "")
      #expect(outcome.errors == "kindred: the model does not know the item 'f99'\n")
    }
    #expect(try kindred("recommend", "--model", Fixtures.model, "--history", "f1:x").status == 64)
  }

  @Test func aModelThatOnlyRanksPredictsNothing() throws {
    let folder = Folder()
    let files = ["--ratings", Fixtures.ratingsFile, "--model", folder["m.kindred"]]
    #expect(try Command(["train", "popularity"] + files).finish().status == 0)
    for arguments in [["complete"], ["predict", "--user", "p1", "--item", "f1"], ["groups"]] {
      #expect(try Command(arguments + ["--model", folder["m.kindred"]]).finish().status == 65)
    }
    let list = try kindred("recommend", "--model", folder["m.kindred"], "p1", "--json")
    #expect(list.status == 0)
    #expect(try list.objects().allSatisfy { $0["rating"] is NSNull && $0["title"] is NSNull })
  }

  @Test func divergingNamesTheEpochAndTheCureAndKeepsTheOldModel() throws {
    let folder = Folder()
    folder.write("the old model", to: "m.kindred")
    for plain in [[], ["--plain"]] {
      let files = ["--ratings", Fixtures.ratingsFile, "--model", folder["m.kindred"]]
      let outcome = try Command(["train", "sgd", "--learning-rate", "50"] + plain + files).finish()
      #expect(outcome.status == 65)
      let cure = plain.isEmpty ? "0.025" : "0.001"
      #expect(
        outcome.errors.hasSuffix(
          "kindred: training diverged at epoch 1: the loss is no longer finite; try a learning rate of \(cure)\n"))
      #expect(folder.names == ["m.kindred"] && folder.text(of: "m.kindred") == "the old model")
    }
  }

  @Test func placesThatCannotBeWrittenAre73BeforeTraining() throws {
    let folder = Folder()
    folder.write("x", to: "file")
    for path in [folder["none/m.kindred"], folder.path, folder["file/m.kindred"]] {
      let outcome = try kindred("train", "--ratings", Fixtures.ratingsFile, "--model", path)
      #expect(outcome.status == 73)
      // No progress was shown: nothing was trained.
      #expect(outcome.errorLines.count == 2 && outcome.errorLines[1].hasPrefix("kindred: cannot write \(path): "))
      #expect(try kindred("complete", "--model", Fixtures.model, "--output", path).status == 73)
      #expect(try kindred("recommend", "--model", Fixtures.model, "--all", "--output", path).status == 73)
    }
    #expect(folder.names == ["file"])
  }

  #if os(Linux)
    @Test func resultsThatCannotBeWrittenAre73() throws {
      for arguments in [
        ["complete", "--model", Fixtures.model], ["recommend", "--model", Fixtures.model, "p1"],
        ["info", Fixtures.ratingsFile, "--json"],
      ] {
        let outcome = try Command(arguments, output: "/dev/full").finish()
        #expect(outcome.status == 73)
        #expect(outcome.errors == "kindred: cannot write the result: the disk is full\n")
      }
      let list = ["complete", "--model", Fixtures.model, "--output", "/dev/stdout"]
      let outcome = try Command(list, output: "/dev/full").finish()
      #expect(outcome.status == 73)
      #expect(outcome.errors == "kindred: cannot write /dev/stdout: the disk is full\n")
    }
  #endif

  @Test func badRowsCanBeSetAside() throws {
    let folder = Folder()
    folder.write("user,item,rating\na,b,3\na,c,many\nb,c,2\n", to: "r.csv")
    let refused = try kindred("info", folder["r.csv"])
    #expect(refused.status == 65)
    let reason = "\(folder["r.csv"]), line 3, column 3: the value 'many' is not a number"
    #expect(refused.errors == "kindred: \(reason); --reject <file> sets bad rows aside\n")
    let files = ["--ratings", folder["r.csv"], "--reject", folder["bad"], "--model", folder["m.kindred"]]
    let outcome = try Command(["train", "mean"] + files).finish()
    #expect(outcome.status == 0)
    #expect(outcome.errors.contains("1 bad row is in \(folder["bad"]); the first: "))
    #expect(folder.text(of: "bad") == "a,c,many\n")
  }
}
