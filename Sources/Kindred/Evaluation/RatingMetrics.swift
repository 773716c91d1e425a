/// Measures of how close predicted ratings are to the true ones.
public struct RatingMetrics: Sendable {
  /// The positions of the users with a test rating, in rising order.
  public let users: [Int32]
  /// The means of predicted and true ratings, in ten bins of predictions from the lowest to the highest.
  public let calibration: [CalibrationBin]
  /// The numbers of ratings in the ranges that hold them with some probabilities; empty if the model predicts no
  /// deviations.
  public let coverage: [Coverage]
  /// The sum of squared errors, the sum of absolute errors, and the number of pairs of each of `users`.
  let squared, absolute, counts: [Double]

  /// The number of ratings in the ranges that hold them with a probability.
  public struct Coverage: Sendable, Equatable {
    /// The probability that a range holds its rating, from 0 to 1.
    public var probability: Double
    /// The number of pairs with a predicted deviation, and the number of those whose rating is in its range.
    public var count, covered: Int
    /// The share of the ratings that are in their range, about `probability` if the deviations are right; 0 without
    /// pairs.
    public var share: Double { Double(covered) / Double(max(1, count)) }

    static let probabilities = [0.5, 0.8, 0.9, 0.95]
  }

  /// A bin of predictions of about the same size.
  public struct CalibrationBin: Sendable, Equatable {
    /// The number of pairs.
    public var count = 0
    /// The mean of the predicted ratings.
    public var predicted = 0.0
    /// The mean of the true ratings.
    public var given = 0.0
  }

  /// The number of pairs of user and item with a test rating.
  public var count: Int { Int(counts.reduce(0, +)) }
  /// The root mean squared error, √(mean (prediction − value)²); 0 without pairs.
  public var rootMeanSquaredError: Double { Self.rootMeanSquaredError(squared.reduce(0, +), counts.reduce(0, +)) }
  /// The mean absolute error, mean |prediction − value|; 0 without pairs.
  public var meanAbsoluteError: Double { absolute.reduce(0, +) / max(1, counts.reduce(0, +)) }

  static func rootMeanSquaredError(_ squared: Double, _ count: Double) -> Double {
    (squared / max(1, count)).squareRoot()
  }

  /// Predicts every pair of `test` from the histories.
  ///
  /// - Complexity: O(test · rank + users · fold-in).
  init<Known: RandomAccessCollection<History> & Sendable>(
    of model: some RatingPredictor, histories: Known, test: PreparedData, using parallel: Parallel
  ) where Known.Index == Int {
    let pairs = test.byUser
    let times = test.timesByUser
    let tested = (0..<pairs.rowCount).filter { pairs.count(ofRow: $0) > 0 }
    let scale = test.summary(using: parallel).scale ?? 0...1
    let usersOfBlock = 64
    let blocks = parallel.map((tested.count + usersOfBlock - 1) / usersOfBlock) { block in
      var result = Block()
      for user in tested[(block * usersOfBlock)..<min(tested.count, (block + 1) * usersOfBlock)] {
        let cells = pairs.cells(ofRow: user)
        let items = Array(pairs.columns[cells])
        let predictions = model.predictions(
          of: items, onDays: times.isEmpty ? nil : times[cells].map(Day.number), for: histories[user].keepingFoldIns())
        result.add(predictions, Array(pairs.values[cells]), scale: scale)
      }
      return result
    }
    users = tested.map { Int32($0) }
    squared = blocks.flatMap(\.squared)
    absolute = blocks.flatMap(\.absolute)
    counts = blocks.flatMap(\.counts)
    calibration = CalibrationBin.means(blocks.map(\.bins))
    coverage = Coverage.sums(blocks.map(\.coverage))
  }

  private struct Block: Sendable {
    var squared: [Double] = []
    var absolute: [Double] = []
    var counts: [Double] = []
    /// The bins with sums in place of means.
    var bins = [CalibrationBin](repeating: CalibrationBin(), count: 10)

    var coverage = Coverage.probabilities.map { Coverage(probability: $0, count: 0, covered: 0) }

    mutating func add(_ predictions: [Prediction], _ values: [Float], scale: ClosedRange<Float>) {
      var errors = SIMD2<Double>()
      for (prediction, value) in zip(predictions, values) {
        for index in coverage.indices {
          guard let range = prediction.range(holding: coverage[index].probability) else { continue }
          coverage[index].count += 1
          if range.contains(value) { coverage[index].covered += 1 }
        }
        let prediction = prediction.value
        let error = Double(prediction) - Double(value)
        errors += SIMD2(error * error, abs(error))
        let place = (prediction - scale.lowerBound) / max(.leastNormalMagnitude, scale.upperBound - scale.lowerBound)
        let bin = Int(max(0, min(9, place * 10)))
        bins[bin].count += 1
        bins[bin].predicted += Double(prediction)
        bins[bin].given += Double(value)
      }
      squared.append(errors[0])
      absolute.append(errors[1])
      counts.append(Double(values.count))
    }
  }

  /// Joins the results of several folds.
  init?(joining folds: [RatingMetrics]) {
    guard !folds.isEmpty else { return nil }
    users = folds.flatMap(\.users)
    squared = folds.flatMap(\.squared)
    absolute = folds.flatMap(\.absolute)
    counts = folds.flatMap(\.counts)
    coverage = Coverage.sums(folds.map(\.coverage))
    calibration = CalibrationBin.means(
      folds.map { fold in
        fold.calibration.map { bin in
          CalibrationBin(
            count: bin.count, predicted: bin.predicted * Double(bin.count), given: bin.given * Double(bin.count))
        }
      })
  }
}

extension RatingMetrics.Coverage {
  /// The sums of the counts of several parts; empty if nothing was counted.
  fileprivate static func sums(_ parts: [[Self]]) -> [Self] {
    let sums = probabilities.map { probability in
      let own = parts.joined().filter { $0.probability == probability }
      return Self(
        probability: probability, count: own.reduce(0) { $0 + $1.count }, covered: own.reduce(0) { $0 + $1.covered })
    }
    return sums.filter { $0.count > 0 }
  }
}

extension RatingMetrics.CalibrationBin {
  /// The means of bins that hold sums.
  fileprivate static func means(_ blocks: [[Self]]) -> [Self] {
    (0..<10).map { index in
      let count = blocks.reduce(0) { $0 + $1[index].count }
      let scale = 1 / Double(max(1, count))
      return Self(
        count: count, predicted: blocks.reduce(0) { $0 + $1[index].predicted } * scale,
        given: blocks.reduce(0) { $0 + $1[index].given } * scale)
    }
  }
}

extension RatingPredictor {
  /// Predicts each item on a day of its own, in order of `items`.
  fileprivate func predictions(of items: [Int32], onDays days: [Int32]?, for history: History) -> [Prediction] {
    guard let days else { return predictions(of: items, for: history, at: nil) }
    var result = [Prediction?](repeating: nil, count: items.count)
    for day in Set(days) {
      let places = items.indices.filter { days[$0] == day }
      let time = day == Day.unknown ? nil : Timestamp(day) * Day.microseconds
      let own = predictions(of: places.map { items[$0] }, for: history, at: time)
      for (place, prediction) in zip(places, own) { result[place] = prediction }
    }
    return result.compactMap { $0 }
  }
}
