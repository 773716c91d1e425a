import Hummingbird
import Logging
import NIOCore

/// What belongs to one request besides the request itself.
struct ServerContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// Where the client is; nil without a socket.
  let address: String?

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    address = source.channel.remoteAddress?.ipAddress
  }

  /// A context of a request that comes from no socket.
  init(logger: Logger) {
    coreContext = CoreRequestContextStorage(source: NoChannel(logger: logger))
    address = nil
  }

  private struct NoChannel: RequestContextSource {
    let logger: Logger
  }
}
