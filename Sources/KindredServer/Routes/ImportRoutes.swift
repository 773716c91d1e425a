import Hummingbird
import Kindred
import KindredJSON
import KindredStore

extension RecommendationService {
  /// Import of files: send them, have them read, look, and have them written.
  func importRoutes(_ jobs: ImportJobs) -> [Route] {
    [
      Route(
        .post, "/v1/imports", .write,
        "Send a file of an import, up to 2 GiB; it is kept beside the store until the import is written or given up",
        query: [
          QueryParameter(
            name: "role", schema: .choice(ImportJobs.Role.allCases.map(\.rawValue)),
            summary: "What the file holds; where nothing is said, the first lines say it."),
          QueryParameter(name: "name", schema: .text, summary: "The name of the file, whose ending says its format."),
          QueryParameter(
            name: "import", schema: .text, summary: "The import that the file belongs to; a new one if not given."),
        ], body: .file, answer: .object([("import", .text)]), status: .created, refusals: [.notFound, .conflict]
      ) { request in
        let wish = try request.text("role")
        let role = wish.flatMap(ImportJobs.Role.init)
        guard wish == nil || role != nil else { throw ServerError.badParameter("role", "must be ratings or items") }
        let wanted = try request.text("import").map { text throws(ServerError) in try Self.number(text) }
        let number = try await jobs.receive(
          request.stream, role, name: try request.text("name") ?? "file.csv", of: wanted)
        return .json(["import": .string("\(number)")], status: .created)
      },
      Route(
        .get, "/v1/imports/{import}", .write, "How far an import is, and how its rows were understood",
        answer: .named("Import"), refusals: [.notFound]
      ) { request in .json(try await jobs.answer(try Self.number(request.id("import")))) },
      Route(
        .post, "/v1/imports/{import}/read", .write, "Read the files of an import in the background",
        body: .object([], optional: [("kind", .id), ("columns", .text)]), status: .accepted,
        refusals: [.notFound, .conflict]
      ) { request in
        let body = try await request.body(as: ReadBody.self, standard: ReadBody())
        guard RouteRequest.isID(body.kind ?? Feedback.rating) else {
          throw ServerError.badBody("holds a kind that is no id")
        }
        try await jobs.read(
          try Self.number(request.id("import")), kind: body.kind, columns: try body.columns.map(Self.columns))
        return Response(status: .accepted)
      },
      Route(
        .post, "/v1/imports/{import}/write", .write, "Write what was read, all or nothing, in the background",
        status: .accepted, refusals: [.notFound, .conflict]
      ) { request in
        try await jobs.write(try Self.number(request.id("import")))
        return Response(status: .accepted)
      },
      Route(
        .delete, "/v1/imports/{import}", .write, "Give up an import; nothing of it is kept", status: .noContent,
        refusals: [.notFound]
      ) { request in
        try await jobs.cancel(try Self.number(request.id("import")))
        return .done
      },
    ]
  }

  private static func columns(_ text: String) throws(ServerError) -> ColumnRequest {
    do throws(ReadError) { return try ColumnRequest(parsing: text) } catch {
      throw ServerError.badBody("holds columns that cannot be understood: \(error.reason)")
    }
  }

  private static func number(_ text: String) throws(ServerError) -> Int {
    guard let number = Int(text) else { throw ServerError.unknown("import", text) }
    return number
  }
}

private struct ReadBody: Decodable {
  var kind: String?
  var columns: String?
}
