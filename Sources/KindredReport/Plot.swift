import Foundation

/// A linear axis: maps values to coordinates along one side of a drawing.
struct Scale {
  /// The values of the ticks, at equal steps from the start of the axis to its end.
  let ticks: [Double]
  /// The coordinates of the first and the last tick.
  let places: (start: Double, end: Double)
  private let decimals: Int

  /// Makes an axis that holds all the values, in about `steps` steps of 1, 2 or 5 times a power of ten.
  init(holding values: [Double], from start: Double, to end: Double, steps: Int = 4) {
    let low = values.min() ?? 0
    let high = max(values.max() ?? 1, low + max(abs(low) * 1e-3, 1e-6))
    let rough = (high - low) / Double(steps)
    let power = pow(10, floor(log10(rough)))
    let step = ([1.0, 2, 5, 10].first { $0 * power >= rough * 0.999 } ?? 10) * power
    let range = Int(floor(low / step + 1e-9))...Int(ceil(high / step - 1e-9))
    ticks = range.map { Double($0) * step }
    places = (start, end)
    decimals = max(0, Int(-floor(log10(step) + 1e-9)))
  }

  /// The coordinate of a value.
  func callAsFunction(_ value: Double) -> Double {
    let (low, high) = (ticks[0], ticks[ticks.count - 1])
    return places.start + (value - low) / (high - low) * (places.end - places.start)
  }

  /// A tick as text, with as many decimals as the steps need.
  func label(_ tick: Double) -> String { fixed(tick, decimals) }
}

/// A drawing of lines, marks and text. One unit is about one pixel on a phone.
struct Plot {
  enum Anchor: String { case start, middle, end }

  let width: Double
  let height: Double
  private var marks: [HTML] = []

  init(width: Double = 360, height: Double) {
    self.width = width
    self.height = height
  }

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) {
    marks.append("<path class=\"\(style)\" d=\"M\(at: x1) \(at: y1)L\(at: x2) \(at: y2)\"/>")
  }

  mutating func path(_ points: [(x: Double, y: Double)], _ style: String) {
    let places = points.enumerated().map { index, point -> HTML in
      "\(index == 0 ? "M" : "L")\(at: point.x) \(at: point.y)"
    }
    marks.append("<path class=\"\(style)\" d=\"\(places)\"/>")
  }

  mutating func dot(_ x: Double, _ y: Double, radius: Double = 4.5, _ style: String) {
    marks.append("<circle class=\"\(style)\" cx=\"\(at: x)\" cy=\"\(at: y)\" r=\"\(at: radius)\"/>")
  }

  mutating func bar(_ x: Double, _ y: Double, width: Double, height: Double, _ style: String) {
    marks.append(
      """
      <rect class="\(style)" x="\(at: x)" y="\(at: y)" width="\(at: max(0.5, width))" height="\(at: height)"/>
      """)
  }

  mutating func text(_ text: String, _ x: Double, _ y: Double, _ anchor: Anchor = .start, _ style: String = "") {
    let anchor: HTML = anchor == .start ? "" : " text-anchor=\"\(anchor.rawValue)\""
    let style: HTML = style.isEmpty ? "" : " class=\"\(style)\""
    marks.append("<text x=\"\(at: x)\" y=\"\(at: y)\"\(anchor)\(style)>\(text)</text>")
  }

  /// Draws vertical lines at the ticks of an axis, from `top` to `bottom`, with their values below.
  mutating func horizontalAxis(_ scale: Scale, top: Double, bottom: Double) {
    for tick in scale.ticks {
      line(scale(tick), top, scale(tick), bottom, "grid")
      text(scale.label(tick), scale(tick), bottom + 15, .middle, "tick")
    }
  }

  /// Draws horizontal lines at the ticks of an axis, from `left` to `right`, with their values on the left.
  mutating func verticalAxis(_ scale: Scale, left: Double, right: Double) {
    for tick in scale.ticks {
      line(left, scale(tick), right, scale(tick), "grid")
      text(scale.label(tick), left - 6, scale(tick) + 4, .end, "tick")
    }
  }

  /// The drawing as SVG, with a description for screen readers.
  func svg(_ description: String) -> HTML {
    """
    <svg viewBox="0 0 \(at: width) \(at: height)" role="img" aria-label="\(description)">\(marks)</svg>
    """
  }
}
