import Foundation
import Testing

@testable import KindredCLI

@Suite struct ServeTests {
  @Test func saysWhatItServesAndStops() throws {
    let folder = Folder()
    let store = folder["films.sqlite"]
    #expect(try kindred("import", Fixtures.ratingsFile, "--store", store).status == 0)
    #expect(try kindred("train", "implicit-als", "--rank", "4", "--store", store).status == 0)
    let server = try Command(["serve", "--store", store, "--port", "0"], output: folder.write("", to: "output"))
    let end = ContinuousClock.now + .seconds(30)
    while !folder.text(of: "output").contains("Ctrl-C"), ContinuousClock.now < end { usleep(1000) }
    server.interrupt()
    let outcome = server.finish()
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errorLines.last == "The server has stopped." && !outcome.errors.contains("interrupted"))
    let lines = folder.text(of: "output").split(separator: "\n")
    #expect(lines.first?.wholeMatch(of: #/Serving .*films.sqlite at http://127.0.0.1:\d+/#) != nil)
    #expect(lines.last == "20 items, 30 users; model 1 (implicit-als) answers. Ctrl-C stops the server.")
  }

  @Test func theLogBeginsWithTheWord() {
    let line = LogLines.line(
      Date(timeIntervalSince1970: 0), "info", "trained\nanew", ["model": "2", "current": "true"])
    #expect(line == "1970-01-01T00:00:00Z info: trained anew current=true model=2")
  }
}
