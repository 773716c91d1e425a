import Kindred
import KindredJSON

/// The options of a call, a JSON object; an option that nothing asked for is an error.
struct Options {
  private let members: [(String, JSON)]
  private var asked: [String] = []

  init(_ text: UnsafePointer<CChar>?) throws(Failure) {
    guard text != nil else {
      members = []
      return
    }
    let text = try KindredC.text(text, "the options")
    guard let json = try? JSON(parsing: text), case .object(let members) = json else {
      throw Failure(.badArgument, "the options are not a JSON object")
    }
    self.members = members
  }

  private mutating func value<Value>(
    _ name: String, _ form: String, _ convert: (JSON) -> Value?
  ) throws(Failure) -> Value? {
    asked.append(name)
    guard let json = members.first(where: { $0.0 == name })?.1 else { return nil }
    if case .null = json { return nil }
    guard let value = convert(json) else { throw Failure(.badArgument, "the option '\(name)' must be \(form)") }
    return value
  }

  mutating func text(_ name: String) throws(Failure) -> String? {
    try value(name, "a text") { if case .string(let text) = $0 { text } else { nil } }
  }

  mutating func flag(_ name: String) throws(Failure) -> Bool? {
    try value(name, "true or false") { if case .bool(let flag) = $0 { flag } else { nil } }
  }

  mutating func integer(_ name: String, in range: ClosedRange<Int>) throws(Failure) -> Int? {
    try value(name, "a whole number from \(range.lowerBound) to \(range.upperBound)") {
      guard case .number(let number) = $0, let integer = number.integer(as: Int.self) else { return nil }
      return range.contains(integer) ? integer : nil
    }
  }

  mutating func seed() throws(Failure) -> UInt64 {
    try value("seed", "a whole number from 0 to \(UInt64.max)") {
      if case .number(let number) = $0 { number.integer(as: UInt64.self) } else { nil }
    } ?? 0
  }

  mutating func number(_ name: String, in range: ClosedRange<Float>) throws(Failure) -> Float? {
    try value(name, "a number from \(range.lowerBound) to \(range.upperBound)") {
      guard case .number(let number) = $0, let float = number.float else { return nil }
      return range.contains(float) ? float : nil
    }
  }

  mutating func texts(_ name: String) throws(Failure) -> [String]? {
    try value(name, "a list of texts") { json in
      guard case .array(let elements) = json else { return nil }
      let texts = elements.compactMap { if case .string(let text) = $0 { text } else { nil } }
      return texts.count == elements.count ? texts : nil
    }
  }

  mutating func integers(_ name: String, in range: ClosedRange<Int>) throws(Failure) -> [Int]? {
    try value(name, "a list of whole numbers from \(range.lowerBound) to \(range.upperBound)") { json in
      guard case .array(let elements) = json else { return nil }
      let integers = elements.compactMap { (element) -> Int? in
        guard case .number(let number) = element else { return nil }
        return number.integer(as: Int.self).flatMap { range.contains($0) ? $0 : nil }
      }
      return integers.count == elements.count ? integers : nil
    }
  }

  /// An algorithm's hyperparameters, as texts by name.
  mutating func settings() throws(Failure) -> [String: String] {
    try value("settings", "an object of numbers, texts and switches") { json in
      guard case .object(let members) = json else { return nil }
      var settings: [String: String] = [:]
      for (name, value) in members {
        switch value {
        case .bool(let flag): settings[name] = flag.description
        case .number(let number): settings[name] = number.text
        case .string(let text): settings[name] = text
        case .null, .array, .object: return nil
        }
      }
      return settings
    } ?? [:]
  }

  /// The rule of what counts as liked, with the data's own as the default.
  mutating func rule(for data: Interactions<String, String>) throws(Failure) -> FeedbackRule {
    var rule = data.defaultRule
    let positive: FeedbackRule.Positive? = try value("positive", "all, mean, liked or a number") {
      switch $0 {
      case .string("all"): .all
      case .string("mean"): .mean
      case .string("liked"): .liked
      case .number(let number): number.float.map { .atLeast($0) }
      default: nil
      }
    }
    if let positive {
      rule.positive = positive
      rule.dampsCounts = false
    }
    return rule
  }

  mutating func validation() throws(Failure) -> ValidationMethod {
    try value("validation", "latest or random") {
      switch $0 {
      case .string("latest"): .latest
      case .string("random"): .random
      default: nil
      }
    } ?? .latest
  }

  mutating func threads() throws(Failure) -> Int? { try integer("threads", in: 1...1024) }

  /// Throws unless every option was asked for.
  func checkNames() throws(Failure) {
    for (name, _) in members where !asked.contains(name) {
      throw Failure(.badArgument, "there is no option '\(name)'; there are \(asked.sorted().joined(separator: ", "))")
    }
  }
}

/// The algorithm of a name.
func algorithm(named name: String) throws(Failure) -> Algorithm {
  guard let algorithm = Algorithm(rawValue: name) else {
    let names = Algorithm.allCases.map(\.rawValue).joined(separator: ", ")
    throw Failure(.badArgument, "there is no algorithm '\(name)'; there are \(names)")
  }
  return algorithm
}
