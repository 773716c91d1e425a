/// A training by stochastic gradient descent under way.
struct SGDSession: TrainingSession {
  /// The ratings in the order of a pass.
  private enum Course: Sendable {
    case plain(TrainingData)
    case fast(Strata)
  }

  var trainer: SGD
  private let scale: ClosedRange<Float>?
  private let course: Course
  private let step: GradientStep
  private let seed: UInt64
  private var state: GradientState
  private var epoch = 0
  private var hasFailed = false

  var isFinished: Bool { hasFailed || epoch >= trainer.epochs }

  init(_ trainer: SGD, _ data: PreparedData, seed: UInt64, using parallel: Parallel) {
    self.trainer = trainer
    self.seed = seed
    if trainer.plain {
      course = .plain(data.columns)
      scale = nil
      let users = Array(0..<Int32(data.userCount))
      let items = Array(0..<Int32(data.itemCount))
      step = GradientStep(
        rate: trainer.learningRate, userPenalties: Buffer(repeating: trainer.regularization, count: users.count),
        itemPenalties: Buffer(repeating: trainer.regularization, count: items.count))
      state = trainer.initialState(users, items, seed: seed, using: parallel)
    } else {
      let strata = Strata(of: data.columns, stride: Factors.stride(for: trainer.rank), seed: seed, using: parallel)
      let values = data.summary(using: parallel)
      course = .fast(strata)
      scale = values.scale
      step = GradientStep(
        mean: values.mean, unit: values.unit, rate: trainer.learningRate, biasScale: trainer.biasScale,
        userPenalties: trainer.penalties(data.userCounts, at: strata.userRows),
        itemPenalties: trainer.penalties(data.itemCounts, at: strata.itemRows))
      state = trainer.initialState(strata.userRows, strata.itemRows, seed: seed, using: parallel)
    }
  }

  mutating func runEpoch(using parallel: Parallel) throws(TrainingError) -> Float {
    // The fast form folds users in when a model is made, so the items alone restore its last good state.
    let lastItems = (factors: state.items, biases: state.itemBiases)
    let lastUsers = trainer.plain ? state.users : nil
    let (total, count) = takeSteps(using: parallel)
    let unit = step.unit
    let loss = Float(total / Double(count)) * unit * unit
    var failure: TrainingError?
    if parallel.isCancelled {
      failure = TrainingError(.cancelled)
    } else if !(loss < 1e8 * unit * unit) || !state.isFinite(withUsers: trainer.plain, using: parallel) {
      // No useful model has a mean squared error of 10⁸: stop before the numbers overflow.
      failure = TrainingError(.diverged(epoch: epoch + 1, cure: "try a learning rate of \(trainer.calmerRate)"))
    }
    if let failure {
      (state.items, state.itemBiases) = lastItems
      if let lastUsers { state.users = lastUsers }
      hasFailed = true
      throw failure
    }
    epoch += 1
    return loss
  }

  /// Takes one step per rating.
  ///
  /// - Returns: The sum of squared errors, and the number of ratings.
  private mutating func takeSteps(using parallel: Parallel) -> (total: Double, count: Int) {
    switch course {
    case .plain(let data):
      var total = 0.0
      var start = 0
      while start < data.count, !parallel.isCancelled {
        let end = min(data.count, start + 1 << 16)
        total += state.takePlainSteps(step, over: data, start..<end)
        start = end
      }
      return (total, data.count)
    case .fast(let strata):
      var step = step
      for _ in 0..<epoch { step.rate *= trainer.learningRateDecay }
      let (epoch, seed) = (epoch, seed)
      let total = state.withSteps(step, over: strata.ratings) { run in
        strata.forEachBlock(epoch: epoch, seed: seed, using: parallel, run)
      }
      return (total, strata.ratings.count)
    }
  }

  func makeValidationModel(using parallel: Parallel) -> RatingModel {
    // Few users are folded in faster all at once than one by one.
    guard case .fast(let strata) = course, strata.userRows.count > 2000 else { return makeModel(using: parallel) }
    let items = state.items.scaled(by: step.unit).onPrincipalAxes(using: parallel)
    let factors = FactorModel(
      mean: step.mean, foldIn: trainer.foldIn(unit: step.unit), users: Factors(count: 0, rank: trainer.rank),
      userBiases: [], items: items.reordered(by: strata.itemRows),
      itemBiases: Buffer(state.itemBiases.map { $0 * step.unit }).reordered(by: strata.itemRows), using: parallel)
    return RatingModel(factors: factors, scale: scale)
  }

  func makeModel(using parallel: Parallel) -> RatingModel {
    let foldIn = trainer.foldIn(unit: step.unit)
    guard case .fast(let strata) = course else {
      let factors = FactorModel(
        mean: 0, foldIn: foldIn, users: state.users, userBiases: Buffer(repeating: 0, count: state.users.count),
        items: state.items, itemBiases: state.itemBiases, using: parallel)
      return RatingModel(factors: factors, scale: scale)
    }
    let items = state.items.scaled(by: step.unit).onPrincipalAxes(using: parallel)
    let itemBiases = Buffer(state.itemBiases.map { $0 * step.unit })
    var users = Factors(count: strata.userRows.count, rank: trainer.rank, threads: parallel.threads)
    var userBiases = Buffer<Float>(repeating: 0, count: users.count)
    let stride = users.stride
    users.elements.withSharedWriter { rows in
      userBiases.withSharedWriter { biases in
        strata.forEachStripeOfHistories(using: parallel) { histories, users in
          let folded = foldIn.problems(of: histories, against: items, biases: itemBiases, mean: step.mean, gram: nil)
            .solved(using: Parallel(threads: 1))
          for (row, user) in users.enumerated() {
            for column in 0..<stride {
              rows[Int(user) * stride + column] = folded.factors.elements[row * stride + column]
            }
            biases[Int(user)] = folded.biases[row]
          }
        }
      }
    }
    let factors = FactorModel(
      mean: step.mean, foldIn: foldIn, users: users, userBiases: userBiases,
      items: items.reordered(by: strata.itemRows), itemBiases: itemBiases.reordered(by: strata.itemRows),
      using: parallel)
    return RatingModel(factors: factors, scale: scale)
  }
}

extension GradientState {
  func isFinite(withUsers: Bool, using parallel: Parallel) -> Bool {
    items.elements.isFinite(parallel: parallel) && itemBiases.isFinite(parallel: parallel)
      && (!withUsers || users.elements.isFinite(parallel: parallel))
  }
}
