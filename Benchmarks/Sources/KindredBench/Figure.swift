import Foundation

/// One line of the table: samples of a quantity.
struct Figure: Sendable {
  /// What was done.
  var name: String
  var samples: [Double]
  var unit: String
  /// The floating-point operations behind one nanosecond's unit, where a share of the machine's peak means something.
  var operations: Double?
  /// The bytes behind one second's unit.
  var bytes: Double?

  var median: Double {
    let sorted = samples.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  /// The share of what the machine did at most in the same run.
  func share(of machine: Machine) -> Double? {
    if let operations { return operations / median / machine.gigaflops }
    if let bytes { return bytes / median / (machine.gigabytes * 1e9) }
    return nil
  }

  func json(of name: String, _ machine: Machine) throws -> String {
    var object: [String: any Encodable & Sendable] = [
      "case": name, "name": self.name, "unit": unit, "median": median, "minimum": samples.min() ?? 0,
      "maximum": samples.max() ?? 0,
    ]
    if let share = share(of: machine) { object["share"] = share }
    let data = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])
    return String(decoding: data, as: UTF8.self)
  }
}

/// Figures in columns.
struct FigureTable {
  let machine: Machine
  private var rows = [["case", "work", "median", "min", "max", "unit", "of peak"]]

  init(machine: Machine) { self.machine = machine }

  mutating func add(_ figure: Figure, of name: String) {
    rows.append([
      name, figure.name, Self.shown(figure.median), Self.shown(figure.samples.min() ?? 0),
      Self.shown(figure.samples.max() ?? 0), figure.unit,
      figure.share(of: machine).map { String(format: "%.0f %%", 100 * $0) } ?? "",
    ])
  }

  var text: String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let isNumber = [false, false, true, true, true, false, true]
    return rows.map { row in
      row.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return isNumber[column] ? space + row[column] : row[column] + space
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  private static func shown(_ value: Double) -> String {
    String(format: value < 1 ? "%.4f" : value < 100 ? "%.2f" : "%.0f", value)
  }
}
