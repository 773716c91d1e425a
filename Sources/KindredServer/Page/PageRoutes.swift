import Hummingbird

extension Engine {
  /// The page at `/`.
  var pageRoutes: [Route] {
    [
      Route(.get, "/", .open, "The page", answer: .text, mediaType: "text/html") { _ in
        Response(
          status: .ok,
          headers: [
            .contentType: "text/html; charset=utf-8", .cacheControl: "no-cache",
            .contentSecurityPolicy: Self.contentSecurityPolicy,
          ],
          body: ResponseBody(
            byteBuffer: ByteBuffer(string: "<!doctype html><html lang=en><title>Kindred</title><h1>Kindred</h1></html>")
          ))
      }
    ]
  }

  /// Nothing but our own files: titles from data can never become code.
  static let contentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}
