/// The meaning that a reader gave to the columns of a file.
public struct ColumnReport: Sendable, Equatable {
  /// A column with a role.
  public struct Column: Sendable, Equatable {
    /// The role: `user`, `item`, `value`, `time` or `kind`.
    public var role: String
    /// The name in the header, the key in JSON, or `column 3`.
    public var name: String
  }

  /// The columns that were read, by role.
  public var columns: [Column] = []
  /// The names of the columns that were not read.
  public var unused: [String] = []
  /// Whether the first line was taken for a header.
  public var hasHeader = false
  /// How times are written, such as `milliseconds since 1970`; nil without a column of times.
  public var timeUnit: String?
  /// The sentences about what was understood that are not plain from the columns.
  public var remarks: [String] = []
  /// Whether the file is a table, which may have a header.
  var isTable = true
  /// Whether the values are yes or no.
  public var isTruth = false
  /// The unused columns that hold numbers, and those that hold times.
  var unusedValues: [String] = []
  var unusedTimes: [String] = []

  /// Creates an empty report.
  public init() {}

  /// The kind of the events that the values count, such as `purchase`; nil without values, or if they may be ratings.
  package var countedKind: String? {
    isTruth ? nil : columns.first { $0.role == ColumnRole.value.name }.flatMap { ColumnRole.countedKind($0.name) }
  }

  init(_ columns: Columns, names: [String], contents: [ColumnContent], hasHeader: Bool) {
    self.hasHeader = hasHeader
    func name(_ column: Int) -> String { column < names.count ? names[column] : "column \(column + 1)" }
    for role in ColumnRole.allCases {
      if let column = columns[role] { self.columns.append(Column(role: role.name, name: name(column))) }
    }
    let used = Set(ColumnRole.allCases.compactMap { columns[$0] })
    for column in names.indices where !used.contains(column) && contents[column].kind != .empty {
      unused.append(names[column].isEmpty ? "column \(column + 1)" : names[column])
      if contents[column].isTime {
        unusedTimes.append(name(column))
      } else if [.whole, .decimals, .truths].contains(contents[column].kind) {
        unusedValues.append(name(column))
      }
    }
  }

  init(_ names: [ColumnRole: String], unused: [String]) {
    columns = ColumnRole.allCases.compactMap { role in names[role].map { Column(role: role.name, name: $0) } }
    self.unused = unused
    isTable = false
  }

  /// Gives the columns the names of what the file has in their place.
  mutating func rename(_ places: [ColumnRole: String]) {
    for index in columns.indices {
      for (role, name) in places where role.name == columns[index].role { columns[index].name = name }
    }
    isTable = false
    hasHeader = false
  }

  /// Returns the `--columns` line that also reads an unused column in a role; nil if none looks like it.
  private func cure(_ role: ColumnRole) -> String? {
    guard !columns.contains(where: { $0.role == role.name }) else { return nil }
    guard let name = (role == .time ? unusedTimes : unusedValues).first else { return nil }
    func place(_ name: String) -> String {
      name.hasPrefix("column ") ? String(name.dropFirst("column ".count)) : name
    }
    let parts = columns.map { "\($0.role)=\(place($0.name))" } + ["\(role.name)=\(place(name))"]
    return "--columns \(parts.joined(separator: ","))"
  }

  /// The `--columns` line that reads an unused column as the time; nil if none looks like times.
  public var columnsWithTime: String? { cure(.time) }
  /// The `--columns` line that reads an unused column as the value; nil if none holds numbers.
  public var columnsWithValue: String? { cure(.value) }

  /// Whether the columns are those of a file of items or users rather than of ratings.
  package func describes(_ subject: Catalog.Subject) -> Bool {
    let names = columns.map(\.name) + unused
    let places = ColumnRole.places(in: names)
    switch subject {
    case .items:
      return columns.count > 1 && places[.user] == nil
    case .users:
      // A user with a value is a rating whose item is missing.
      return (hasHeader || !isTable) && names.count > 1 && places[.item] == nil && places[.value] == nil
    }
  }

  /// The meaning of the columns in one line.
  public var description: String {
    var parts = columns.map { column in
      let unit = column.role == "time" ? timeUnit.map { " (\($0))" } ?? "" : ""
      return "\(column.role) = \(column.name)\(unit)"
    }
    let holdsEvents = columns.contains { $0.role == "user" } && columns.contains { $0.role == "item" }
    if holdsEvents, !columns.contains(where: { $0.role == "value" }) { parts.append("no value") }
    var text = parts.joined(separator: ", ")
    if isTable { text += hasHeader ? "; line 1 is the header" : "; no header" }
    if !unused.isEmpty {
      let shown = unused.prefix(12).map { $0.shown() } + (unused.count > 12 ? ["\(unused.count - 12) more"] : [])
      text += "; \(holdsEvents ? "not used" : "attributes"): \(shown.joined(separator: ", "))"
    }
    return text
  }
}
