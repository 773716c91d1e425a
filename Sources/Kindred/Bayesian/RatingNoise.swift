/// The distribution of ratings around the fits: normal noise with a precision, or an ordinal scale with cut points;
/// both are drawn.
enum RatingNoise: Sendable {
  case normal(precision: Double)
  case ordinal(OrdinalScale, anchor: [Double])

  /// The precision that rows are drawn with; 1 with an ordinal scale. The rows' weights multiply it.
  var precision: Double {
    if case .normal(let precision) = self { return precision }
    return 1
  }
}
