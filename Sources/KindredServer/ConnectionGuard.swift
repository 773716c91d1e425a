import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Guards one connection: refuses what is not HTTP or does not arrive in time, and closes the connection.
///
/// Event loop only. It stands between the codec and the rest, so it sees whole parts of requests and answers.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private enum Wait { case head, body, next }

  private let limits: Limits
  private var timer: Scheduled<Void>?
  /// Runs while the client does not read.
  private var answerTimer: Scheduled<Void>?
  private var isReading = false
  private var isAnswering = false
  /// Whether a file is on its way, whose parts have the time of a body each.
  private var isUpload = false
  private var open = 0
  private var closes = false
  /// Whether the client was told to go; whatever it or the handler still says is dropped.
  private var isRefused = false

  init(_ limits: Limits) { self.limits = limits }

  func handlerAdded(context: ChannelHandlerContext) {
    // Without it answers are longer, nothing worse.
    try? Self.addCompression(to: context.pipeline.syncOperations)
    if context.channel.isActive { wait(for: .head, context) }
  }

  func channelActive(context: ChannelHandlerContext) {
    wait(for: .head, context)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    cancelTimers()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { cancelTimers() }

  private func cancelTimers() {
    timer?.cancel()
    answerTimer?.cancel()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    answerTimer?.cancel()
    if !context.channel.isWritable {
      let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
      answerTimer = context.eventLoop.scheduleTask(in: TimeAmount(limits.answerTime)) {
        bound.value.close(promise: nil)
      }
    }
    context.fireChannelWritabilityChanged()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if isRefused { return }
    switch unwrapInboundIn(data) {
    case .head(let head):
      open += 1
      isUpload = head.method == .post && head.path?.hasPrefix("/v1/imports") == true
      // Requests that wait hold memory, and whoever sends so many does not read the answers.
      if open > limits.waitingRequests { return context.close(promise: nil) }
      isReading = true
      wait(for: .body, context)
    case .body: if isUpload { wait(for: .body, context) }
    case .end:
      isReading = false
      timer?.cancel()
      if closes, open == 0 { return context.close(promise: nil) }
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if isRefused { return promise?.succeed() ?? () }
    switch unwrapOutboundIn(data) {
    case .head(let head):
      isAnswering = true
      if head.headerFields[.connection] == "close" { closes = true }
      context.write(data, promise: promise)
    case .body: context.write(data, promise: promise)
    case .end:
      isAnswering = false
      open -= 1
      if closes {
        context.writeAndFlush(data, promise: promise)
        close(context)
      } else {
        context.write(data, promise: promise)
        if open == 0, !isReading { wait(for: .next, context) }
      }
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // Once an answer is under way nothing sensible can be said any more.
    guard open == 0, !isAnswering else {
      context.fireErrorCaught(error)
      return context.close(promise: nil)
    }
    refuse(
      (error as? HTTPParserError) == .headerOverflow
        ? ServerError(.requestHeaderFieldsTooLarge, "head_too_large", "The head of the request is too large.")
        : ServerError(.badRequest, "invalid_http", "This is no HTTP request."), context)
  }

  private func wait(for what: Wait, _ context: ChannelHandlerContext) {
    timer?.cancel()
    let time =
      switch what {
      case .head: limits.headTime
      case .body: limits.bodyTime
      case .next: limits.idleTime
      }
    let guarded = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    timer = context.eventLoop.scheduleTask(in: TimeAmount(time)) {
      let (handler, context) = guarded.value
      // A connection that rests between requests is simply closed.
      if what == .next || handler.isAnswering { return context.close(promise: nil) }
      handler.refuse(.tooSlow, context)
    }
  }

  /// Answers in place of the handler that waits for the rest of the request.
  private func refuse(_ error: ServerError, _ context: ChannelHandlerContext) {
    guard context.channel.isActive, !closes, !isRefused else { return context.close(promise: nil) }
    isRefused = true
    // Past the encoder: there may be no request that this would be the answer to.
    let text = """
      HTTP/1.1 \(error.status.code) \(error.status.reasonPhrase)\r
      content-type: application/json\r
      content-length: \(error.body.utf8.count)\r
      connection: close\r
      \r
      \(error.body)
      """
    guard let encoder = try? context.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self) else {
      return context.close(promise: nil)
    }
    encoder.writeAndFlush(NIOAny(context.channel.allocator.buffer(string: text)), promise: nil)
    close(context)
  }

  /// Closes once the client had a chance to read the answer: closing on unread bytes would take it away.
  private func close(_ context: ChannelHandlerContext) {
    timer?.cancel()
    if !isReading { return context.close(promise: nil) }
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    timer = context.eventLoop.scheduleTask(in: .seconds(1)) { bound.value.close(promise: nil) }
  }
}
