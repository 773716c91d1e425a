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
