import KindredJSON

/// What a value in JSON looks like, in the words of JSON Schema.
struct JSONSchema: Sendable {
  let answer: JSON

  static let text = JSONSchema(answer: ["type": "string"])
  static let id = JSONSchema(answer: ["type": "string", "minLength": .integer(1), "maxLength": .integer(512)])
  static let number = JSONSchema(answer: ["type": "number"])
  static let flag = JSONSchema(answer: ["type": "boolean"])
  /// A file as it is, no JSON.
  static let file = JSONSchema(answer: ["type": "string", "contentMediaType": "application/octet-stream"])
  static let anything = JSONSchema(answer: .object([]))
  /// A stream of server-sent events, each with data of a schema.
  static func events(_ data: JSONSchema) -> JSONSchema {
    JSONSchema(answer: ["type": "string", "contentMediaType": "text/event-stream", "contentSchema": data.answer])
  }

  static func integer(_ range: ClosedRange<Int>) -> JSONSchema {
    JSONSchema(answer: [
      "type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound),
    ])
  }
  static let count = JSONSchema(answer: ["type": "integer", "minimum": .integer(0)])

  static func number(_ range: ClosedRange<Double>) -> JSONSchema {
    JSONSchema(answer: ["type": "number", "minimum": .real(range.lowerBound), "maximum": .real(range.upperBound)])
  }

  static func choice(_ values: [String]) -> JSONSchema {
    JSONSchema(answer: ["type": "string", "enum": .texts(values)])
  }

  static func array(_ element: JSONSchema, atMost most: Int? = nil) -> JSONSchema {
    JSONSchema(
      answer: .object(
        [("type", "array"), ("items", element.answer)] + (most.map { [("maxItems", .integer($0))] } ?? [])))
  }

  /// An object with fields of given names that are always there, and others that may be.
  static func object(_ fields: [(String, JSONSchema)], optional: [(String, JSONSchema)] = []) -> JSONSchema {
    JSONSchema(answer: [
      "type": "object", "properties": .object((fields + optional).map { ($0.0, $0.1.answer) }),
      "required": .texts(fields.map(\.0)),
    ])
  }

  /// An object whose field names are data.
  static func dictionary(_ value: JSONSchema, atMost most: Int? = nil) -> JSONSchema {
    JSONSchema(
      answer: .object(
        [("type", "object"), ("additionalProperties", value.answer)]
          + (most.map { [("maxProperties", .integer($0))] } ?? [])))
  }

  /// The time of an event as a body has it, or null.
  static let time = JSONSchema(answer: [
    "anyOf": [
      number(0...253_402_300_799).answer, ["type": "string", "format": "date-time"], ["type": "null"],
    ]
  ])

  /// The value, or null.
  var orNull: JSONSchema { JSONSchema(answer: ["anyOf": .array([answer, ["type": "null"]])]) }

  /// A schema that the document holds once.
  static func named(_ name: String) -> JSONSchema {
    JSONSchema(answer: ["$ref": .string("#/components/schemas/\(name)")])
  }
}

extension JSONSchema {
  /// What a body of this schema is sent as.
  var mediaType: String { answer["contentMediaType"] == nil ? "application/json" : "application/octet-stream" }

  /// A member's name that the schema does not have.
  struct UnknownName: Equatable {
    let name: String
    /// The names that its object may have.
    let known: [String]
  }

  /// The first name of a member that the schema does not have; nil if there is none. Values are not checked.
  func firstUnknownName(in json: JSON) -> UnknownName? {
    switch json {
    case .array(let elements):
      guard let schema = answer["items"] else { return nil }
      for element in elements {
        if let name = JSONSchema(answer: schema).firstUnknownName(in: element) { return name }
      }
    case .object(let members):
      if let reference = answer["$ref"]?.text() {
        return Self.components.first { reference.contains("/\($0.0)\"") }?.1.firstUnknownName(in: json)
      }
      // Without properties the names are data.
      guard case .object(let properties)? = answer["properties"] else { return nil }
      for (name, value) in members {
        guard let schema = properties.first(where: { $0.0 == name })?.1 else {
          return UnknownName(name: name, known: properties.map { $0.0 })
        }
        if let name = JSONSchema(answer: schema).firstUnknownName(in: value) { return name }
      }
    case .null, .bool, .number, .string: break
    }
    return nil
  }
}

extension JSONSchema {
  /// The schemas that routes name.
  static let components: [(String, JSONSchema)] = [
    ("Error", .object([("error", .object([("code", .text), ("message", .text)]))])),
    (
      "Item",
      .object(
        [
          ("item", .text), ("title", text.orNull), ("genres", .array(.text)), ("attributes", .anything),
          ("hidden", .flag), ("time", number.orNull), ("ratings", .count),
        ], optional: [("mean", number.orNull)])
    ),
    (
      "FoundItems",
      .object(
        [("items", .array(.named("Item"))), ("cursor", text.orNull)], optional: [("total", .count), ("near", .flag)])
    ),
    (
      "Data",
      .object([
        ("words", .object(["item", "items", "user", "users"].map { ($0, .text) })),
        ("feedback", .choice(["ratings", "likes"])), ("kind", .text),
        (
          "scale",
          JSONSchema.object([("least", .number), ("greatest", .number), ("step", number.orNull)]).orNull
        ),
        ("values", .array(.object([("value", .number), ("count", .count)]))),
        ("kinds", .array(.object([("kind", .text), ("count", .count)]))),
        ("genres", .array(.object([("genre", .text), ("items", .count)]))),
        ("users", .count), ("items", .count), ("hidden", .count), ("ratings", .count), ("model", text.orNull),
        ("writes", .flag),
      ])
    ),
    (
      "ItemBody",
      .object([], optional: itemFields)
    ),
    (
      "Person",
      .object(
        [("user", .text), ("attributes", .anything), ("comment", .text)],
        optional: [("ratings", .count), ("last", number.orNull)])
    ),
    ("People", .object([("users", .array(.named("Person"))), ("cursor", text.orNull)])),
    (
      "Ratings",
      .object([
        (
          "ratings",
          .array(
            .object([
              ("item", .text), ("title", text.orNull), ("genres", .array(.text)), ("value", .number),
              ("time", number.orNull), ("kind", .text),
            ]))
        ), ("cursor", text.orNull),
      ])
    ),
    ("Reason", .object([("item", .text), ("title", text.orNull), ("share", .number)])),
    ("AttributeReason", .object([("attribute", .text), ("items", .count), ("share", .number)])),
    (
      "Recommendation",
      .object(
        [
          ("item", .text), ("title", text.orNull), ("score", .number), ("rating", number.orNull),
          ("deviation", number.orNull), ("reasons", .array(.named("Reason"))), ("genres", .array(.text)),
          ("ratings", .count),
        ], optional: [("attributes", .array(.named("AttributeReason"))), ("explored", .flag)])
    ),
    ("Recommendations", .object(list)),
    ("HistoryRecommendations", .object(list + [("ignored", .array(.text))])),
    (
      "Trending",
      .object([("half_life_days", .number), ("items", .array(.object(described + [("score", .number)])))])
    ),
    (
      "Companions",
      .object([("items", .array(.object(described + [("lift", .number), ("baskets", .count)])))])
    ),
    (
      "SimilarItems",
      .object([
        ("model", text.orNull),
        (
          "items",
          .array(
            .object([
              ("item", .text), ("title", text.orNull), ("score", .number), ("genres", .array(.text)),
              ("ratings", .count),
            ]))
        ),
      ])
    ),
    (
      "SimilarUsers",
      .object([("model", text.orNull), ("users", .array(.object([("user", .text), ("score", .number)])))])
    ),
    (
      "Groups",
      .object([
        ("model", text.orNull),
        (
          "groups",
          .array(
            .object([
              ("group", .count), ("size", .count), ("label", .text), ("genres", .array(.text)),
              ("items", .array(.object(described))), ("users", .array(.text)),
            ]))
        ),
      ])
    ),
    (
      "Map",
      .object([
        ("model", text.orNull), ("items", .array(.object(described + place))),
        ("groups", .array(.object(group + place))),
      ])
    ),
    (
      "Position",
      .object([
        ("model", text.orNull), ("x", number.orNull), ("y", number.orNull),
        ("group", JSONSchema.object(group + [("items", .array(.object(described)))]).orNull),
        ("among", .array(.object(described))),
        (
          "users",
          .array(.object([("user", .text), ("score", .number), ("x", number.orNull), ("y", number.orNull)]))
        ),
      ])
    ),
    ("Starters", .object([("model", text.orNull), ("items", .array(.object(described)))])),
    (
      "Predictions",
      .object([
        ("model", text.orNull),
        (
          "predictions",
          .array(
            .object([
              ("user", .text), ("item", .text), ("rating", number.orNull), ("deviation", number.orNull),
            ]))
        ),
      ])
    ),
    (
      "Model",
      .object([
        ("model", .text), ("current", .flag), ("made", .number), ("algorithms", .array(.text)),
        ("parameters", .dictionary(.text)), ("seed", .text), ("ratings", .count), ("users", count.orNull),
        ("items", count.orNull), ("seconds", number.orNull), ("bytes", count.orNull), ("metrics", .named("Figures")),
        ("baselines", .array(.named("Figures"))),
      ])
    ),
    (
      "Figures",
      .object(
        ["ndcg@10", "recall@10", "rmse"].flatMap { name in
          [(name, number.orNull), (name + "_ci95", JSONSchema.array(.number).orNull)]
        } + [("coverage@10", number.orNull)], optional: [("algorithm", .text)])
    ),
    (
      "TrainingEvent",
      JSONSchema(answer: [
        "anyOf": .array(
          [
            object([
              ("training", .count), ("algorithm", .text),
              ("stage", .choice(["validating", "choosing", "training", "comparing"])), ("epoch", .count),
              ("epochs", .count), ("loss", number.orNull), ("validation_rmse", number.orNull),
              ("fraction", .number(0...1)), ("seconds_left", number.orNull),
            ]),
            object([("training", .count), ("model", .text), ("current", .flag), ("reason", text.orNull)]),
            object([("training", .count), ("error", .text)]),
          ].map(\.answer))
      ])
    ),
    (
      "Import",
      .object([
        ("import", .text), ("state", .choice(["receiving", "reading", "read", "writing", "done", "failed"])),
        ("file", text.orNull), ("title_file", text.orNull),
        ("rows", .count), ("titles", .count), ("columns", text.orNull), ("title_columns", text.orNull),
        ("remarks", .array(.text)),
        ("rejected", .count), ("rejections", .array(.text)),
        (
          "sample",
          .array(
            .object([
              ("user", .text), ("item", .text), ("title", text.orNull), ("kind", .text), ("value", .number),
              ("time", number.orNull),
            ]))
        ), ("done", .count), ("total", .count), ("training", .flag), ("error", text.orNull),
      ])
    ),
    (
      "Overview",
      .object([
        ("minutes", .count), ("model", text.orNull), ("model_made", number.orNull), ("new_ratings", .count),
        ("p50_ms", number.orNull), ("p99_ms", number.orNull),
        (
          "steps",
          .array(
            .object([
              ("time", .number), ("lists", .count), ("personal", .count), ("ratings", .count), ("requests", .count),
              ("refused", .count), ("errors", .count), ("p50_ms", number.orNull), ("p99_ms", number.orNull),
            ]))
        ),
      ])
    ),
    (
      "Keys",
      .object([
        ("keys", .array(.object([("key", .text), ("label", .text), ("role", .text), ("made", .number)])))
      ])
    ),
    (
      "Models",
      .object([
        ("models", .array(.named("Model"))),
        ("algorithms", .array(.object([("algorithm", .text), ("settings", .dictionary(.text))]))),
      ])
    ),
  ]

  private static let list: [(String, JSONSchema)] = [
    ("model", text.orNull), ("basis", .choice(["history", "attributes", "popularity", "nothing"])),
    ("note", text.orNull),
    ("items", .array(.named("Recommendation"))),
  ]
  private static let described: [(String, JSONSchema)] = [
    ("item", .text), ("title", text.orNull), ("genres", .array(.text)), ("ratings", .count),
  ]
  private static let group: [(String, JSONSchema)] = [("group", .count), ("size", .count), ("genres", .array(.text))]
  private static let place: [(String, JSONSchema)] = [("x", .number), ("y", .number)]

  static let itemFields: [(String, JSONSchema)] = [
    ("title", text.orNull), ("genres", JSONSchema.array(.text).orNull), ("attributes", .anything),
    ("hidden", flag.orNull),
    (
      "time",
      JSONSchema(answer: ["anyOf": [number.answer, ["type": "string", "format": "date-time"], ["type": "null"]]])
    ),
  ]
}
