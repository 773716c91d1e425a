import Foundation
import Kindred
import Logging

/// Writes a log to standard error, one line per event: the time, the level, the message, then its fields.
struct LogLines: LogHandler {
  var logLevel = Logger.Level.info
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?

  subscript(metadataKey key: String) -> Logger.MetadataValue? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let fields = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }.merging(event.metadata ?? [:]) { $1 }
    let line = Self.line(.now, "\(event.level)", "\(event.message)", fields.mapValues { "\($0)" })
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }

  static func line(_ time: Date, _ level: String, _ message: String, _ fields: [String: String]) -> String {
    let pairs = fields.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    return "\(time.formatted(.iso8601)) \(level): \(message)\(pairs)".withoutControls
  }
}
