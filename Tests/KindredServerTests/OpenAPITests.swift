import Foundation
import HTTPTypes
import Testing

@testable import KindredServer

/// The document that describes the interface.
@Suite struct OpenAPITests {
  private typealias Members = [String: Any]

  private func document(_ test: TestServer) async throws -> Members {
    let answer = try await test.ask(.get, "/openapi.json")
    return try #require(try JSONSerialization.jsonObject(with: Data(answer.bytes)) as? Members)
  }

  /// The operations by `GET /v1/items`.
  private func operations(_ document: Members) throws -> [String: Members] {
    var operations: [String: Members] = [:]
    for (path, methods) in try #require(document["paths"] as? [String: Members]) {
      for (method, operation) in methods {
        operations["\(method.uppercased()) \(path)"] = try #require(operation as? Members)
      }
    }
    return operations
  }

  /// The members of objects that say nothing of themselves, by where they are.
  private func silent(_ value: Any, _ place: String) -> [String] {
    if let elements = value as? [Any] { return elements.flatMap { silent($0, place) } }
    guard let fields = value as? Members else { return [] }
    return fields.flatMap { name, inner -> [String] in
      let own = name == "properties" ? (inner as? [String: Members] ?? [:]) : [:]
      let without = own.filter { $0.value["description"] == nil }.map { "\(place).\($0.key)" }
      return without + silent(inner, "\(place).\(name)")
    }
  }

  @Test func everythingIsDescribed() async throws {
    let document = try await document(TestServer(users: 0))
    let operations = try operations(document)
    #expect(OpenAPI.descriptions.keys.filter { operations[$0] == nil } == [])
    #expect(OpenAPI.examples.keys.filter { operations[$0] == nil } == [])
    let tags = try #require(document["tags"] as? [[String: String]])
    #expect(tags.allSatisfy { $0["description"]?.isEmpty == false })
    for (name, operation) in operations {
      let tag = try #require((operation["tags"] as? [String])?.first)
      #expect(tags.contains { $0["name"] == tag }, "\(name) has the tag \(tag)")
      #expect((operation["description"] as? String)?.isEmpty == false, "\(name)")
      guard name.contains(" /v1") else { continue }
      #expect(OpenAPI.descriptions[name] != nil, "\(name)")
      #expect(silent(operation, name) == [])
      for parameter in operation["parameters"] as? [Members] ?? [] {
        #expect(parameter["description"] != nil, "\(name): \(parameter)")
      }
    }
    #expect(silent(try #require(document["components"]), "") == [])
    #expect(document["servers"] as? [[String: String]] == [["url": "/"]])
  }

  @Test func theEventsOfATrainingHaveASchema() async throws {
    let operation = try #require(try operations(try await document(TestServer(users: 0)))["GET /v1/train"])
    let answer = try #require((operation["responses"] as? [String: Members])?["200"]?["content"] as? [String: Members])
    let schema = try #require(answer["text/event-stream"]?["schema"] as? Members)
    #expect(schema["contentSchema"] as? [String: String] == ["$ref": "#/components/schemas/TrainingEvent"])
  }

  /// What the document shows as a body is taken.
  @Test func examplesAreTaken() async throws {
    let test = try await TestServer()
    for (name, example) in OpenAPI.examples {
      guard let body = example.body else { continue }
      let words = name.split(separator: " ")
      let method = try #require(HTTPRequest.Method(rawValue: String(words[0])))
      let path = words[1].replacing("{user}", with: "p0").replacing(/\{(item|import)\}/, with: "1")
      let answer = try await test.ask(method, String(path), body: body)
      #expect(answer.status < 300 || [404, 409].contains(answer.status), "\(name): \(answer.text)")
    }
    try await test.ready()
    for (name, example) in OpenAPI.examples {
      let texts = [example.body, example.answer].compactMap { $0 }
      #expect(throws: Never.self, "\(name)") {
        for text in texts { _ = try JSONSerialization.jsonObject(with: Data(text.utf8)) }
      }
    }
  }
}
