extension Posterior {
  init(from file: ModelFile, at prefix: String) throws(ModelFileError) {
    let draws = try file.integer("\(prefix)draws", in: 1...4096)
    let rank = try file.integer("\(prefix)draw_rank", in: 1...4096)
    guard try file.integer("\(prefix)rank") == draws * rank else {
      throw file.invalid("its rank is not that of \(draws) draws of rank \(rank)")
    }
    let (users, items) = (try file.integer("\(prefix)users"), try file.integer("\(prefix)items"))
    let unit: Float = try file.number("\(prefix)unit", as: Float.self)
    guard unit > 0 else { throw file.invalid("its unit is not above 0") }
    let hasWeights = file.contains("\(prefix)history_weights")
    let days = file.contains("\(prefix)days") ? try file.int32s("\(prefix)days") : []
    guard zip(days, days.dropFirst()).allSatisfy({ $0 < $1 }) else { throw file.invalid("its days do not rise") }
    let width = draws * (rank + 1)
    let levels = file.contains("\(prefix)levels") ? try file.floats("\(prefix)levels") : []
    guard zip(levels, levels.dropFirst()).allSatisfy({ $0 < $1 }), levels.count != 1, levels.count <= 256 else {
      throw file.invalid("its levels do not rise")
    }
    self.init(
      draws: draws, rank: rank, center: try file.number("\(prefix)mean", as: Float.self), unit: unit,
      noisePrecisions: try file.floats("\(prefix)noise_precisions", count: draws),
      means: try file.floats("\(prefix)draw_means", count: draws),
      precisions: try file.factors("\(prefix)prior_precisions", rows: draws, rank: rank + 1),
      priors: try file.factors("\(prefix)prior_means", rows: draws, rank: rank + 1),
      usualDays: try file.factors("\(prefix)usual_days", rows: draws, rank: rank + 1),
      userBiases: try file.factors("\(prefix)user_draw_biases", rows: users, rank: draws),
      itemBiases: try file.factors("\(prefix)item_draw_biases", rows: items, rank: draws),
      userWeights: try file.factors("\(prefix)user_draw_weights", rows: users, rank: draws),
      itemWeights: try file.factors("\(prefix)item_draw_weights", rows: items, rank: draws),
      weightFreedom: try file.number("\(prefix)weight_freedom", as: Float.self),
      historyWeights: hasWeights
        ? try file.factors("\(prefix)history_weights", rows: items, rank: width) : Factors(count: 0, rank: width),
      days: days,
      dayRows: days.isEmpty
        ? Factors(count: 0, rank: 0) : try file.factors("\(prefix)day_rows", rows: days.count, rank: width),
      levels: levels,
      cutPoints: levels.isEmpty
        ? Factors(count: 0, rank: 0) : try file.factors("\(prefix)cut_points", rows: draws, rank: levels.count - 1))
    guard weightFreedom > 2 else { throw file.invalid("its weights have at most 2 degrees of freedom") }
    let isPositive = { (rows: Factors) in (0..<rows.count).allSatisfy { rows[$0].allSatisfy { $0 > 0 } } }
    guard noisePrecisions.allSatisfy({ $0 > 0 }), [precisions, userWeights, itemWeights].allSatisfy(isPositive) else {
      throw file.invalid("one of its precisions is not above 0")
    }
  }

  func write(to file: inout ModelFile, at prefix: String) {
    file.set("\(prefix)draws", to: draws)
    file.set("\(prefix)draw_rank", to: rank)
    file.set("\(prefix)unit", to: unit)
    file.set("\(prefix)noise_precisions", to: noisePrecisions)
    file.set("\(prefix)draw_means", to: means)
    file.set("\(prefix)prior_precisions", to: precisions)
    file.set("\(prefix)prior_means", to: priors)
    file.set("\(prefix)usual_days", to: usualDays)
    file.set("\(prefix)user_draw_biases", to: userBiases)
    file.set("\(prefix)item_draw_biases", to: itemBiases)
    file.set("\(prefix)user_draw_weights", to: userWeights)
    file.set("\(prefix)item_draw_weights", to: itemWeights)
    file.set("\(prefix)weight_freedom", to: weightFreedom)
    if historyWeights.count > 0 { file.set("\(prefix)history_weights", to: historyWeights) }
    if !levels.isEmpty {
      file.set("\(prefix)levels", to: levels)
      file.set("\(prefix)cut_points", to: cutPoints)
    }
    if !days.isEmpty {
      file.set("\(prefix)days", to: days)
      file.set("\(prefix)day_rows", to: dayRows)
    }
  }
}
