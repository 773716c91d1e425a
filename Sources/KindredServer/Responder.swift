import Hummingbird
import Logging
import Metrics

/// The way of every request to its route and of its answer back: errors become answers, answers get their headers and
/// are counted.
struct Responder: HTTPResponder {
  private let router: RouterResponder<ServerContext>
  private let routes: [Route]
  private let listPaths: Set<String>
  private let accessControl: AccessControl
  private let metrics: ServerMetrics
  private let figures: MinuteFigures
  private let logger: Logger

  init(_ routes: [Route], accessControl: AccessControl, service: RecommendationService) {
    self.routes = routes
    listPaths = Set(routes.filter(\.isList).map(\.path))
    self.accessControl = accessControl
    metrics = service.metrics
    figures = service.figures
    logger = service.logger
    let router = Router(context: ServerContext.self, options: .autoGenerateHeadEndpoints)
    for route in routes {
      router.on(route.routerPath, method: route.method) { request, context in
        context.coreContext.endpointPath.value = route.path
        do {
          let mayWrite = try await accessControl.check(route.access, request)
          return try await route.handle(
            RouteRequest(request, context, route, service.limits, mayWrite: mayWrite))
        } catch {
          // The router has answers of its own to errors of the framework, without a body.
          throw ServerError(error) ?? error
        }
      }
    }
    self.router = router.buildResponder()
  }

  func respond(to request: Request, context: ServerContext) async throws -> Response {
    let start = ContinuousClock.now
    var response: Response
    do {
      try accessControl.admit(request, context)
      response = try await router.respond(to: request, context: context)
      if context.endpointPath == "NotFound" { response = missing(request).response }
    } catch {
      response = answer(to: error, context)
    }
    let path = context.endpointPath ?? "other"
    if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
    response.headers[.xContentTypeOptions] = "nosniff"
    // Compression takes the mark away again; the end of a compressed nothing would follow the head.
    if request.method == .head { response.headers[.contentEncoding] = "identity" }
    record(request, path, response.status, ContinuousClock.now - start)
    return response
  }

  private func answer(to error: any Error, _ context: ServerContext) -> Response {
    if let error = ServerError(error) { return error.response }
    // The client learns nothing of what is inside; the log says it.
    logger.error("a request failed", metadata: ["error": "\(error)", "route": "\(context.endpointPath ?? "none")"])
    return ServerError(
      .internalServerError, "internal_error", "This should not have happened; the server's log says more."
    )
    .response
  }

  private func missing(_ request: Request) -> ServerError {
    let components = request.uri.path.split(separator: "/")
    let methods = routes.filter { $0.matches(components) }.map(\.method.rawValue)
    if methods.isEmpty { return ServerError(.notFound, "unknown_path", "There is nothing at this path.") }
    let all = Set(methods + (methods.contains("GET") ? ["HEAD"] : [])).sorted().joined(separator: ", ")
    return ServerError(
      .methodNotAllowed, "method_not_allowed", "This path takes \(all).", headers: [.allow: all])
  }

  private func record(_ request: Request, _ path: String, _ status: HTTPResponse.Status, _ duration: Duration) {
    // Methods come from outside; only those that are known become a series.
    let method = ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"].first { $0 == request.method.rawValue } ?? "other"
    figures.noteAnswer(in: duration, status: status.code, isList: listPaths.contains(path))
    let labels = [("method", method), ("route", path)]
    Counter(
      label: "http_requests_total", dimensions: labels + [("status", "\(status.code)")], factory: metrics
    ).increment()
    Metrics.Timer(label: "http_request_seconds", dimensions: labels, factory: metrics).record(duration: duration)
    logger.debug(
      "request",
      metadata: [
        "method": "\(method)", "route": "\(path)", "status": "\(status.code)", "ms": "\(duration / .milliseconds(1))",
      ])
  }
}
