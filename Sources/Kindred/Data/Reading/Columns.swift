/// The position of each role's field in a row of a file of interactions, from 0.
struct Columns: Equatable, Sendable {
  let user: Int
  let item: Int
  let value: Int?
  let time: Int?
  let kind: Int?

  subscript(role: ColumnRole) -> Int? {
    switch role {
    case .user: user
    case .item: item
    case .value: value
    case .time: time
    case .kind: kind
    }
  }

  init(user: Int, item: Int, value: Int? = nil, time: Int? = nil, kind: Int? = nil) {
    self.user = user
    self.item = item
    self.value = value
    self.time = time
    self.kind = kind
    neededCount = 1 + max(user, item, value ?? 0)
    storedCount = 1 + max(user, item, value ?? 0, time ?? 0, kind ?? 0)
  }

  init?(_ positions: [ColumnRole: Int]) {
    guard let user = positions[.user], let item = positions[.item] else { return nil }
    self.init(
      user: user, item: item, value: positions[.value], time: positions[.time], kind: positions[.kind])
  }

  /// The least number of fields in a row; the time and the kind may be missing.
  let neededCount: Int
  /// The number of fields up to the last that is read.
  let storedCount: Int
}
