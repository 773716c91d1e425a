/// Where the columns of a rating file are: the position of each role's field in a row, from 0.
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
    neededCount = 1 + max(user, item, value ?? 0, time ?? 0)
  }

  init?(_ positions: [ColumnRole: Int]) {
    guard let user = positions[.user], let item = positions[.item] else { return nil }
    self.init(
      user: user, item: item, value: positions[.value], time: positions[.time], kind: positions[.kind])
  }

  /// The fewest fields that a row must have.
  let neededCount: Int
}
