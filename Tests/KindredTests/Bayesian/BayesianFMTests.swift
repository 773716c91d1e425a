import Foundation
import Testing

@testable import Kindred

@Suite struct BayesianFMTests {
  static let ratings = Synthetic.ratings(users: 40, items: 30)

  /// Simulation-based calibration: data are drawn from the model, and the rank of the true quantities among the model's
  /// draws is uniform if, and only if, it samples the posterior (Talts, Betancourt, Simpson, Vehtari, Gelman 2018,
  /// <https://arxiv.org/abs/1804.06788>). A chain that starts at the true parameters needs no burn-in.
  @Test func ranksOfTheTruthAreUniform() {
    let (replicates, draws, apart) = (200, 9, 20)
    let ranks = Parallel().map(replicates) { replicate in
      var model = SyntheticModel(seed: 1000 + UInt64(replicate))
      let truth = model.quantities
      var ranks = [Int](repeating: 0, count: truth.count)
      for _ in 0..<draws {
        for _ in 0..<apart { _ = try? model.sampler.runEpoch(using: Parallel(threads: 1)) }
        for (index, value) in model.quantities.enumerated() where value < truth[index] { ranks[index] += 1 }
      }
      return ranks
    }
    var counts = [[Int]](repeating: [Int](repeating: 0, count: draws + 1), count: SyntheticModel.quantityCount)
    for own in ranks {
      for (index, rank) in own.enumerated() { counts[index][rank] += 1 }
    }
    let expected = Double(replicates) / Double(draws + 1)
    for (index, counts) in counts.enumerated() {
      let chiSquare = counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
      // 9 degrees of freedom: p = .001.
      #expect(chiSquare < 27.877, "\(index): \(counts)")
    }
  }

  @Test(arguments: [false, true])
  func aStateTakenUpAgainEndsInTheSameBytes(isOrdinal: Bool) async throws {
    var trainer = BayesianFM(rank: 3)
    trainer.probit = isOrdinal
    trainer.epochs = 14
    trainer.chains = 2
    trainer.samples = 5
    let data = Self.ratings.trainingData
    let parallel = Parallel(threads: 2)
    var whole = try #require(try trainer.makeSession(for: data, seed: 3, using: parallel) as? BayesianSession)
    while !whole.isFinished { _ = try whole.runEpoch(using: parallel) }
    for stop in [0, 1, 5, 7, 13] {
      var first = try #require(try trainer.makeSession(for: data, seed: 3, using: parallel) as? BayesianSession)
      for _ in 0..<stop { _ = try first.runEpoch(using: parallel) }
      var file = ModelFile()
      first.write(to: &file)
      var second = try #require(try trainer.makeSession(for: data, seed: 3, using: parallel) as? BayesianSession)
      try second.restore(from: ModelFile(bytes: file.bytes()))
      while !second.isFinished { _ = try second.runEpoch(using: parallel) }
      let isSame = try Self.bytes(of: second) == Self.bytes(of: whole)
      #expect(isSame, "stopped after \(stop)")
    }
  }

  @Test func chainsStartAnewAndShareTheDraws() throws {
    let data = Self.ratings.trainingData
    let parallel = Parallel(threads: 2)
    func run(chains: Int, epochs: Int, samples: Int) throws -> (session: BayesianSession, losses: [Float]) {
      var trainer = BayesianFM(rank: 3)
      (trainer.chains, trainer.epochs, trainer.samples) = (chains, epochs, samples)
      var session = try #require(try trainer.makeSession(for: data, seed: 5, using: parallel) as? BayesianSession)
      var losses: [Float] = []
      while !session.isFinished { losses.append(try session.runEpoch(using: parallel)) }
      return (session, losses)
    }
    let (both, losses) = try run(chains: 2, epochs: 16, samples: 8)
    let (one, first) = try run(chains: 1, epochs: 8, samples: 4)
    #expect(both.draws.count == 8 && Array(losses.prefix(8)) == first)
    #expect(zip(both.draws, one.draws).allSatisfy { $0.items == $1.items && $0.users == $1.users })
    // The second chain begins as badly as the first did, and elsewhere.
    #expect(losses[8] > 1.2 * losses[7] && losses[8] != losses[0])
    for (chains, epochs) in [(0, 1), (1, 1), (0, 300), (3, 7), (7, 7)] {
      let (session, _) = try run(chains: chains, epochs: epochs, samples: 2)
      #expect(session.draws.count == min(2, epochs), "\(chains) chains, \(epochs) sweeps")
    }
  }

  private static func bytes(of session: BayesianSession) throws -> [UInt8] {
    var file = ModelFile()
    try file.set(session.makeModel(using: Parallel(threads: 1)), at: "")
    return file.bytes()
  }

  @Test func aCheckpointOfOtherSettingsOrDataIsNotTakenUp() async throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let checkpoint = Checkpoint(path: path, every: .zero)
    let trainer = BayesianFM.small
    func train(_ trainer: BayesianFM, seed: UInt64, _ checkpoint: Checkpoint?) async throws -> (
      first: Int, bytes: [UInt8]
    ) {
      let steps = Steps()
      let fit = try await trainer.fit(
        on: PreparedData(Self.ratings.data), seed: seed, using: Parallel(threads: 1), checkpoint: checkpoint
      ) {
        steps.add($0.epoch)
      }
      var file = ModelFile()
      try file.set(fit.model, at: "")
      return (steps.first, file.bytes())
    }
    let alone = try await train(trainer, seed: 1, nil)
    let first = try await train(trainer, seed: 1, checkpoint)
    #expect(first.first == 1)
    #expect(first.bytes.elementsEqual(alone.bytes))
    // What is there is the last state: nothing is left to run.
    let again = try await train(trainer, seed: 1, checkpoint)
    #expect(again.first == 0)
    #expect(again.bytes.elementsEqual(alone.bytes))
    let otherSeed = try await train(trainer, seed: 2, checkpoint)
    #expect(otherSeed.first == 1)
    var other = trainer
    other.rank += 1
    let otherRank = try await train(other, seed: 2, checkpoint)
    #expect(otherRank.first == 1)
    try Data("no state".utf8).write(to: URL(fileURLWithPath: path))
    let noState = try await train(trainer, seed: 1, checkpoint)
    #expect(noState.first == 1)
    #expect(noState.bytes.elementsEqual(alone.bytes))
  }

  @Test func knownUsersAndStrangersHaveDeviations() async throws {
    let recommender = try await Recommender.train(on: Self.ratings, ranking: BayesianFM.full, threads: 2)
    let history = try #require(recommender.history(of: 3))
    let items: [Int32] = [0, 5, 11]
    for history in [history, history.stranger, History()] {
      for prediction in recommender.ratingModel!.predictions(of: items, for: history, at: nil) {
        let deviation = try #require(prediction.deviation)
        #expect(deviation > 0.05 && deviation < 2)
        #expect((1...5).contains(prediction.value))
        let range = try #require(prediction.range(holding: 0.8, on: 1...5))
        #expect(range.contains(prediction.value) && range.lowerBound >= 1 && range.upperBound <= 5)
      }
    }
  }

  /// The more is known of a user, the surer, where the items are known well.
  @Test func deviationsFallWithWhatIsKnown() async throws {
    let ratings = Synthetic.ratings(users: 60, items: 40, density: 0.7)
    var trainer = BayesianFM(rank: 2, features: [.user, .item])
    trainer.epochs = 60
    let recommender = try await Recommender.train(on: ratings, ranking: trainer, seed: 4, threads: 2)
    let history = try #require(recommender.history(of: 3))
    let few = History(items: Array(history.items.prefix(2)), values: Array(history.values.prefix(2)))
    let deviations = [history, few, History()].map { history in
      let predictions = recommender.ratingModel!.predictions(of: [0, 5, 11], for: history, at: nil)
      return predictions.reduce(Float(0)) { $0 + ($1.deviation ?? 0) }
    }
    #expect(deviations[0] < deviations[1] && deviations[1] < deviations[2], "\(deviations)")
    #expect(
      recommender.ratingModel!.predictions(of: [0, 5, 11], for: History(), at: nil).allSatisfy { $0.isTentative })
  }

  /// Of two strangers, the one whose ratings are as expected is predicted with a smaller deviation than the one whose
  /// ratings are a star off, up and down.
  @Test func erraticUsersArePredictedLessSurely() async throws {
    let ratings = Synthetic.ratings(users: 60, items: 40, density: 0.7)
    var trainer = BayesianFM(rank: 2, features: [.user, .item])
    trainer.epochs = 60
    let recommender = try await Recommender.train(on: ratings, ranking: trainer, seed: 4, threads: 2)
    let rating = try #require(recommender.ratingModel)
    let items = [Int32](0..<30)
    let expected = rating.predictions(of: items, for: History(), at: nil).map(\.value)
    let deviations = [Float(0), 1].map { amount in
      let values = zip(items, expected).map { $1 + ($0 % 2 == 0 ? amount : -amount) }
      return rating.predictions(of: [35], for: History(items: items, values: values), at: nil)[0].deviation ?? 0
    }
    #expect(deviations[1] > 2 * deviations[0], "\(deviations)")
  }

  /// A stranger's low rating on the day when all ratings are low is no evidence about their taste.
  @Test func ratingsOfAStrangerCountByTheirDays() async throws {
    let data = Self.ratingsWithALowDay
    var trainer = BayesianFM(rank: 2)
    trainer.epochs = 60
    let recommender = try await Recommender.train(on: data, ranking: trainer, seed: 1)
    let predictions = [nil, Day.microseconds].map { time in
      var history = History()
      for item in 3..<9 { history.set(2, forItemAt: Int32(item), at: time) }
      return recommender.ratingModel?.predictions(of: [2], for: history, at: 0)[0].value ?? 0
    }
    #expect(predictions[1] > predictions[0] + 0.25, "\(predictions)")
  }

  /// Ratings that fall by two stars on one day of three.
  private static var ratingsWithALowDay: Interactions<Int, Int> {
    var stream = RandomStream(seed: 3, .data)
    var data = Interactions<Int, Int>()
    for user in 0..<30 {
      for item in 0..<12 where stream.uniform() < 0.7 {
        let day = stream.below(3)
        let value = Float(4 - (day == 1 ? 2 : 0)) + Float(stream.normal() * 0.2)
        data.append(Interaction(user: user, item: item, value: value, time: Timestamp(day) * Day.microseconds + 60))
      }
    }
    return data
  }

  @Test func aDayThatIsLikeNoOtherIsLearned() async throws {
    let data = Self.ratingsWithALowDay
    var trainer = BayesianFM(rank: 2)
    trainer.epochs = 60
    let recommender = try await Recommender.train(on: data, ranking: trainer, seed: 1)
    let rating = try #require(recommender.ratingModel)
    for history in [data.histories[4], data.histories[4].stranger] {
      let values = [0, Day.microseconds, 2 * Day.microseconds].map {
        rating.predictions(of: [2], for: history, at: $0)[0].value
      }
      #expect(values[0] - values[1] > 1.5 && values[2] - values[1] > 1.5)
      let usual = rating.predictions(of: [2], for: history, at: nil)[0].value
      #expect(usual < values[0] && usual > values[1])
    }
  }

  @Test func whatIsKnownOfUsersAndItemsIsUsed() async throws {
    var data = Interactions<Int, Int>()
    for user in 0..<40 {
      for item in 0..<20 where item != user % 20 && (user * 7 + item * 4) % 5 < 2 {
        data.append(Interaction(user: user, item: item, value: user % 2 == item % 2 ? 5 : 1))
      }
    }
    // A user and an item without a rating, of which only the label is known.
    let (kind, thing) = (data.userIDs.insert("40"), data.itemIDs.insert("20"))
    data.data.userCount = 41
    data.data.itemCount = 21
    for user in 0...40 { data.userCatalog[user] = Catalog.Entry(title: "\(user)", attributes: ["kind": "\(user % 2)"]) }
    for item in 0...20 { data.itemCatalog[item] = Catalog.Entry(title: "\(item)", genres: ["\(item % 2)"]) }
    // Without the feature of an item's raters: for an unrated item it would be an extrapolation far from all data.
    var trainer = BayesianFM(rank: 3, features: [.user, .item, .side])
    trainer.epochs = 120
    let recommender = try await Recommender.train(on: data, ranking: trainer, seed: 2)
    let values = recommender.ratingModel!.predictions(
      of: [thing, 0, 1], for: History(items: [], values: [], trainingRow: kind), at: nil
    ).map(\.value)
    #expect(values[0] > 3.5 && values[1] > 3.5 && values[2] < 2.5, "\(values)")
  }

  @Test func settingsThatMakeNoSenseAreRefused() {
    let data = Self.ratings.data
    var trainers = [BayesianFM](repeating: BayesianFM(), count: 6)
    trainers[0].rank = -1
    trainers[1].epochs = 0
    trainers[2].rank = 5
    trainers[2].samples = 820
    trainers[3].features = [.user]
    trainers[4].chains = -1
    trainers[5].samples = -1
    for trainer in trainers {
      #expect(throws: TrainingError.self) { try trainer.makeSession(for: data, seed: 0, using: Parallel(threads: 1)) }
    }
    #expect(throws: TrainingError.self) { try Algorithm.bayesian.trainer(setting: ["features": "user,item,moon"]) }
    var probit = BayesianFM()
    probit.probit = true
    let numbers = Interactions((0..<60).map { Interaction(user: $0 % 6, item: $0 / 6, value: Float($0)) })
    #expect(throws: TrainingError.self) {
      try probit.makeSession(for: numbers.data, seed: 0, using: Parallel(threads: 1))
    }
  }

  /// One cut point given fits, drawn again and again, against its posterior on a grid.
  @Test func cutPointsAreDrawnFromTheirPosterior() {
    var stream = RandomStream(seed: 5, .data)
    let fits = Buffer((0..<40).map { _ in Float(stream.normal()) })
    let levels = fits.map { UInt8(Double($0) + stream.normal() > 0.6 ? 1 : 0) }
    let roots = Buffer(fits.map { _ in Float(0.5 + stream.uniform()) })
    func draw(_ cut: Double) -> CutPointDraw {
      CutPointDraw(
        scale: OrdinalScale(levels: [1, 2], cutPoints: [cut]), levels: levels, fits: fits, roots: roots,
        parallel: Parallel(threads: 1))
    }
    var (mass, mean, square) = (0.0, 0.0, 0.0)
    for cut in stride(from: -3.0, to: 4, by: 0.01) {
      let weight = exp(draw(0).likelihood([cut]).value + 30)
      mass += weight
      mean += weight * cut
      square += weight * cut * cut
    }
    mean /= mass
    let deviation = (square / mass - mean * mean).squareRoot()
    let mode = draw(0).mode(from: [0.3], steps: 1)
    var cut = 0.0
    var (sum, squares, moves) = (0.0, 0.0, 0)
    let count = 2000
    for _ in 0..<count {
      let next = draw(cut).drawn(from: mode, &stream)[0]
      if next != cut { moves += 1 }
      cut = next
      sum += cut
      squares += cut * cut
    }
    let n = Double(count)
    #expect(moves > count / 2)
    #expect(abs(sum / n - mean) < 6 * deviation / n.squareRoot())
    #expect(abs((squares / n - sum * sum / n / n).squareRoot() / deviation - 1) < 0.1)
  }
}

private final class Steps: @unchecked Sendable {
  private(set) var first = 0
  func add(_ step: Int) { if first == 0 { first = step } }
}

/// A small data set drawn from the model, and a sampler that stands where it was drawn from.
private struct SyntheticModel {
  static let quantityCount = 23
  /// A prior with the weight of 20 rows of each kind; with the trainer's weight of one row, draws from the prior are
  /// unbounded.
  static let prior = PrecisionPrior(weight: 20, rowVariance: 1, featureVariance: 1, weightFreedom: 8)
  var sampler: BayesianSession

  init(seed: UInt64) {
    var stream = RandomStream(seed: seed, .data)
    var data = TrainingData(userCount: 7, itemCount: 6)
    for user in 0..<7 {
      for item in 0..<6 where stream.uniform() < 0.7 {
        data.users.append(Int32(user))
        data.items.append(Int32(item))
        data.times.append(Timestamp(stream.below(3)) * Day.microseconds)
      }
    }
    data.values = [Float](repeating: 0, count: data.users.count)
    var trainer = BayesianFM(rank: 2)
    trainer.epochs = 1_000_000
    trainer.chains = 1
    sampler = BayesianSession(
      trainer, Set(BayesianFM.Feature.allCases), data, ordinal: nil,
      values: ValueSummary(scale: ValueSummary(of: data.values).scale), prior: Self.prior, seed: seed)
    for index in sampler.sides.indices { sampler.sides[index].drawFromPrior(weight: Self.prior.weight, &stream) }
    for index in 0..<2 { sampler.sides[index].drawWeightsFromPrior(freedom: Self.prior.weightFreedom, &stream) }
    sampler.mean = stream.normal()
    let precision = stream.gamma(shape: Self.prior.weight / 2) / (Self.prior.weight / 2)
    sampler.noise = .normal(precision: precision)
    data.values = data.users.indices.map { (index: Int) -> Float in
      let (user, item) = (Int(data.users[index]), Int(data.items[index]))
      let own = precision * Double(sampler.sides[0].weights[user]) * Double(sampler.sides[1].weights[item])
      return Float(fit(user, item, Int(data.times[index] / Day.microseconds)) + stream.normal() / own.squareRoot())
    }
    var drawn = BayesianSession(
      trainer, Set(BayesianFM.Feature.allCases), data, ordinal: nil,
      values: ValueSummary(scale: ValueSummary(of: data.values).scale), prior: Self.prior, seed: seed)
    (drawn.sides, drawn.mean, drawn.noise) = (sampler.sides, sampler.mean, sampler.noise)
    sampler = drawn
  }

  private func fit(_ user: Int, _ item: Int, _ day: Int) -> Double {
    let dayRow = min(day, sampler.sides[2].rows.count - 1)
    let (a, b, c) = (sampler.sides[0].rows[user], sampler.sides[1].rows[item], sampler.sides[2].rows[dayRow])
    var sum: Float = a[2] + b[2] + c[2]
    for factor in 0..<2 {
      sum += a[factor] * b[factor]
      sum += a[factor] * c[factor]
      sum += b[factor] * c[factor]
    }
    return sampler.mean + Double(sum)
  }

  /// What does not depend on how factors are turned: noise, mean, biases and their priors, and fits.
  var quantities: [Double] {
    let (users, items, days) = (sampler.sides[0], sampler.sides[1], sampler.sides[2])
    let biases = [users.rows[0, 2], users.rows[3, 2], items.rows[0, 2], items.rows[5, 2], days.rows[1, 2]]
    let features = [users.values[2, 2], items.values[4, 2]]
    let priors = [users.prior(of: 0, 2), users.prior(of: 1, 2), items.prior(of: 0, 2), days.prior(of: 0, 2)]
    let lengths = [users.rows[1], items.rows[2]].map { $0[0] * $0[0] + $0[1] * $0[1] }
    let numbers = biases + features + priors.map(\.precision) + [priors[0].mean] + lengths
    let weights = [users.weights[1], users.weights[6], items.weights[3]]
    return [sampler.noise.precision, sampler.mean] + (numbers + weights).map { Double($0) }
      + [fit(0, 0, 0), fit(1, 4, 1), fit(6, 2, 2), fit(3, 3, 0)]
  }
}

extension GibbsSide {
  fileprivate mutating func drawWeightsFromPrior(freedom: Double, _ stream: inout RandomStream) {
    for row in 0..<rows.count { weights[row] = Float(stream.gamma(shape: freedom / 2) / (freedom / 2)) }
  }

  /// Draws priors, features and rows as if nothing had been seen.
  fileprivate mutating func drawFromPrior(weight: Double, _ stream: inout RandomStream) {
    for group in 0...groups.count {
      for column in 0..<rows.rank {
        let precision = stream.gamma(shape: weight / 2) / (weight / 2)
        hyperparameters[group * 2 * rows.stride + column] = Float(precision)
        hyperparameters[(group * 2 + 1) * rows.stride + column] = Float(stream.normal() / precision.squareRoot())
      }
    }
    for (index, features) in groups.enumerated() {
      for feature in features {
        for column in 0..<rows.rank {
          let (precision, mean) = prior(of: index + 1, column)
          values[feature, column] = mean + Float(stream.normal()) / precision.squareRoot()
        }
      }
    }
    for column in 0..<rows.rank {
      let (precision, mean) = prior(of: 0, column)
      for row in 0..<rows.count { priors[row, column] = mean }
      for feature in 0..<values.count {
        for cell in design?.cells(ofRow: feature) ?? 0..<0 {
          priors[Int(design!.columns[cell]), column] += design!.values[cell] * values[feature, column]
        }
      }
      for row in 0..<rows.count {
        rows[row, column] = priors[row, column] + Float(stream.normal()) / precision.squareRoot()
      }
    }
  }
}
