/// The unit of time in models: whole days since 1970-01-01, UTC.
public enum Day {
  /// The seconds in a day.
  static let seconds: Timestamp = 86_400
  /// The value of a day that is not known.
  public static let unknown = Int32.min

  /// Returns the day of a time, clamped to the range of `Int32`.
  public static func number(_ time: Timestamp) -> Int32 {
    Int32(clamping: time >= 0 ? time / seconds : (time / seconds) - 1)
  }
}
