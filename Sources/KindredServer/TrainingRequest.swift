import Kindred

/// What to train: an algorithm with settings of its own, or the default.
struct TrainingRequest: Sendable, Decodable {
  var algorithm: Algorithm?
  var settings: [String: String] = [:]
  var seed: UInt64 = 0

  init() {}

  private enum CodingKeys: String, CodingKey { case algorithm, settings, seed }

  init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    if let name = try fields.decodeIfPresent(String.self, forKey: .algorithm) {
      guard let algorithm = Algorithm(rawValue: name) else {
        let names = Algorithm.allCases.map(\.rawValue).joined(separator: ", ")
        throw ServerError(
          .badRequest, "unknown_algorithm", "There is no algorithm '\(name.shortened)'; there are \(names).")
      }
      self.algorithm = algorithm
    }
    settings = try fields.decodeIfPresent([String: SettingText].self, forKey: .settings)?.mapValues(\.text) ?? [:]
    seed = try fields.decodeIfPresent(UInt64.self, forKey: .seed) ?? 0
  }

  /// Refuses settings that the algorithm does not have, and values that make no sense whatever the data.
  func check() async throws(ServerError) {
    let two = Interactions([Interaction(user: "a", item: "x", value: 1), Interaction(user: "b", item: "y", value: 2)])
    do throws(TrainingError) {
      try await Self.tryOut(try ranking(), on: two)
    } catch {
      // Two ratings are too few for some algorithms; that says nothing of the settings.
      guard case .invalidSetting = error.reason else { return }
      throw ServerError(.badRequest, "invalid_setting", error.description.asSentence)
    }
  }

  private static func tryOut(
    _ trainer: some Trainer, on data: Interactions<String, String>
  ) async throws(TrainingError) {
    for try await _ in trainer.epochs(on: data, threads: 1) { break }
  }

  /// What orders the lists: by default the blend, as everywhere.
  func ranking() throws(TrainingError) -> any Trainer { try (algorithm ?? .blend).trainer(setting: settings) }

  /// What predicts ratings, where the values are ratings and the ranking does not predict them.
  func rating(
    for data: Interactions<String, String>, rule: FeedbackRule, besides ranking: any Trainer
  ) -> (any Trainer)? {
    if type(of: ranking).predictsRatings { return nil }
    return Recommender.defaultRating(for: data, rule: rule, budget: (ranking as? Blend)?.budget ?? 0)
  }
}

/// A setting's value as text, whatever it is in JSON.
private struct SettingText: Decodable {
  let text: String

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let flag = try? container.decode(Bool.self) {
      text = flag.description
    } else if let integer = try? container.decode(Int.self) {
      text = integer.description
    } else if let number = try? container.decode(Double.self) {
      text = number.description
    } else {
      text = try container.decode(String.self)
    }
  }
}
