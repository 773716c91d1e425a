extension Int {
  /// The digits in groups of three, the same in every language: 43,120.
  package var grouped: String {
    var text = ""
    let digits = String(magnitude)
    for (position, digit) in digits.enumerated() {
      if position > 0, (digits.count - position) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return self < 0 ? "-" + text : text
  }
}
