extension BayesianSession: ResumableSession {
  var epochsRun: Int { sweep }

  func write(to file: inout ModelFile) {
    file.set("sweep", to: sweep)
    file.set("mean", to: mean)
    switch noise {
    case .normal(let precision):
      file.set("noise_precision", to: precision)
      let errors = errors ?? WeightedErrors()
      file.set("errors", to: [errors.sum, errors.squares, errors.weight])
    case .ordinal(let scale, let anchor):
      file.set("cut_points", to: scale.cutPoints)
      file.set("anchor", to: anchor)
    }
    for side in sides {
      file.set("side.\(side.number).rows", to: side.rows)
      file.set("side.\(side.number).priors", to: side.priors)
      file.set("side.\(side.number).values", to: side.values)
      file.set("side.\(side.number).weights", to: side.weights)
      file.set("side.\(side.number).hyperparameters", to: side.hyperparameters)
    }
    file.set("draws", to: draws.count)
    for (index, draw) in draws.enumerated() { draw.write(to: &file, at: "draw.\(index).") }
  }

  mutating func restore(from file: ModelFile) throws(ModelFileError) {
    var restored = self
    restored.sweep = try file.integer("sweep", in: 0...trainer.epochs)
    restored.mean = try file.number("mean", as: Double.self)
    switch noise {
    case .normal:
      let precision: Double = try file.number("noise_precision", as: Double.self)
      guard precision > 0 else { throw file.invalid("its noise has no precision above 0") }
      restored.noise = .normal(precision: precision)
      let errors = try file.column("errors", of: Double.self, count: 3)
      restored.errors =
        restored.sweep > 0 ? WeightedErrors(sum: errors[0], squares: errors[1], weight: errors[2]) : nil
    case .ordinal(let scale, _):
      let count = scale.cutPoints.count
      restored.noise = .ordinal(
        OrdinalScale(
          levels: scale.levels, cutPoints: Array(try file.column("cut_points", of: Double.self, count: count))),
        anchor: Array(try file.column("anchor", of: Double.self, count: count)))
    }
    for index in sides.indices {
      let name = "side.\(index)."
      let rank = trainer.rank + 1
      restored.sides[index].rows = try file.factors("\(name)rows", rows: sides[index].rows.count, rank: rank)
      restored.sides[index].priors = try file.factors("\(name)priors", rows: sides[index].rows.count, rank: rank)
      restored.sides[index].values = try file.factors("\(name)values", rows: sides[index].values.count, rank: rank)
      restored.sides[index].weights = try file.floats("\(name)weights", count: sides[index].rows.count)
      guard restored.sides[index].weights.allSatisfy({ $0 > 0 }) else {
        throw file.invalid("one of its weights is not above 0")
      }
      restored.sides[index].hyperparameters = try file.floats(
        "\(name)hyperparameters", count: sides[index].hyperparameters.count)
    }
    restored.draws = []
    let like = snapshot(with: unknownUsers)
    for index in 0..<(try file.integer("draws", in: 0...trainer.epochs)) {
      restored.draws.append(
        try PosteriorDraw(from: file, at: "draw.\(index).", like: like, users: sides[0].rows.count))
    }
    self = restored
  }
}

extension PosteriorDraw {
  fileprivate func write(to file: inout ModelFile, at prefix: String) {
    file.set("\(prefix)users", to: users)
    file.set("\(prefix)user_weights", to: userWeights)
    file.set("\(prefix)items", to: items)
    file.set("\(prefix)item_weights", to: itemWeights)
    if let days { file.set("\(prefix)days", to: days) }
    file.set("\(prefix)history_weights", to: historyWeights)
    file.set("\(prefix)usual_day", to: usualDay)
    file.set("\(prefix)precisions", to: precisions)
    file.set("\(prefix)means", to: means)
    file.set("\(prefix)noise_precision", to: noisePrecision)
    file.set("\(prefix)mean", to: mean)
    file.set("\(prefix)cut_points", to: cutPoints)
  }

  /// Reads a draw of the same shape as another draw.
  fileprivate init(from file: ModelFile, at prefix: String, like other: PosteriorDraw, users: Int)
    throws(ModelFileError)
  {
    let rank = other.items.rank
    self.init(
      users: try file.factors("\(prefix)users", rows: users, rank: rank),
      userWeights: try file.floats("\(prefix)user_weights", count: users),
      items: try file.factors("\(prefix)items", rows: other.items.count, rank: rank),
      itemWeights: try file.floats("\(prefix)item_weights", count: other.items.count),
      days: other.days == nil ? nil : try file.factors("\(prefix)days", rows: other.days?.count ?? 0, rank: rank),
      historyWeights: try file.factors("\(prefix)history_weights", rows: other.historyWeights.count, rank: rank),
      usualDay: Array(try file.floats("\(prefix)usual_day", count: rank)),
      precisions: Array(try file.floats("\(prefix)precisions", count: rank)),
      means: Array(try file.floats("\(prefix)means", count: rank)),
      noisePrecision: try file.number("\(prefix)noise_precision", as: Float.self),
      mean: try file.number("\(prefix)mean", as: Float.self),
      cutPoints: Array(try file.floats("\(prefix)cut_points", count: other.cutPoints.count)))
  }
}
