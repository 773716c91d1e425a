import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOHTTPTypesHTTP1

extension ConnectionGuard {
  /// Answers of a kilobyte and more are compressed for clients that take it.
  static func addCompression(to pipeline: ChannelPipeline.SynchronousOperations) throws {
    let codec = try pipeline.handler(type: HTTP1ToHTTPServerCodec.self)
    let compressor = HTTPResponseCompressor { head, isSupported in
      if head.headers.first(name: "content-encoding") != nil {
        head.headers.remove(name: "content-encoding")
        return .doNotCompress
      }
      let type = head.headers.first(name: "content-type") ?? ""
      let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
      guard length >= 1024, !type.hasPrefix("image/png") else { return .doNotCompress }
      head.headers.add(name: "vary", value: "accept-encoding")
      return .compressIfPossible
    }
    try pipeline.addHandler(compressor, position: .before(codec))
  }
}
