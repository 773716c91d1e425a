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
      throw file.invalid("its users are folded in by a law called '\(law)', which this version does not know")
    }
  }

  func write(to file: inout ModelFile, at prefix: String) {
    switch law {
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
