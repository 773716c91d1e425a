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
          .string(
            "What users rated becomes what they will love next. Every answer that comes from a model names it. "
              + "A server with keys takes one with each request, in the header X-API-Key."),
      ],
      // Where the document is read from.
      "servers": [["url": "/"]],
      "tags": tags,
      "paths": .object(
        paths.map { path, routes in
          (path, .object(routes.map { ($0.method.rawValue.lowercased(), operation($0)) }))
        }),
      "components": [
        "schemas": .object(JSONSchema.components.map { ($0.0, Self.described($0.1.answer, of: $0.0)) }),
        "securitySchemes": ["key": ["type": "apiKey", "in": "header", "name": "X-API-Key"]],
      ],
    ]
  }

  /// The tags that routes have.
  private var tags: JSON {
    let known = Set(routes.map(tag))
    return .array(
      Self.tags.filter { known.contains($0.name) }.map { tag -> JSON in
        ["name": .string(tag.name), "description": .string(tag.description)]
      })
  }

  private func operation(_ route: Route) -> JSON {
    let access =
      switch route.access {
      case .open: "Needs no key."
      case .read: "Where the server has keys, any of them may ask."
      case .write: "Where the server has keys, an admin's may ask."
      }
    let description = [Self.descriptions[route.name], access].compactMap { $0 }.joined(separator: " ")
    let parameters = route.pathParameters.map(pathParameter) + route.query.map(queryParameter)
    var fields: [(String, JSON)] = [
      ("tags", .array([.string(tag(of: route))])), ("summary", .string(route.summary)),
      ("description", .string(description)), ("operationId", .string(identifier(of: route))),
      ("parameters", .array(parameters)),
    ]
    if let body = route.body {
      let content = content(body, as: body.mediaType, Self.examples[route.name]?.body, of: route)
      fields.append(("requestBody", ["required": .bool(true), "content": content]))
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

  /// What is sent in one media type, with an example if there is one.
  private func content(_ schema: JSONSchema, as mediaType: String, _ example: String?, of route: Route) -> JSON {
    let example = example.flatMap { try? JSON(parsing: $0) }
    return .object([
      (
        mediaType,
        .object(
          [("schema", Self.described(schema.answer, of: identifier(of: route)))]
            + (example.map { [("example", $0)] } ?? []))
      )
    ])
  }

  /// A schema whose members say what they are.
  ///
  /// - Parameter object: What the members are of: a schema, a member or an operation.
  private static func described(_ schema: JSON, of object: String) -> JSON {
    switch schema {
    case .array(let elements): .array(elements.map { described($0, of: object) })
    case .object(let fields):
      .object(
        fields.map { field, value -> (String, JSON) in
          guard field == "properties", case .object(let members) = value else {
            return (field, described(value, of: object))
          }
          return (field, .object(members.map { ($0.0, explained(described($0.1, of: $0.0), $0.0, of: object)) }))
        })
    default: schema
    }
  }

  private static func explained(_ schema: JSON, _ name: String, of object: String) -> JSON {
    guard case .object(let fields) = schema, let meaning = meanings["\(object).\(name)"] ?? meanings[name] else {
      return schema
    }
    return .object(fields + [("description", .string(meaning))])
  }

  private func pathParameter(_ name: String) -> JSON {
    Self.explained(
      ["name": .string(name), "in": "path", "required": .bool(true), "schema": JSONSchema.id.answer], name, of: "path")
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
      let content = content(schema, as: route.mediaType, Self.examples[route.name]?.answer, of: route)
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
  /// The method and the path.
  var name: String { "\(method.rawValue) \(path)" }

  /// Every status of refusal that this route can answer with.
  var allRefusals: [HTTPResponse.Status] {
    var statuses: [HTTPResponse.Status] = [.badRequest, .forbidden, .tooManyRequests] + refusals
    if access != .open { statuses.append(.unauthorized) }
    if body != nil { statuses += [.contentTooLarge, .requestTimeout] }
    return statuses
  }
}
