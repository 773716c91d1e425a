/// A caller's assignment of a file's columns to roles.
///
///     reader.columns = ColumnRequest(user: 1, item: 2, value: "stars")
public struct ColumnRequest: Equatable, Sendable {
  /// The place of a column: a position from 1, or a name in the header; JSON Lines have only names, their keys.
  public enum Place: Equatable, Sendable, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    /// The position of the column, 1 for the first.
    case position(Int)
    /// The name of the column in the header, or the key in JSON.
    case name(String)

    /// Creates a place from a position.
    public init(integerLiteral position: Int) { self = .position(position) }
    /// Creates a place from a name.
    public init(stringLiteral name: String) { self = .name(name) }
  }

  private(set) var places: [ColumnRole: Place] = [:]
  /// The order of day and month in dates such as `12/1/2010`; nil recognises it.
  var dayOrder: TimeForm.DayOrder?

  var usesNames: Bool {
    places.values.contains { if case .name = $0 { true } else { false } }
  }

  /// Creates a request; a column that is nil is not read.
  ///
  /// - Parameters:
  ///   - user: The column of user ids.
  ///   - item: The column of item ids.
  ///   - value: The column of ratings, or other values.
  ///   - time: The column of times.
  ///   - kind: The column of kinds of feedback.
  /// - Precondition: Positions are from 1 to 4,096, and no column has two roles.
  public init(user: Place, item: Place, value: Place? = nil, time: Place? = nil, kind: Place? = nil) {
    let wanted: [(ColumnRole, Place?)] = [
      (.user, user), (.item, item), (.value, value), (.time, time), (.kind, kind),
    ]
    for (role, place) in wanted {
      guard let place else { continue }
      if case .position(let position) = place {
        precondition((1...RowScanner.mostColumns).contains(position), "columns count from 1")
      }
      precondition(!places.values.contains(place), "a column has two roles")
      places[role] = place
    }
  }

  /// Parses a request such as `user=1,item=2,value=3,time=4`.
  ///
  /// - Parameter text: Pairs of a role (`user`, `item`, `value`, `time`, `kind`) and a column, which is a position from
  ///   1 or a name in the header. `time=4:mdy` reads dates such as `12/1/2010` with the month first, `time=4:dmy` with
  ///   the day first.
  /// - Throws: ``ReadError`` of the category ``ReadError/Category/badRequest``.
  public init(parsing text: String) throws(ReadError) {
    func failure(_ reason: String) -> ReadError {
      ReadError(.badRequest, file: "", reason: "columns '\(text)': \(reason); write user=1,item=2,value=3,time=4")
    }
    var taken: [String: ColumnRole] = [:]
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      var sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { trimmed($0) }
      guard sides.count == 2, let role = ColumnRole.allCases.first(where: { $0.name == sides[0] }) else {
        throw failure("'\(part)' is not a role and a column")
      }
      if role == .time, let colon = sides[1].lastIndex(of: ":"),
        let order = TimeForm.DayOrder(rawValue: String(sides[1][sides[1].index(after: colon)...]))
      {
        dayOrder = order
        sides[1] = String(sides[1][..<colon])
      }
      guard !sides[1].isEmpty, places[role] == nil else { throw failure("'\(sides[0])' needs one column") }
      guard taken.updateValue(role, forKey: sides[1]) == nil else { throw failure("a column has two roles") }
      if let position = Int(sides[1]) {
        guard position >= 1, position <= RowScanner.mostColumns else { throw failure("positions count from 1") }
        places[role] = .position(position)
      } else {
        places[role] = .name(sides[1])
      }
    }
    guard places[.user] != nil, places[.item] != nil else { throw failure("both user and item are needed") }
  }
}
