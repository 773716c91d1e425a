/// Limits of requests and connections.
public struct Limits: Sendable {
  /// The most bytes of a body.
  public var bodyBytes = 4 << 20
  /// How long a body may take to arrive.
  public var bodyTime = Duration.seconds(10)
  /// How long the head of a request may take to arrive, and how long an unused connection stays open.
  public var headTime = Duration.seconds(10)
  public var idleTime = Duration.seconds(60)
  /// The most bytes of a request's head.
  public var headBytes = 16 << 10
  /// The most connections at a time; further ones wait.
  public var connections = 1024
  /// The most items of a history in a request.
  public var historyItems = 10_000
  /// The requests per second that one client may send on average, after a burst of twice as many; nil for any number.
  public var requestsPerSecond: Int?

  /// Creates the limits that a server has by default.
  public init() {}
}
