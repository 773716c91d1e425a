import Foundation

/// An axis: maps values to coordinates along one side of a drawing.
struct Scale {
  /// The values of the ticks, from the start of the axis to its end, at equal distances.
  let ticks: [Double]
  /// The coordinates of the first and the last tick.
  let places: (start: Double, end: Double)
  /// The decimals of ticks; nil on an axis of durations.
  private let decimals: Int?

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

  /// The least duration that has a place of its own on an axis, in seconds.
  static let leastDuration = 0.01

  /// Makes a logarithmic axis that holds all the durations, with a tick at each power of ten seconds.
  init(holdingSeconds seconds: [Double], from start: Double, to end: Double) {
    let powers = seconds.map { log10(max(Self.leastDuration, $0)) }
    let low = Int(floor((powers.min() ?? 0) + 1e-9))
    let high = max(low + 1, Int(ceil((powers.max() ?? 0) - 1e-9)))
    ticks = (low...high).map { pow(10, Double($0)) }
    places = (start, end)
    decimals = nil
  }

  /// The coordinate of a value.
  func callAsFunction(_ value: Double) -> Double {
    let (low, high) = (measure(ticks[0]), measure(ticks[ticks.count - 1]))
    return places.start + (measure(value) - low) / (high - low) * (places.end - places.start)
  }

  private func measure(_ value: Double) -> Double { decimals == nil ? log10(max(Self.leastDuration, value)) : value }

  /// A tick as text, with as many decimals as the steps need.
  func label(_ tick: Double) -> String { decimals.map { fixed(tick, $0) } ?? duration(tick) }
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

  /// A rectangle of a drawing.
  struct Box {
    let x, y: ClosedRange<Double>

    init(x: ClosedRange<Double>, y: ClosedRange<Double>) { (self.x, self.y) = (x, y) }

    /// The rectangle that a dot takes.
    init(aroundX x: Double, y: Double) { self.init(x: (x - 6)...(x + 6), y: (y - 6)...(y + 6)) }

    func overlaps(_ other: Box) -> Bool { x.overlaps(other.x) && y.overlaps(other.y) }
  }

  /// Writes a label to the right or the left of a dot, where nothing else is if there is such a place.
  ///
  /// - Parameters:
  ///   - bottom: The lowest coordinate of labels.
  ///   - taken: What is in the drawing already; the label is added.
  mutating func label(
    _ text: String, besideX x: Double, y: Double, above bottom: Double, _ style: String, avoiding taken: inout [Box]
  ) {
    let length = Double(text.count) * 6.6
    let shifts: [Double] = [0, -12, 12, -24, 24]
    let places = shifts.flatMap { shift -> [Box] in
      let height = (y + shift - 6)...(y + shift + 6)
      return [x + 9, x - 9 - length].map { Box(x: $0...($0 + length), y: height) }
    }
    let free = places.first { place in
      place.x.lowerBound >= 0 && place.x.upperBound <= width && place.y.upperBound <= bottom
        && !taken.contains { $0.overlaps(place) }
    }
    let place = free ?? places[0]
    taken.append(place)
    let isLeft = place.x.lowerBound < x
    self.text(
      text, isLeft ? place.x.upperBound : place.x.lowerBound, place.y.upperBound - 2, isLeft ? .end : .start, style)
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
