import Foundation
import Kindred
import Testing

/// Models that the first version wrote answer later versions as they answered the first.
///
/// `Tests/Fixtures/make-v1.sh` made them and asked the questions.
@Suite struct FirstVersionTests {
  @Test func thereIsAModelOfEachKind() {
    #expect(Transcript.all.count == 23)
  }

  @Test(arguments: Transcript.all) func aModelAnswersAsItDid(_ transcript: Transcript) throws {
    let exchanges = try transcript.exchanges()
    #expect(exchanges.count == 10)
    let model = try Model(contentsOf: Transcript.folder + exchanges[0].words[1])
    for exchange in exchanges {
      let answers = try model.answers(to: exchange.words)
      #expect(answers.count == exchange.answers.count, "\(exchange.words)")
      for (answer, expected) in zip(answers, exchange.answers) {
        #expect(answer.isClose(to: expected), "\(exchange.words)")
      }
    }
  }
}

extension FirstVersionTests {
  /// A model under the command's questions; nothing else here names what the library calls things.
  struct Model {
    private let recommender: Recommender<String, String>

    init(contentsOf path: String) throws { recommender = try Recommender(contentsOf: path) }

    func answers(to words: [String]) throws -> [Value] {
      let options = Options(words)
      switch words[0] {
      case "info": return [info()]
      case "recommend": return recommendations(options)
      case "similar": return similar(options)
      case "predict": return try predictions(options)
      case "groups":
        return recommender.groups(count: options.number("--count")).enumerated().map { index, group in
          [
            "group": .number(Double(index + 1)), "size": .number(Double(group.users.count)),
            "label": .text(recommender.label(of: group)), "users": .list(group.users.map { .text($0) }),
          ]
        }
      default: throw UnknownQuestion(words: words)
      }
    }

    /// What later versions may add to or leave out of how a model was trained is not compared.
    private func info() -> Value {
      [
        "kind": "model", "users": .number(Double(recommender.userCount)),
        "items": .number(Double(recommender.itemCount)), "titles": .number(Double(recommender.itemCatalog.count)),
        "training": .object(
          recommender.provenance.entries.filter { Value.keptProvenance.contains($0.key) }.mapValues { .text($0) }),
      ]
    }

    private func recommendations(_ options: Options) -> [Value] {
      var history = recommender.history(of: options.subject) ?? History()
      if let text = options["--history"] {
        let pairs = text.split(separator: ",").map { $0.split(separator: ":").map(String.init) }
        history = recommender.history(Dictionary(uniqueKeysWithValues: pairs.map { ($0[0], Float($0[1]) ?? 1) }))
      }
      var rules = ListRules<String>()
      rules.genres = options["--genre"].map { [$0] } ?? []
      rules.diversity = options["--diversity"].flatMap { Float($0) } ?? 0
      let list = recommender.recommendations(for: [history], limit: options.number("--limit"), rules: rules)[0]
      let reasons = recommender.reasons(for: list.map(\.item), history: history)
      return zip(list, reasons).map { recommendation, reasons in
        let reasons: [Value] = reasons.map {
          ["item": .text($0.item), "title": title($0.item), "share": .number($0.share)]
        }
        return [
          "item": .text(recommendation.item), "title": title(recommendation.item),
          "score": .number(recommendation.score), "rating": .number(recommendation.rating?.value),
          "deviation": .number(recommendation.rating?.deviation),
          "reasons": .list(options.words.contains("--explain") ? reasons : []),
        ]
      }
    }

    private func similar(_ options: Options) -> [Value] {
      let limit = options.number("--limit")
      if let item = options["--item"] {
        // The first version did not shrink.
        return recommender.items(similarTo: item, limit: limit, shrinkage: 0).map {
          ["item": .text($0.id), "title": title($0.id), "score": .number($0.score)]
        }
      }
      return recommender.users(similarTo: options["--user"] ?? "", limit: limit).map {
        ["user": .text($0.id), "title": .null, "score": .number($0.score)]
      }
    }

    private func predictions(_ options: Options) throws -> [Value] {
      guard recommender.ratingModel != nil else { return [] }
      let pairs = try String(contentsOfFile: Transcript.folder + (options["--pairs"] ?? ""), encoding: .utf8)
      return pairs.split(separator: "\n").dropFirst().map { line in
        let pair = line.split(separator: ",").map(String.init)
        let prediction = recommender.rating(of: pair[1], for: recommender.history(of: pair[0]) ?? History())
        return [
          "user": .text(pair[0]), "item": .text(pair[1]), "rating": .number(prediction?.value),
          "deviation": .number(prediction?.deviation),
        ]
      }
    }

    private func title(_ item: String) -> Value { recommender.itemCatalog[item].map { .text($0.title) } ?? .null }
  }

  struct UnknownQuestion: Error { let words: [String] }

  /// The words of a question, as the command takes them.
  struct Options {
    let words: [String]

    init(_ words: [String]) { self.words = words }

    /// What is asked about, where no option says it.
    var subject: String { words[1] }
    subscript(name: String) -> String? { words.firstIndex(of: name).map { words[$0 + 1] } }
    func number(_ name: String) -> Int { self[name].flatMap { Int($0) } ?? 0 }
  }

  /// The questions that the first version's command was asked about one model, and its answers.
  struct Transcript: CustomTestStringConvertible {
    let name: String
    var testDescription: String { name }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().path + "/../../Fixtures/v1/"

    static let all: [Transcript] = ["models/", "store/"].flatMap { part in
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder + part)) ?? []
      return names.filter { $0.hasSuffix(".answers") }.sorted().map { Transcript(name: part + $0) }
    }

    /// Each question follows a `>`, its answers below it, a line of JSON each.
    func exchanges() throws -> [(words: [String], answers: [Value])] {
      var exchanges: [(words: [String], answers: [Value])] = []
      for line in try String(contentsOfFile: Self.folder + name, encoding: .utf8).split(separator: "\n") {
        if line.hasPrefix("> ") {
          exchanges.append((line.dropFirst(2).split(separator: " ").map(String.init), []))
        } else {
          exchanges[exchanges.count - 1].answers.append(try JSONDecoder().decode(Value.self, from: Data(line.utf8)))
        }
      }
      return exchanges
    }
  }

  /// A JSON value of an answer.
  enum Value: Sendable {
    case null
    case number(Double)
    case text(String)
    case list([Value])
    case object([String: Value])

    /// What is compared of how a model was trained.
    static let keptProvenance: Set = ["ranking.algorithm", "rating.algorithm", "seed", "interactions", "fingerprint"]

    static func number(_ value: Float?) -> Value { value.map { .number(Double($0)) } ?? .null }

    /// Whether two answers are the same up to rounding.
    ///
    /// The tensors are what they were, but fold-in rounds differently from one processor to another; a share is a
    /// quotient of small differences of such numbers.
    func isClose(to other: Value, tolerance: Double = 1e-5) -> Bool {
      switch (self, other) {
      case (.null, .null): true
      case (.number(let left), .number(let right)): abs(left - right) <= tolerance * max(1, abs(right))
      case (.text(let left), .text(let right)): left == right
      case (.list(let left), .list(let right)):
        left.count == right.count && zip(left, right).allSatisfy { $0.isClose(to: $1, tolerance: tolerance) }
      case (.object(let left), .object(let right)):
        Set(left.keys) == Set(right.keys)
          && left.allSatisfy { key, value in
            right[key].map { value.isClose(to: $0, tolerance: key == "share" ? 1e-3 : tolerance) } ?? false
          }
      default: false
      }
    }
  }
}

extension FirstVersionTests.Value: ExpressibleByStringLiteral, ExpressibleByDictionaryLiteral {
  init(stringLiteral text: String) { self = .text(text) }
  init(dictionaryLiteral members: (String, Self)...) { self = .object(Dictionary(uniqueKeysWithValues: members)) }
}

extension FirstVersionTests.Value: Decodable {
  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else if let text = try? container.decode(String.self) {
      self = .text(text)
    } else if let list = try? container.decode([Self].self) {
      self = .list(list)
    } else {
      var object = try container.decode([String: Self].self)
      if case .object(let training) = object["training"] {
        object["training"] = .object(training.filter { Self.keptProvenance.contains($0.key) })
      }
      self = .object(object)
    }
  }
}
