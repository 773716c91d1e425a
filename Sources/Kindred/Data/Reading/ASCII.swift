extension UInt8 {
  static let lineFeed: UInt8 = 10
  static let carriageReturn: UInt8 = 13
  static let space: UInt8 = 32
  static let tab: UInt8 = 9
  static let quote: UInt8 = 34
  static let colon: UInt8 = 58
  static let backslash: UInt8 = 92
  static let zero: UInt8 = 48
  static let point: UInt8 = 46

  /// Whether this is a space or a tab.
  var isBlank: Bool { self == .space || self == .tab }
  /// Whether this is a blank or a part of a line end.
  var isSpace: Bool { isBlank || self == .lineFeed || self == .carriageReturn }
}
