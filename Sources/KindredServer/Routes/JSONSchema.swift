/// What a value in JSON looks like, in the words of JSON Schema.
struct Schema: Sendable {
  let answer: Answer

  static let text = Schema(answer: ["type": "string"])
  static let id = Schema(answer: ["type": "string", "minLength": .integer(1), "maxLength": .integer(512)])
  static let number = Schema(answer: ["type": "number"])
  static let flag = Schema(answer: ["type": "boolean"])
  static let anything = Schema(answer: .object([]))

  static func integer(_ range: ClosedRange<Int>) -> Schema {
    Schema(answer: ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)])
  }
  static let count = Schema(answer: ["type": "integer", "minimum": .integer(0)])

  static func number(_ range: ClosedRange<Float>) -> Schema {
    Schema(answer: ["type": "number", "minimum": .number(range.lowerBound), "maximum": .number(range.upperBound)])
  }

  static func choice(_ values: [String]) -> Schema { Schema(answer: ["type": "string", "enum": .texts(values)]) }

  static func array(_ element: Schema, atMost most: Int? = nil) -> Schema {
    Schema(
      answer: .object(
        [("type", "array"), ("items", element.answer)] + (most.map { [("maxItems", .integer($0))] } ?? [])))
  }

  /// An object with fields of given names that are always there, and others that may be.
  static func object(_ fields: [(String, Schema)], optional: [(String, Schema)] = []) -> Schema {
    Schema(answer: [
      "type": "object", "properties": .object((fields + optional).map { ($0.0, $0.1.answer) }),
      "required": .texts(fields.map(\.0)),
    ])
  }

  /// An object whose field names are data.
  static func dictionary(_ value: Schema, atMost most: Int? = nil) -> Schema {
    Schema(
      answer: .object(
        [("type", "object"), ("additionalProperties", value.answer)]
          + (most.map { [("maxProperties", .integer($0))] } ?? [])))
  }

  /// The value, or null.
  var orNull: Schema { Schema(answer: ["anyOf": .array([answer, ["type": "null"]])]) }

  /// A schema that the document holds once.
  static func named(_ name: String) -> Schema { Schema(answer: ["$ref": .string("#/components/schemas/\(name)")]) }
}

extension Schema {
  /// The schemas that routes name.
  static let components: [(String, Schema)] = [
    ("Error", .object([("error", .object([("code", .text), ("message", .text)]))])),
    (
      "Item",
      .object([
        ("item", .text), ("title", text.orNull), ("genres", .array(.text)), ("attributes", .anything),
        ("hidden", .flag), ("time", number.orNull), ("ratings", .count),
      ])
    ),
    ("Items", .object([("items", .array(.named("Item"))), ("cursor", text.orNull)])),
    (
      "ItemBody",
      .object([], optional: itemFields)
    ),
    ("Person", .object([("user", .text), ("attributes", .anything), ("comment", .text)])),
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
    (
      "Recommendation",
      .object([
        ("item", .text), ("title", text.orNull), ("score", .number), ("rating", number.orNull),
        ("deviation", number.orNull), ("reasons", .array(.named("Reason"))), ("genres", .array(.text)),
        ("ratings", .count),
      ])
    ),
    (
      "Recommendations",
      .object([
        ("model", text.orNull), ("basis", .choice(["history", "popularity", "nothing"])), ("note", text.orNull),
        ("items", .array(.named("Recommendation"))),
      ])
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
              ("items", .array(.object([("item", .text), ("title", text.orNull)]))), ("users", .array(.text)),
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
        ("group", Schema.object(group + [("items", .array(.object(described)))]).orNull),
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
    ("Model", .object([("model", .text), ("current", .flag), ("made", .number)])),
    ("Models", .object([("models", .array(.named("Model")))])),
  ]

  private static let described: [(String, Schema)] = [
    ("item", .text), ("title", text.orNull), ("genres", .array(.text)), ("ratings", .count),
  ]
  private static let group: [(String, Schema)] = [("group", .count), ("size", .count), ("genres", .array(.text))]
  private static let place: [(String, Schema)] = [("x", .number), ("y", .number)]

  static let itemFields: [(String, Schema)] = [
    ("title", text.orNull), ("genres", Schema.array(.text).orNull), ("attributes", .anything), ("hidden", flag.orNull),
    ("time", number.orNull),
  ]
}
