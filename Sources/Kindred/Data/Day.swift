/// Days since 1970 in universal time, as models that look at time count them.
public enum Day {
  static let seconds: Timestamp = 86_400
  /// What stands for a day that is not known.
  public static let unknown = Int32.min

  /// The day of a time.
  public static func number(_ time: Timestamp) -> Int32 {
    Int32(clamping: time >= 0 ? time / seconds : (time / seconds) - 1)
  }
}
