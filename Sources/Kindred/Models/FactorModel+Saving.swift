extension FactorModel {
  public static let kind = ModelKind.factors

  public init(from file: ModelFile, at prefix: String) throws(ModelFileError) {
    let limit = Int(Int32.max)
    let rank = try file.integer("\(prefix)rank", in: 0...4096)
    let users = try file.factors(
      "\(prefix)users", rows: try file.integer("\(prefix)users", in: 0...limit), rank: rank)
    let items = try file.factors(
      "\(prefix)items", rows: try file.integer("\(prefix)items", in: 0...limit), rank: rank)
    self.init(
      mean: try file.number("\(prefix)mean", as: Float.self), foldIn: try FoldIn(from: file, at: prefix),
      users: users, userBiases: try file.floats("\(prefix)user_biases", count: users.count),
      items: items, itemBiases: try file.floats("\(prefix)item_biases", count: items.count), using: Parallel())
  }

  public func write(to file: inout ModelFile, at prefix: String) {
    file.set("\(prefix)rank", to: rank)
    file.set("\(prefix)mean", to: mean)
    file.set("\(prefix)users", to: users.count)
    file.set("\(prefix)items", to: items.count)
    file.set("\(prefix)users", to: users)
    file.set("\(prefix)items", to: items)
    file.set("\(prefix)user_biases", to: userBiases)
    file.set("\(prefix)item_biases", to: itemBiases)
    foldIn.write(to: &file, at: prefix)
  }
}

extension FoldIn {
  init(from file: ModelFile, at prefix: String) throws(ModelFileError) {
    let number = { (name: String) throws(ModelFileError) -> Float in
      let value: Float = try file.number("\(prefix)\(name)", as: Float.self)
      guard value >= 0 else { throw file.invalid("its \(prefix)\(name) is negative") }
      return value
    }
    switch try file.text("\(prefix)fold_in") {
    case "none":
      self = .none
    case "ridge":
      let hasBias = file["\(prefix)bias_scale"] != nil
      self = .ridge(
        regularization: try number("regularization"), exponent: try number("exponent"),
        biasScale: hasBias ? try number("bias_scale") : nil)
    case "implicit":
      self = .implicit(
        regularization: try number("regularization"), unobservedWeight: try number("unobserved_weight"),
        weighted: try file.text("\(prefix)weighted") == "true")
    case "gaussian":
      self = .gaussian(try Posterior(from: file, at: prefix))
    case let law:
      throw file.invalid("its people are folded in by a law called '\(law)', which this version does not know")
    }
  }

  func write(to file: inout ModelFile, at prefix: String) {
    switch self {
    case .none:
      file.set("\(prefix)fold_in", to: "none")
    case .ridge(let regularization, let exponent, let biasScale):
      file.set("\(prefix)fold_in", to: "ridge")
      file.set("\(prefix)regularization", to: regularization)
      file.set("\(prefix)exponent", to: exponent)
      if let biasScale { file.set("\(prefix)bias_scale", to: biasScale) }
    case .implicit(let regularization, let unobservedWeight, let weighted):
      file.set("\(prefix)fold_in", to: "implicit")
      file.set("\(prefix)regularization", to: regularization)
      file.set("\(prefix)unobserved_weight", to: unobservedWeight)
      file.set("\(prefix)weighted", to: weighted ? "true" : "false")
    case .gaussian(let posterior):
      file.set("\(prefix)fold_in", to: "gaussian")
      posterior.write(to: &file, at: prefix)
    }
  }
}

extension RatingModel {
  public static let kind = ModelKind.ratings

  public init(from file: ModelFile, at prefix: String) throws(ModelFileError) {
    var scale: ClosedRange<Float>?
    if file["\(prefix)least"] != nil {
      let least: Float = try file.number("\(prefix)least", as: Float.self)
      let greatest: Float = try file.number("\(prefix)greatest", as: Float.self)
      guard least <= greatest else { throw file.invalid("its scale of ratings is from \(least) to \(greatest)") }
      scale = least...greatest
    }
    self.init(factors: try FactorModel(from: file, at: prefix), scale: scale)
  }

  public func write(to file: inout ModelFile, at prefix: String) {
    factors.write(to: &file, at: prefix)
    if let scale {
      file.set("\(prefix)least", to: scale.lowerBound)
      file.set("\(prefix)greatest", to: scale.upperBound)
    }
  }
}
