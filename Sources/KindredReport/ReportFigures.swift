import Kindred

/// The drawings of a report. The numbers of each are also in its description and in a table.
struct ReportFigures {
  let report: EvaluationReport
  /// The width of the names of algorithms beside intervals and bars.
  private static let nameWidth = 112.0

  /// A value of an algorithm with its 95 % interval.
  private struct Interval {
    let name: String
    let value: Double
    let range: ClosedRange<Double>
  }

  // MARK: Intervals

  /// The errors of ratings, then the quality of lists, of the algorithms that have them.
  func intervals() -> [HTML] {
    let both = zip(report.results, report.intervals)
    let errors = both.compactMap { result, intervals in
      intervals.rootMeanSquaredError.map {
        Interval(name: result.algorithm, value: result.ratings?.rootMeanSquaredError ?? 0, range: $0)
      }
    }
    let lists = both.compactMap { result, intervals in
      intervals.ndcg(at: report.cutoffs[0]).map {
        Interval(name: result.algorithm, value: result.ranking?.mean(.ndcg, at: report.cutoffs[0]) ?? 0, range: $0)
      }
    }
    return [
      intervals("RMSE of ratings", "Lower is better.", errors.sorted { $0.value < $1.value }),
      intervals("NDCG@\(report.cutoffs[0]) of lists", "Higher is better.", lists.sorted { $0.value > $1.value }),
    ].compactMap { $0 }
  }

  private func intervals(_ title: String, _ note: String, _ rows: [Interval]) -> HTML? {
    guard !rows.isEmpty else { return nil }
    let bottom = Double(rows.count) * 27 + 6
    var plot = Plot(height: bottom + 22)
    let scale = Scale(
      holding: rows.flatMap { [$0.range.lowerBound, $0.range.upperBound] }, from: Self.nameWidth, to: 304,
      steps: 3)
    plot.horizontalAxis(scale, top: 4, bottom: bottom)
    for (index, row) in rows.enumerated() {
      let y = Double(index) * 27 + 19
      let style = index == 0 ? " first" : ""
      plot.text(row.name, 0, y + 4, .start, index == 0 ? "strong" : "")
      plot.line(scale(row.range.lowerBound), y, scale(row.range.upperBound), y, "whisker" + style)
      for end in [row.range.lowerBound, row.range.upperBound] {
        plot.line(scale(end), y - 6, scale(end), y + 6, "whisker" + style)
      }
      plot.dot(scale(row.value), y, radius: 3.2, "dot" + style)
      plot.text(figure(row.value, 3), plot.width, y + 4, .end, index == 0 ? "strong" : "")
    }
    let words = rows.map { "\($0.name) \(figure($0.value)) (\(span($0.range)))" }
    return Self.captioned(title, "\(note) The dot is the result, the line its 95 % interval.", plot, words)
  }

  // MARK: Learning curves

  /// The error of one algorithm on the validation cut, if measured, and its loss.
  func curves(_ steps: [TrainingProgress], of algorithm: String) -> [HTML] {
    let errors = steps.compactMap { step in step.validationError.map { (step.epoch, Double($0)) } }
    let losses = steps.compactMap { step in step.loss.map { (step.epoch, Double($0)) } }
    let lowest = errors.indices.min { errors[$0].1 < errors[$1].1 } ?? 0
    let isValidated = errors.count > 1
    return [
      isValidated
        ? curve(
          "\(algorithm): validation RMSE", "The dot is the lowest error; training runs that many epochs.", errors,
          marked: lowest)
        : nil,
      losses.count > 1
        ? curve(
          "\(algorithm): loss", "In units of the algorithm's own\(isValidated ? ", during validation" : "").", losses,
          marked: losses.count - 1)
        : nil,
    ].compactMap { $0 }
  }

  /// A curve; nil for a flat one, which shows nothing.
  private func curve(_ title: String, _ note: String, _ points: [(epoch: Int, value: Double)], marked: Int) -> HTML? {
    let (left, right, top, bottom) = (46.0, 350.0, 8.0, 156.0)
    var plot = Plot(height: bottom + 34)
    let values = points.map(\.value)
    let (low, high) = (values.min() ?? 0, values.max() ?? 0)
    guard low < high else { return nil }
    // The lower end leaves room for the label below the curve.
    let y = Scale(holding: [low - (high - low) * 0.2, high], from: bottom, to: top)
    let x = Scale(holding: [0] + points.map { Double($0.epoch) }, from: left, to: right, steps: 5)
    plot.verticalAxis(y, left: left, right: right)
    for tick in x.ticks where tick == tick.rounded() {
      plot.text(x.label(tick), x(tick), bottom + 15, .middle, "tick")
    }
    plot.text("epoch", (left + right) / 2, bottom + 31, .middle, "tick")
    plot.path(points.map { (x(Double($0.epoch)), y($0.value)) }, "curve")
    let point = points[marked]
    let place = x(Double(point.epoch))
    plot.dot(place, y(point.value), radius: 4, "dot first")
    let words = "\(figure(point.value)) at epoch \(point.epoch)"
    let isRight = place > (left + right) / 2
    plot.text(words, isRight ? place + 6 : place - 6, y(point.value) + 18, isRight ? .end : .start, "strong")
    let first = points[0]
    return Self.captioned(title, note, plot, ["from \(figure(first.value)) at epoch \(first.epoch) to \(words)"])
  }

  // MARK: Cost

  /// An algorithm with lists.
  private struct Cost {
    let name: String
    /// The duration of its training.
    let seconds: Double
    /// The NDCG of its lists.
    let quality: Double

    /// Whether it is at least as fast and as good as another one, and faster or better.
    func beats(_ other: Cost) -> Bool {
      seconds <= other.seconds && quality >= other.quality && (seconds < other.seconds || quality > other.quality)
    }
  }

  /// NDCG against the duration of the training; nil for fewer than two algorithms with lists.
  func cost() -> HTML? {
    let costs = report.results.compactMap { result in
      result.ranking?.mean(.ndcg, at: report.cutoffs[0]).map {
        Cost(name: result.algorithm, seconds: result.fitSeconds, quality: $0)
      }
    }
    guard costs.count > 1, costs.contains(where: { $0.quality > 0 }) else { return nil }
    let (left, right, top, bottom) = (46.0, 340.0, 8.0, 246.0)
    var plot = Plot(height: bottom + 34)
    let x = Scale(holdingSeconds: costs.map(\.seconds), from: left, to: right)
    let y = Scale(holding: [0] + costs.map(\.quality), from: bottom, to: top)
    plot.verticalAxis(y, left: left, right: right)
    plot.horizontalAxis(x, top: top, bottom: bottom)
    plot.text("training", (left + right) / 2, bottom + 31, .middle, "tick")
    var taken = costs.map { Plot.Box(aroundX: x($0.seconds), y: y($0.quality)) }
    for cost in costs.sorted(by: { $0.quality > $1.quality }) {
      let (place, height, isUnbeaten) = (x(cost.seconds), y(cost.quality), !costs.contains { $0.beats(cost) })
      plot.dot(place, height, isUnbeaten ? "dot first" : "dot")
      plot.label(cost.name, besideX: place, y: height, above: bottom, isUnbeaten ? "strong" : "", avoiding: &taken)
    }
    let words = costs.map { "\($0.name) \(figure($0.quality)) in \(duration($0.seconds))" }
    let note = "A filled dot: no other algorithm is both faster and better. Below 0.01 s, times are shown as 0.01 s."
    return Self.captioned("NDCG@\(report.cutoffs[0]) by time of training", note, plot, words, isTimed: true)
  }

  // MARK: The data

  /// How often each value occurs; nil if rows have no values, or the same one.
  func values(of data: DataOverview) -> HTML? {
    let bins = data.statistics.histogram
    guard data.hasValues, bins.count > 1 else { return nil }
    let part = (title: "\(data.count.grouped) ratings", values: bins.map { ($0.label, Double($0.count)) })
    let note = "The mean is \(fixed(Double(data.statistics.mean), 2))."
    return bars("Ratings by value", note, [part]) { count, _ in Int(count).grouped }
  }

  // MARK: Classes of users and items

  /// NDCG per class of user activity.
  func activity() -> HTML? {
    let parts = report.activityParts.map { part in
      (
        title: "\(part.name): \(span(part.activity)) ratings",
        values: report.results.compactMap { result in
          result.byActivity.first { $0.name == part.name }.map { (result.algorithm, $0.ndcg) }
        }
      )
    }
    let note = "Thirds of the users, by number of known ratings."
    return bars("NDCG@\(report.cutoffs[0]) by activity", note, parts)
  }

  /// Recall per class of item popularity.
  func popularity() -> HTML? {
    let parts = report.popularityParts.enumerated().map { index, part in
      (
        title: "\(part.name): \(part.items.grouped) items",
        values: report.results.compactMap { result in
          (result.ranking?.byPopularity[index].recall).map { (result.algorithm, $0) }
        }
      )
    }
    let note = "Thirds of all ratings, from the rarest items to the most popular."
    return bars("Recall@\(report.cutoffs[0]) by popularity", note, parts)
  }

  /// Bars in parts; nil if all values are 0.
  private func bars(
    _ title: String, _ note: String, _ parts: [(title: String, values: [(String, Double)])],
    text: (_ value: Double, _ decimals: Int) -> String = { figure($0, $1) }
  ) -> HTML? {
    let all = parts.flatMap { $0.values.map(\.1) }
    guard all.contains(where: { $0 > 0 }) else { return nil }
    let height = parts.reduce(0.0) { $0 + 34 + Double($1.values.count) * 19 }
    var plot = Plot(height: height - 8)
    let full = max(all.max() ?? 0, 1e-9)
    var y = 14.0
    for part in parts {
      plot.text(part.title, 0, y, .start, "strong")
      let best = part.values.map(\.1).max()
      for (name, value) in part.values {
        y += 19
        let isBest = value == best && value > 0
        let length = value / full * 204
        plot.text(name, 0, y)
        plot.bar(Self.nameWidth, y - 10, width: length, height: 12, isBest ? "bar first" : "bar")
        plot.text(text(value, 3), Self.nameWidth + length + 6, y, .start, isBest ? "strong" : "")
      }
      y += 34
    }
    let words = parts.map { part in
      part.title + ": " + part.values.map { "\($0.0) \(text($0.1, 4))" }.joined(separator: ", ")
    }
    return Self.captioned(title, note, plot, words)
  }

  // MARK: Calibration

  /// The ratings given against those predicted, with the diagonal on which both are equal.
  func calibration(_ bins: [RatingMetrics.CalibrationBin], of algorithm: String) -> HTML {
    let (left, right, top, bottom) = (40.0, 330.0, 26.0, 266.0)
    var plot = Plot(height: bottom + 36)
    let values = bins.flatMap { [$0.predicted, $0.given] }
    let x = Scale(holding: values, from: left, to: right)
    let y = Scale(holding: values, from: bottom, to: top)
    plot.verticalAxis(y, left: left, right: right)
    plot.horizontalAxis(x, top: top, bottom: bottom)
    plot.line(left, bottom, right, top, "diagonal")
    let most = Double(bins.map(\.count).max() ?? 1)
    for bin in bins {
      let radius = max(2, 12 * (Double(bin.count) / most).squareRoot())
      plot.dot(x(bin.predicted), y(bin.given), radius: radius, "bubble")
    }
    plot.text("predicted", (left + right) / 2, bottom + 32, .middle, "tick")
    plot.text("given", 0, 11, .start, "tick")
    let words = bins.map {
      "\(figure($0.predicted, 2)) predicted, \(figure($0.given, 2)) given, \($0.count.grouped) ratings"
    }
    return Self.captioned(algorithm, "", plot, words)
  }

  /// A figure; one that is timed differs between two runs of the same evaluation.
  private static func captioned(
    _ title: String, _ note: String, _ plot: Plot, _ words: [String], isTimed: Bool = false
  ) -> HTML {
    let kind: HTML = isTimed ? " class=\"time\"" : ""
    return """
      <figure\(kind)><figcaption><b>\(title)</b>\(note)</figcaption>
      \(plot.svg("\(title): " + words.joined(separator: "; ")))
      </figure>

      """
  }
}
