/// The unit of time in models: whole days since 1970-01-01, UTC.
public enum Day {
  /// The microseconds in a day.
  static let microseconds: Timestamp = 86_400_000_000
  /// The value of a day that is not known.
  public static let unknown = Int32.min

  /// Returns the day of a time; ``unknown`` for ``History/unknownTime``.
  public static func number(_ time: Timestamp) -> Int32 {
    if time == History.unknownTime { return unknown }
    let (days, rest) = time.quotientAndRemainder(dividingBy: microseconds)
    return Int32(rest < 0 ? days - 1 : days)
  }

  /// Returns the first moment of a day; nil for ``unknown``.
  static func start(of day: Int32) -> Timestamp? { day == unknown ? nil : Timestamp(day) * microseconds }
}
