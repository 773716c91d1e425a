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

/// The columns that a caller names: `user=1,item=2,value=3,time=4`, each by its position from 1 or its name in the header.
struct ColumnRequest: Equatable, Sendable {
  enum Place: Equatable, Sendable {
    case position(Int)
    case name(String)
  }

  private(set) var places: [ColumnRole: Place] = [:]

  var usesNames: Bool {
    places.values.contains { if case .name = $0 { true } else { false } }
  }

  init(parsing text: String) throws(ReadError) {
    func failure(_ reason: String) -> ReadError {
      ReadError(.badRequest, file: "", reason: "columns '\(text)': \(reason); write user=1,item=2,value=3,time=4")
    }
    var taken: [String: ColumnRole] = [:]
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { trimmed($0) }
      guard sides.count == 2, let role = ColumnRole.allCases.first(where: { $0.name == sides[0] }) else {
        throw failure("'\(part)' is not a role and a column")
      }
      guard !sides[1].isEmpty, places[role] == nil else { throw failure("'\(sides[0])' needs one column") }
      guard taken.updateValue(role, forKey: sides[1]) == nil else { throw failure("a column has two roles") }
      if let position = Int(sides[1]) {
        guard position >= 1, position <= RowScanner.mostColumns else { throw failure("positions count from 1") }
        places[role] = .position(position - 1)
      } else {
        places[role] = .name(sides[1])
      }
    }
    guard places[.user] != nil, places[.item] != nil else { throw failure("both user and item are needed") }
  }
}
