import Hummingbird
import KindredJSON
import KindredStore

extension RecommendationService {
  /// The keys of the server.
  func keyRoutes(_ accessControl: AccessControl) -> [Route] {
    [
      Route(.get, "/v1/keys", .write, "All keys, without their texts", answer: .named("Keys")) { _ in
        .json(["keys": .array(try await self.store.keys().map(\.answer))])
      },
      Route(
        .post, "/v1/keys", .write, "Make a key; its text is shown this once",
        body: .object([("role", .choice(AccessKey.Role.allCases.map(\.rawValue)))], optional: [("label", .text)]),
        answer: .object([("key", .text)]), status: .created, refusals: [.conflict]
      ) { request in
        let body = try await request.body(as: KeyBody.self)
        guard let role = AccessKey.Role(rawValue: body.role) else {
          throw ServerError.badBody("holds an unknown role; there are admin and read-only")
        }
        if role != .admin, try await self.store.keys().isEmpty {
          throw ServerError(
            .conflict, "first_key_reads_only",
            "The first key must be an admin's: with another nobody could change anything.")
        }
        let text = try await self.store.addKey(role, label: body.label ?? role.rawValue)
        try await accessControl.refresh()
        return .json(["key": .string(text)], status: .created)
      },
      Route(
        .delete, "/v1/keys/{key}", .write, "Revoke a key by its number; the last admin's key stays",
        status: .noContent, refusals: [.notFound, .conflict]
      ) { request in
        let name = try request.id("key")
        let keys = try await self.store.keys()
        guard let key = keys.first(where: { "\($0.number)" == name }) else { throw ServerError.unknown("key", name) }
        guard key.role != .admin || keys.count(where: { $0.role == .admin }) > 1 else {
          throw ServerError(.conflict, "last_admin_key", "Without this key nobody could change anything.")
        }
        _ = try await self.store.revokeKey(key.number)
        return .done
      },
    ]
  }
}

extension AccessKey {
  fileprivate var answer: JSON {
    ["key": .string("\(number)"), "label": .string(label), "role": .string(role.rawValue), "made": .time(made)]
  }
}

private struct KeyBody: Decodable {
  var role: String
  var label: String?
}
