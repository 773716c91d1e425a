/// How ratings differ from what the rows say: normal noise of a precision that is drawn, or an ordinal scale whose cut points are.
enum RatingNoise: Sendable {
  case normal(precision: Double)
  case ordinal(OrdinalScale, anchor: [Double])

  /// The precision that rows are drawn with; behind an ordinal scale it is 1. Weights multiply it.
  var precision: Double {
    if case .normal(let precision) = self { return precision }
    return 1
  }
}
