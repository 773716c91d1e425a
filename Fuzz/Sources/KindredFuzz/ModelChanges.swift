import Foundation

@testable import Kindred

/// Changes to a trained model file, by the bytes of an input; checksums are made right again, so that what reads the
/// numbers is reached.
struct ModelChanges {
  private var bytes: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

  private mutating func byte() -> Int { Int(bytes.popFirst() ?? 0) }
  private mutating func word() -> Int { byte() | byte() << 8 }

  /// One small model of each kind.
  private static let seeds: [ModelFile] = {
    var rows: [Interaction<String, String>] = []
    for user in 0..<12 {
      for item in 0..<8 where (user * 3 + item * 5) % 4 != 0 {
        let time = Timestamp(user * 8 + item) * Day.microseconds
        rows.append(
          Interaction(user: "u\(user)", item: "i\(item)", value: Float(1 + (user + item) % 5), time: time))
      }
    }
    let data = Interactions(rows)
    var bayesian = BayesianFM()
    bayesian.epochs = 2
    var blend = Blend()
    blend.budget = 0
    let trainers: [any Trainer] = [
      SGD(), ALS(), ImplicitALS(), EASE(), NextItem(), GraphFilter(), ItemKNN(), Popularity(), BiasRating(), bayesian,
      blend,
    ]
    let done = DispatchSemaphore(value: 0)
    nonisolated(unsafe) var files: [ModelFile] = []
    Task.detached {
      for trainer in trainers {
        let model = try? await Recommender.train(on: data, ranking: trainer, rule: .aged, threads: 1)
        if let file = try? model?.modelFile() { files.append(file) }
      }
      done.signal()
    }
    done.wait()
    precondition(!files.isEmpty, "there is no model to change")
    return files
  }()

  private static let numbers = [
    "0", "1", "-1", "2", "16", "17", "4096", "4097", "2147483647", "2147483648", "9223372036854775807",
    "-9223372036854775808", "nan", "inf", "1e39", "1e-45", "-0.0", "", "3.4028235e38", "x", "{}",
  ]
  private static let words: [[UInt8]] = [
    [0, 0, 128, 127], [0, 0, 192, 127], [255, 255, 127, 127], [255, 255, 255, 255], [0, 0, 0, 128], [1, 0, 0, 0],
    [0, 0, 0, 0], [255, 255, 255, 127],
  ]

  mutating func test() {
    var file = Self.seeds[byte() % Self.seeds.count]
    for _ in 0..<6 where !bytes.isEmpty {
      switch byte() % 4 {
      case 0: file.set(file.keys[word() % file.keys.count], to: Self.numbers[byte() % Self.numbers.count])
      case 1:
        let (to, from) = (word() % file.keys.count, word() % file.keys.count)
        file.set(file.keys[to], to: file[file.keys[from]] ?? "")
      case 2: changeElements(of: file.names[word() % file.names.count], in: &file)
      default: shorten(file.names[word() % file.names.count], in: &file)
      }
    }
    guard let read = try? ModelFile(bytes: file.bytes(threads: 1), threads: 1) else {
      preconditionFailure("what was written is not read")
    }
    Self.use(read)
  }

  private mutating func changeElements(of name: String, in file: inout ModelFile) {
    guard let tensor = file.tensors[name] else { return }
    var raw = [UInt8]([tensor.bytes])
    for _ in 0..<(1 + byte() % 8) where raw.count >= 4 {
      let place = word() * 65_537 % raw.count
      let choice = byte()
      if choice & 1 == 0 {
        raw[place] = UInt8(byte())
      } else {
        let start = min(place / 4 * 4, raw.count - 4)
        raw.replaceSubrange(start..<(start + 4), with: Self.words[choice / 2 % Self.words.count])
      }
    }
    Self.set(name, tensor.type, raw, tensor.shape, in: &file)
  }

  private mutating func shorten(_ name: String, in file: inout ModelFile) {
    guard let tensor = file.tensors[name], let rows = tensor.shape.first, rows > 0 else { return }
    let kept = byte() % (rows + 1)
    let raw = [UInt8]([tensor.bytes])
    Self.set(
      name, tensor.type, Array(raw.prefix(raw.count / rows * kept)), [kept] + tensor.shape.dropFirst(), in: &file)
  }

  private static func set(_ name: String, _ type: String, _ raw: [UInt8], _ shape: [Int], in file: inout ModelFile) {
    func elements<Element: TensorElement>(_: Element.Type) -> [Element] {
      let size = MemoryLayout<Element>.stride
      return (0..<(raw.count / size)).map { place in
        raw.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place * size, as: Element.self) }
      }
    }
    switch type {
    case "F32": file.set(name, to: elements(Float.self), shape: shape)
    case "F64": file.set(name, to: elements(Double.self), shape: shape)
    case "I32": file.set(name, to: elements(Int32.self), shape: shape)
    case "I64": file.set(name, to: elements(Int64.self), shape: shape)
    default: file.set(name, to: raw, shape: shape)
    }
  }

  /// Uses all that a file gives, if it gives a recommender.
  static func use(_ file: ModelFile) {
    guard let model = try? Recommender<String, String>(from: file) else { return }
    let items = model.items
    var history: [String: Float] = [:]
    for (value, item) in items.prefix(5).enumerated() { history[item] = Float(value) }
    let own = model.history(history)
    var rules = ListRules<String>()
    rules.diversity = 0.5
    let lists = model.recommendations(for: [own, History()], limit: 5, rules: rules)
    for list in lists { precondition(list.allSatisfy { $0.score.isFinite }, "a score is not finite") }
    _ = model.reasons(for: lists[0].map(\.item), history: own, limit: 2)
    if let first = items.first { _ = model.items(similarTo: first, limit: 3) }
    for user in model.users.prefix(3) {
      _ = model.recommendations(for: user, limit: 3)
      if let item = items.first { _ = model.rating(of: item, by: user) }
    }
    _ = model.groups(count: 2)
    _ = model.removing(Array(model.users.prefix(1)))
    _ = model.withoutUsers()
    precondition((try? model.modelFile().bytes(threads: 1)) != nil, "what was read is not written")
  }
}

extension FeedbackRule {
  /// A rule with a half-life, so that models hold weights.
  fileprivate static var aged: FeedbackRule {
    var rule = FeedbackRule()
    rule.halfLife = 30
    return rule
  }
}
