import Hummingbird
import KindredJSON

/// The OpenAPI document, made of the routes.
struct OpenAPI {
  let routes: [Route]

  var document: JSON {
    var paths: [(String, [Route])] = []
    for route in routes {
      if let index = paths.firstIndex(where: { $0.0 == route.path }) {
        paths[index].1.append(route)
      } else {
        paths.append((route.path, [route]))
      }
    }
    return [
      "openapi": "3.1.0",
      "info": [
        "title": "Kindred", "version": "1",
        "description":
          "What users rated becomes what they will love next. Every answer that comes from a model names it.",
      ],
      "paths": .object(
        paths.map { path, routes in
          (path, .object(routes.map { ($0.method.rawValue.lowercased(), operation($0)) }))
        }),
      "components": [
        "schemas": .object(JSONSchema.components.map { ($0.0, $0.1.answer) }),
        "securitySchemes": ["key": ["type": "apiKey", "in": "header", "name": "X-API-Key"]],
      ],
    ]
  }

  private func operation(_ route: Route) -> JSON {
    var fields: [(String, JSON)] = [
      ("tags", .array([.string(tag(of: route))])),
      ("summary", .string(route.summary)), ("operationId", .string(identifier(of: route))),
      ("parameters", .array(route.pathParameters.map(pathParameter) + route.query.map(queryParameter))),
    ]
    if let body = route.body {
      fields.append(
        (
          "requestBody",
          ["required": .bool(true), "content": .object([(body.mediaType, ["schema": body.answer] as JSON)])]
        ))
    }
    fields.append(("responses", responses(route)))
    if route.access != .open { fields.append(("security", .array([.object([("key", .array([]))]), .object([])]))) }
    return .object(fields)
  }

  /// What an operation is about: `items`, `models`; `gorse` for all of gorse's interface.
  private func tag(of route: Route) -> String {
    let parts = route.path.split(separator: "/").map(String.init)
    switch parts.first {
    case "api": return "gorse"
    case "v1" where parts.count > 1: return parts[1]
    case "page", nil: return "page"
    default: return "server"
    }
  }

  private func identifier(of route: Route) -> String {
    let words = route.path.split(whereSeparator: { "/{}-.".contains($0) })
    return route.method.rawValue.lowercased() + words.map(\.capitalized).joined()
  }

  private func pathParameter(_ name: String) -> JSON {
    ["name": .string(name), "in": "path", "required": .bool(true), "schema": JSONSchema.id.answer]
  }

  private func queryParameter(_ parameter: QueryParameter) -> JSON {
    let schema = parameter.isRepeatable ? JSONSchema.array(parameter.schema) : parameter.schema
    return [
      "name": .string(parameter.name), "in": "query", "description": .string(parameter.summary),
      "schema": schema.answer,
    ]
  }

  private func responses(_ route: Route) -> JSON {
    var responses: [(Int, JSON)] = route.answers.map { status, schema in
      let description: JSON = .string(status.reasonPhrase)
      guard let schema else { return (status.code, ["description": description]) }
      let content = JSON.object([(route.mediaType, ["schema": schema.answer] as JSON)])
      return (status.code, ["description": description, "content": content])
    }
    let error: JSON = ["application/json": ["schema": JSONSchema.named("Error").answer]]
    for status in route.allRefusals where !responses.contains(where: { $0.0 == status.code }) {
      responses.append((status.code, ["description": .string(status.reasonPhrase), "content": error]))
    }
    return .object(responses.sorted { $0.0 < $1.0 }.map { ("\($0.0)", $0.1) })
  }
}

extension Substring {
  fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst() }
}

extension Route {
  /// Every status of refusal that this route can answer with.
  var allRefusals: [HTTPResponse.Status] {
    var statuses: [HTTPResponse.Status] = [.badRequest, .forbidden, .tooManyRequests] + refusals
    if access != .open { statuses.append(.unauthorized) }
    if body != nil { statuses += [.contentTooLarge, .requestTimeout] }
    return statuses
  }
}
