import Foundation
import KindredStore

// Writes feedback at full speed and says each time what is safe, until it is killed: for the tests of what survives
// that.
//
// usage: StoreWriter STORE ROUND WRITERS
//
// Each writer is a user of its own who gives item after item a rising value from 0 on, every seventh to the same item
// again.

let arguments = CommandLine.arguments
guard arguments.count == 4, let writers = Int(arguments[3]) else { exit(64) }
let store = try SQLiteStore(path: arguments[1], opening: .creating)

await withTaskGroup(of: Void.self) { group in
  for writer in 0..<writers {
    group.addTask {
      var count = 0
      while true {
        let item = count % 7 == 0 ? "again" : "item \(count)"
        let feedback = Feedback(
          user: "\(arguments[2]).\(writer)", item: item, value: Float(count), time: Int64(count))
        do {
          try await store.add([feedback], unknownItems: .made)
        } catch {
          FileHandle.standardError.write(Data("\(error)\n".utf8))
          exit(70)
        }
        // One write a line, so that a line is whole or not there.
        FileHandle.standardOutput.write(Data("\(writer) \(count)\n".utf8))
        count += 1
      }
    }
  }
}
