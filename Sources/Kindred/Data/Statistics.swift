/// A statistical summary of a data set.
public struct Statistics: Sendable {
  /// The least, the greatest and the mean value; 0 without interactions.
  public let least, greatest, mean: Float
  /// The median number of interactions per user, and per item.
  public let typicalUser, typicalItem: Int
  /// The first and the last time; nil if the data has no times.
  public let times: ClosedRange<Timestamp>?
  /// The count of each distinct value, in rising order; of ten ranges of equal width if there are more than 20 values;
  /// of decades, such as 10 to 99, if the values are counts.
  public let histogram: [(label: String, count: Int)]
}
