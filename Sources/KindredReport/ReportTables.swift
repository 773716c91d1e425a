import Kindred

/// The tables of a report.
struct ReportTables {
  let report: EvaluationReport

  /// A column of figures, one row per algorithm.
  private struct Column {
    enum Best { case lowest, highest }
    let title: String
    var best: Best? = .highest
    var decimals = 4
    var interval: ((Evaluation.Intervals) -> ClosedRange<Double>?)?
    let value: (Evaluation) -> Double?
  }

  // MARK: Results

  /// A table of rating errors and MRR, then one table per cutoff; those behind the first are folded.
  func results() -> HTML {
    let errors = table("Rating errors, and MRR of whole lists", errorColumns, isNarrow: true)
    let lists = report.cutoffs.enumerated().map { number, cutoff in
      let (title, table) = ("Lists of \(cutoff)", table("Lists of \(cutoff)", listColumns(cutoff)))
      return number == 0 ? table : Self.folded(title, table)
    }
    return HTML([errors] + lists)
  }

  private var errorColumns: [Column] {
    [
      Column(title: "RMSE", best: .lowest, interval: \.rootMeanSquaredError) { $0.ratings?.rootMeanSquaredError },
      Column(title: "MAE", best: .lowest, interval: \.meanAbsoluteError) { $0.ratings?.meanAbsoluteError },
      Column(title: "MRR") { $0.ranking?.meanReciprocalRank },
    ]
  }

  private func listColumns(_ cutoff: Int) -> [Column] {
    func column(_ title: String, _ metric: RankingMetrics.Metric) -> Column {
      Column(title: title) { $0.ranking?.mean(metric, at: cutoff) }
    }
    var ndcg = column("NDCG", .ndcg)
    ndcg.interval = { $0.ndcg(at: cutoff) }
    var recall = column("recall", .recall)
    recall.interval = { $0.recall(at: cutoff) }
    return [
      ndcg, recall, column("recall_min", .recallMin), column("precision", .precision), column("MAP", .map),
      column("hit rate", .hitRate), column("MRR", .mrr),
      Column(title: "coverage") { $0.ranking?.coverage(at: cutoff) },
      Column(title: "Gini", best: .lowest) { $0.ranking?.gini(at: cutoff) },
      Column(title: "novelty", best: nil, decimals: 2) { $0.ranking?.novelty(at: cutoff) },
    ]
  }

  private func table(_ title: String, _ columns: [Column], isNarrow: Bool = false) -> HTML {
    let cells = columns.map { column in
      let values = report.results.map { column.value($0) }
      let texts = values.map { figure($0, column.decimals) }
      let known = values.compactMap { $0 }
      let best = column.best == .lowest ? known.min() : known.max()
      let isContest = Set(texts).subtracting([figure(nil)]).count > 1
      return zip(zip(texts, values), report.intervals).map { cell, intervals -> HTML in
        let isBest = isContest && column.best != nil && cell.1 != nil && cell.0 == figure(best, column.decimals)
        let number: HTML = isBest ? "<strong>\(cell.0)<i> best</i></strong>" : "\(cell.0)"
        let range = cell.1 == nil ? nil : column.interval?(intervals)
        return "<td>\(number)\(range.map { ["<small>\(span($0))</small>"] } ?? [])</td>"
      }
    }
    let rows = report.results.indices.map { row in
      Self.row(report.results[row].algorithm, cells.map { $0[row] })
    }
    return Self.table(title, ["algorithm"] + columns.map { "\($0.title)" }, rows, isNarrow: isNarrow)
  }

  /// NDCG of users with and without a training event and of shuffled histories, and the share of disliked items.
  func listParts() -> HTML {
    let parts = report.listParts
    let rows = report.results.filter { $0.ranking != nil }.map { result in
      Self.row(result.algorithm, parts.map { Self.cell(figure($0.value(result))) })
    }
    return Self.table(
      "Lists of \(report.cutoffs[0]): \(report.listPartsTitle.lowercased())",
      ["algorithm"] + parts.map { "\($0.title)" }, rows,
      isNarrow: true)
  }

  /// NDCG and recall of items with and without training ratings.
  func itemParts() -> HTML {
    let cutoff = report.cutoffs[report.cutoffs.count - 1]
    let lists = EvaluationReport.itemLists
    let header = lists.flatMap { list -> [HTML] in ["\(list.title): NDCG@\(cutoff)", "recall@\(cutoff)"] }
    let rows = report.results.compactMap { result in
      result.itemParts.map { parts in
        Self.row(
          result.algorithm,
          lists.flatMap { list in
            [RankingMetrics.Metric.ndcg, .recall].map {
              Self.cell(figure(parts[keyPath: list.lists].mean($0, at: cutoff)))
            }
          })
      }
    }
    return Self.table("Lists of \(cutoff) by item", ["algorithm"] + header, rows, isNarrow: true)
  }

  // MARK: Classes of users and items

  /// NDCG per class of user activity.
  func activity() -> HTML {
    let parts = report.activityParts
    let rows = report.results.filter { $0.ranking != nil }.map { result in
      Self.row(
        result.algorithm,
        parts.map { part in Self.cell(figure(result.byActivity.first { $0.name == part.name }?.ndcg)) })
    }
    let columns = parts.map { part -> HTML in
      "\(part.name)<small>\(part.userCount.grouped) users</small><small>\(span(part.activity)) ratings</small>"
    }
    let table = Self.table("NDCG@\(report.cutoffs[0]) by activity", ["algorithm"] + columns, rows, isNarrow: true)
    return Self.folded("By activity, in numbers", table)
  }

  /// Recall per class of item popularity.
  func popularity() -> HTML {
    let parts = report.popularityParts
    let rows = report.results.filter { $0.ranking != nil }.map { result in
      Self.row(result.algorithm, (result.ranking?.byPopularity ?? []).map { Self.cell(figure($0.recall)) })
    }
    let columns = parts.map { part -> HTML in
      "\(part.name)<small>\(part.items.grouped) items</small><small>\(part.relevant.grouped) relevant</small>"
    }
    let table = Self.table("Recall@\(report.cutoffs[0]) by popularity", ["algorithm"] + columns, rows, isNarrow: true)
    return Self.folded("By popularity, in numbers", table)
  }

  // MARK: Uncertainty

  /// The difference of each algorithm from the best, in one metric.
  func differences(_ name: String, _ standing: Standing, note: String) -> HTML {
    let rows = report.results.compactMap { result in
      standing.comparisons[result.algorithm].map { comparison in
        Self.row(
          result.algorithm,
          [figure(comparison.difference), comparison.interval.map { span($0) } ?? figure(nil)].map(Self.cell)
            + [comparison.bootstrapP, comparison.wilcoxonP].map { Self.cell(chance($0)) })
      }
    }
    return Self.table(
      "\(name), difference from \(standing.best)", note: note,
      ["algorithm", "difference", "95 % interval", "p, bootstrap", "p, Wilcoxon"], rows, isNarrow: true)
  }

  // MARK: The numbers of the drawings

  func curve(_ steps: [TrainingProgress], of algorithm: String) -> HTML {
    let hasError = steps.contains { $0.validationError != nil }
    let rows = steps.map { step in
      Self.row(
        String(step.epoch),
        [Self.cell(figure(step.loss.map { Double($0) }))]
          + (hasError ? [Self.cell(figure(step.validationError.map { Double($0) }))] : []))
    }
    let header: [HTML] = ["epoch", "loss"] + (hasError ? ["validation RMSE"] : [])
    let table = Self.table(algorithm, header, rows, isNarrow: true)
    return Self.folded("\(algorithm), per epoch", table)
  }

  func calibration(_ bins: [RatingMetrics.CalibrationBin], of algorithm: String) -> HTML {
    let rows = bins.map { bin in
      Self.row(figure(bin.predicted, 2), [figure(bin.given, 2), bin.count.grouped].map(Self.cell))
    }
    let table = Self.table(algorithm, ["predicted", "given", "ratings"], rows, isNarrow: true)
    return Self.folded("\(algorithm), in numbers", table)
  }

  /// The parameters, epochs and times of each algorithm.
  func settings() -> HTML {
    let rows = report.results.map { result in
      let settings = result.parameters.sorted { $0.key < $1.key }.map { "\($0.key)\u{A0}=\u{A0}\($0.value)" }
      let text = settings.isEmpty ? figure(nil) : settings.joined(separator: ", ")
      let seconds = [result.fitSeconds, result.recommendSeconds].map { duration($0) }
      return Self.row(
        result.algorithm,
        ["<td class=\"text\">\(text)</td>", Self.cell(result.epochs.grouped)]
          + seconds.map { "<td class=\"time\">\($0)</td>" })
    }
    return Self.table(
      "Parameters, epochs and times",
      ["algorithm", "<span class=\"text\">parameters</span>", "epochs", "training", "lists"], rows)
  }

  // MARK: The data and its users

  /// What the data set holds.
  func overview(_ data: DataOverview) -> HTML {
    let fingerprint = data.fingerprint.map { [(name: "fingerprint", text: "\($0), equal for equal ratings")] } ?? []
    let rows = (data.rows + fingerprint).map { Self.row($0.name, ["<td class=\"text\">\($0.text)</td>"]) }
    return Self.table("What the data holds", ["quantity", "<span class=\"text\">value</span>"], rows, isNarrow: true)
  }

  /// The lists of a user, one row per algorithm, with the held-out items marked.
  func lists(of user: ExampleUser) -> HTML {
    let rows = user.lists.map { list in
      let titles = list.items.map { item -> HTML in
        let title = HTML.isolated(item.title)
        return item.isHit ? "<strong>\(title)<i> held out</i></strong>" : title
      }
      let hits = "\(list.items.count { $0.isHit }) of \(list.items.count)"
      let items = HTML(titles, separator: "; ")
      return Self.row(list.algorithm, [Self.cell(hits), "<td class=\"text\">\(items)</td>"])
    }
    return Self.table(
      "Lists for user \(user.name)", ["algorithm", "held out", "<span class=\"text\">list</span>"], rows)
  }

  // MARK: Markup

  /// Content that is shown on demand, behind its title.
  ///
  /// - Parameter isPrinted: Whether the content is printed too, without the title.
  static func folded(_ title: String, _ content: HTML, isPrinted: Bool = false) -> HTML {
    let kind: HTML = isPrinted ? " class=\"printed\"" : ""
    return "<details\(kind)><summary>\(title)</summary>\(content)</details>\n"
  }

  private static func cell(_ text: String) -> HTML { "<td>\(text)</td>" }

  private static func row(_ name: String, _ cells: [HTML]) -> HTML {
    "<tr><th scope=\"row\">\(name)</th>\(cells)</tr>\n"
  }

  /// A table in a container that scrolls if the page is narrower than the table.
  private static func table(
    _ title: String, note: String = "", _ header: [HTML], _ rows: [HTML], isNarrow: Bool = false
  ) -> HTML {
    let titles = header.map { title -> HTML in "<th scope=\"col\">\(title)</th>" }
    let kind: HTML = isNarrow ? " class=\"narrow\"" : ""
    return """
      <div class="scroll" tabindex="0" role="region" aria-label="\(title)">
      <table\(kind)><caption><span><b>\(title)</b> \(note)</span></caption>
      <thead><tr>\(titles)</tr></thead><tbody>
      \(rows)</tbody></table></div>

      """
  }
}
