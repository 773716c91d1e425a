import Foundation
import Kindred

extension Case {
  /// Reading text.
  static let reading = Case(name: "reading", summary: "a text file of ratings, read and indexed") { context in
    let bytes = try FileManager.default.attributesOfItem(atPath: context.set.train)[.size] as? Int ?? 0
    let reader = InteractionReader(threads: context.threads)
    let (samples, _) = try await context.seconds {
      try reader.read([context.set.train], user: Int.self, item: Int.self).interactions.count
    }
    return [Figure(name: "read and index", samples: samples, unit: "s", bytes: Double(bytes))]
  }
}
