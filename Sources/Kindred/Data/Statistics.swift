/// What a data set looks like.
public struct Statistics: Sendable {
  /// The least, the greatest and the mean value; 0 without interactions.
  public let least, greatest, mean: Float
  /// How many interactions the user in the middle has, and the item in the middle.
  public let typicalUser, typicalItem: Int
  /// The first and the last time; nil where times are unknown.
  public let times: ClosedRange<Timestamp>?
  /// How often each value occurs, in rising order; where there are more than 20 values, ten ranges of equal width.
  public let histogram: [(label: String, count: Int)]
}
