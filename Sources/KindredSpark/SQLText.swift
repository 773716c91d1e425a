#if Spark
  /// Text that is put into SQL.
  enum SQLText {
    /// A name of a column or view.
    static func name(_ name: String) -> String {
      "`\(name.split(separator: "`", omittingEmptySubsequences: false).joined(separator: "``"))`"
    }

    /// A literal.
    static func literal(_ text: String) -> String {
      var escaped = "'"
      for character in text.unicodeScalars {
        if character == "'" || character == "\\" { escaped += "\\" }
        escaped.unicodeScalars.append(character)
      }
      return escaped + "'"
    }

    /// A literal of a number, to its last digit.
    static func literal(_ number: Double) -> String { "\(number)D" }
    static func literal(_ number: Float) -> String { "CAST(\(number)D AS FLOAT)" }
    static func array(_ numbers: [Float]) -> String { "array(\(numbers.map { "\($0)D" }.joined(separator: ",")))" }
  }
#endif
