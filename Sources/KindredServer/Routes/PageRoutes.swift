import Hummingbird
import KindredPage

extension RecommendationService {
  /// The page at `/` and its parts.
  var pageRoutes: [Route] {
    [route("/", PageFile.page, "The page"), route("/docs", PageFile.docs, "The interface for programs, as a page")]
      + PageFile.parts.map { route("/page/\($0.name)", $0, "A part of the page") }
  }

  private func route(_ path: String, _ file: PageFile, _ summary: String) -> Route {
    let body = ByteBuffer(bytes: file.bytes)
    return Route(.get, path, .open, summary, answer: .text, mediaType: file.mediaType) { _ in
      Response(
        status: .ok,
        headers: [
          .contentType: file.mediaType, .cacheControl: "no-cache",
          .contentSecurityPolicy: Self.contentSecurityPolicy,
        ], body: ResponseBody(byteBuffer: body))
    }
  }

  /// Nothing but our own files: titles from data can never become code.
  static let contentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}
