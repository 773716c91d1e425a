import Metrics
import NIOConcurrencyHelpers

/// What the server counts, in memory, shown as Prometheus text.
///
/// It is a back end of swift-metrics: code counts through the usual types, and a program that embeds the server may
/// hand over another.
final class ServerMetrics: MetricsFactory {
  /// The upper bounds of a time's buckets, in seconds.
  private static let bounds = [0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5]

  fileprivate struct Name: Hashable {
    var label: String
    var dimensions: [String]
  }

  private final class Count: CounterHandler, FloatingPointCounterHandler, Sendable {
    let value = NIOLockedValueBox(0.0)
    func increment(by amount: Int64) { value.withLockedValue { $0 += Double(amount) } }
    func increment(by amount: Double) { value.withLockedValue { $0 += amount } }
    func reset() { value.withLockedValue { $0 = 0 } }
  }

  private final class Level: RecorderHandler, MeterHandler, Sendable {
    let value = NIOLockedValueBox(0.0)
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
    func set(_ value: Int64) { set(Double(value)) }
    func set(_ new: Double) { value.withLockedValue { $0 = new } }
    func increment(by amount: Double) { value.withLockedValue { $0 += amount } }
    func decrement(by amount: Double) { value.withLockedValue { $0 -= amount } }
  }

  private final class Times: TimerHandler, Sendable {
    let value = NIOLockedValueBox((buckets: [Int](repeating: 0, count: ServerMetrics.bounds.count), count: 0, sum: 0.0))
    func recordNanoseconds(_ duration: Int64) {
      let seconds = Double(duration) / 1e9
      value.withLockedValue { value in
        if let bucket = ServerMetrics.bounds.firstIndex(where: { seconds <= $0 }) { value.buckets[bucket] += 1 }
        value.count += 1
        value.sum += seconds
      }
    }
  }

  private let counts = NIOLockedValueBox<[Name: Count]>([:])
  private let levels = NIOLockedValueBox<[Name: Level]>([:])
  private let times = NIOLockedValueBox<[Name: Times]>([:])

  func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { count(label, dimensions) }
  func makeFloatingPointCounter(
    label: String, dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler { count(label, dimensions) }
  func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    level(label, dimensions)
  }
  func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler { level(label, dimensions) }
  func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    times.withLockedValue { Self.known(&$0, label, dimensions) { Times() } }
  }
  // What was counted stays until the server ends.
  func destroyCounter(_ handler: any CounterHandler) {}
  func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
  func destroyRecorder(_ handler: any RecorderHandler) {}
  func destroyMeter(_ handler: any MeterHandler) {}
  func destroyTimer(_ handler: any TimerHandler) {}

  private func count(_ label: String, _ dimensions: [(String, String)]) -> Count {
    counts.withLockedValue { Self.known(&$0, label, dimensions) { Count() } }
  }

  private func level(_ label: String, _ dimensions: [(String, String)]) -> Level {
    levels.withLockedValue { Self.known(&$0, label, dimensions) { Level() } }
  }

  private static func known<Handler>(
    _ handlers: inout [Name: Handler], _ label: String, _ dimensions: [(String, String)], _ make: () -> Handler
  ) -> Handler {
    let name = Name(label: label, dimensions: dimensions.map { "\($0.0)=\"\($0.1)\"" })
    if let handler = handlers[name] { return handler }
    let handler = make()
    handlers[name] = handler
    return handler
  }

  /// Everything in the text format of Prometheus, sorted.
  var text: String {
    var lines: [String] = []
    Self.append("counter", counts.withLockedValue { $0 }, to: &lines) { name, count in
      ["\(name.series()) \(count.value.withLockedValue { $0 })"]
    }
    Self.append("gauge", levels.withLockedValue { $0 }, to: &lines) { name, level in
      ["\(name.series()) \(level.value.withLockedValue { $0 })"]
    }
    Self.append("histogram", times.withLockedValue { $0 }, to: &lines) { name, times in
      let value = times.value.withLockedValue { $0 }
      var below = 0
      var series = zip(Self.bounds, value.buckets).map { bound, count in
        below += count
        return "\(name.series("_bucket", "le=\"\(bound)\"")) \(below)"
      }
      series.append("\(name.series("_bucket", "le=\"+Inf\"")) \(value.count)")
      series.append("\(name.series("_sum")) \(value.sum)")
      series.append("\(name.series("_count")) \(value.count)")
      return series
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func append<Handler>(
    _ type: String, _ handlers: [Name: Handler], to lines: inout [String], _ series: (Name, Handler) -> [String]
  ) {
    var label = ""
    for (name, handler) in handlers.sorted(by: { ($0.key.label, $0.key.series()) < ($1.key.label, $1.key.series()) }) {
      if name.label != label { lines.append("# TYPE \(name.label) \(type)") }
      label = name.label
      lines += series(name, handler)
    }
  }
}

extension ServerMetrics.Name {
  fileprivate func series(_ suffix: String = "", _ further: String...) -> String {
    let all = dimensions + further
    return label + suffix + (all.isEmpty ? "" : "{\(all.joined(separator: ","))}")
  }
}
