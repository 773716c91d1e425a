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
  /// How long a client may take to read an answer that its connection cannot hold at once.
  public var answerTime = Duration.seconds(30)
  /// The most requests of one connection that wait for their answers; a connection with more is closed.
  public var waitingRequests = 64
  /// The most costly requests at a time, such as lists with reasons; further ones are refused with the status 503.
  public var costlyRequests = 64
  /// How long a training may take; then it is given up, so that others can follow.
  public var trainingTime = Duration.seconds(6 * 3600)
  /// The most items of a history in a request.
  public var historyItems = 10_000
  /// The requests per second that one client may send on average, after a burst of twice as many; nil for any number.
  public var requestsPerSecond: Int?

  /// Creates the limits that a server has by default.
  public init() {}
}
