/// Days since 1970 in universal time, as the day feature counts them.
enum Day {
  static let seconds: Timestamp = 86_400
  static let unknown = Int32.min

  static func number(_ time: Timestamp) -> Int32 {
    Int32(clamping: time >= 0 ? time / seconds : (time / seconds) - 1)
  }
}
