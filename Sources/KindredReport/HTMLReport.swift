import Foundation
import Kindred

/// An evaluation as one self-contained page: it has no scripts and loads no fonts or images.
package struct HTMLReport {
  let report: EvaluationReport
  /// The name of the data set.
  let dataSet: String
  /// The command with its arguments, its own name first.
  let command: [String]
  /// The version of the command.
  let version: String
  /// Sentences on what makes the figures doubtful, such as leaks, without a final period.
  let warnings: [String]
  /// What the data set holds; nil shows nothing of it.
  let data: DataOverview?
  /// The users whose lists are shown.
  let examples: [ExampleUser]
  private let date = Date()

  package init(
    report: EvaluationReport, dataSet: String, command: [String], version: String, warnings: [String] = [],
    data: DataOverview? = nil, examples: [ExampleUser] = []
  ) {
    (self.report, self.dataSet, self.command) = (report, dataSet, command)
    (self.version, self.warnings, self.data, self.examples) = (version, warnings, data, examples)
  }

  private var tables: ReportTables { ReportTables(report: report) }
  private var figures: ReportFigures { ReportFigures(report: report) }

  /// Writes the page; an existing file is replaced atomically.
  package func write(to path: String) throws {
    var file = try FileReplacement(of: path)
    try file.write(page())
    try file.finish()
  }

  /// The page, valid as HTML and as XML.
  func page() -> String {
    let sections = [
      results(), cost(), acquaintance(), newItems(), certainty(), learning(), parts(), calibration(), lists(),
      contents(), making(),
    ].compactMap { $0 }
    let page: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <title>\(dataSet) – Kindred evaluation</title>
      <link rel="icon" href="data:,"/>
      <style>\(ReportStyle.css)</style>
      </head>
      <body>
      <main>
      \(header())\(sections)<footer>Made by Kindred \(version). \
      This page is one self-contained file.</footer>
      </main>
      </body>
      </html>

      """
    return page.text
  }

  private var isFolded: Bool { report.split.hasPrefix("folds:") }

  // MARK: Sections

  private func header() -> HTML {
    let warnings = warnings.map { warning -> HTML in "<p class=\"warning\">Warning: \(warning).</p>\n" }
    return """
      <header>
      <p class="eyebrow">Kindred evaluation</p>
      <h1>\(dataSet)</h1>
      <p class="lead">\(summary), <time datetime="\(day)">\(day)</time>.</p>
      \(warnings)\(leaders())</header>

      """
  }

  private var summary: String {
    let first = report.results[0]
    let folds = isFolded ? " in each fold" : ""
    let count = report.results.count
    return
      "\(count.grouped) algorithm\(count == 1 ? "" : "s"), trained on \(first.trainCount.grouped) ratings and "
      + "tested on \(first.testCount.grouped)\(folds) (split \(report.split), seed \(report.seed)): "
      + "\(first.userCount.grouped) users, \(first.itemCount.grouped) items"
  }

  private var day: String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.calendar = Calendar(identifier: .gregorian)
    formatter.dateFormat = "yyyy-MM-dd"
    return formatter.string(from: date)
  }

  /// The best algorithm for ratings and for lists, and whether its lead is significant.
  private func leaders() -> HTML {
    func leader(_ title: String, _ metric: String, _ standing: Standing?) -> HTML {
      guard let standing, report.results.count > 1 else { return "" }
      let sureness = report.sureness(of: standing).map { "; \($0)" } ?? ""
      let interval = standing.interval.map { ", 95 % interval \(span($0))" } ?? ""
      return """
        <div><dt>\(title)</dt><dd class="big">\(standing.best)</dd>\
        <dd class="note">\(metric) \(figure(standing.value))\(interval)\(sureness)</dd></div>

        """
    }
    let both = [
      leader("Predicts ratings best", "RMSE", report.errorStanding),
      leader("Orders lists best", "NDCG@\(report.cutoffs[0])", report.listStanding),
    ]
    return both.allSatisfy(\.text.isEmpty) ? "" : "<dl class=\"best\">\n\(both)</dl>\n"
  }

  private func results() -> HTML {
    let left = report.results.compactMap { $0.ranking?.usersLeftOut }.max() ?? 0
    let others = "\(left.grouped) other user\(left == 1 ? " has" : "s have")"
    let rest = " \(others) no relevant test item\(isFolded ? ", over all folds" : "")."
    let tested = report.listSummary.map { " " + $0 + rest } ?? ""
    let relevance = report.relevance.map { " " + $0 } ?? ""
    let gain = report.gainOverPopularity.map { " " + $0 } ?? ""
    return section(
      "Results",
      """
      <p>The best value per column is underlined; small figures are 95 % intervals; – means not applicable.\
      \(tested)\(relevance)\(gain)</p>
      \(tables.results())<p class="note">Lower is better for RMSE, MAE and Gini; higher is better for the others, \
      except novelty, where neither is. All items are ranked, without those seen in training. Recall divides by the \
      number of relevant items, recall_min by at most the length of the list. Coverage is the share of all items that \
      are in some list. Gini measures how unequally items are shown. Novelty is in bits.</p>

      """)
  }

  /// What the lists of each algorithm cost.
  private func cost() -> HTML? {
    guard let figure = figures.cost() else { return nil }
    let folds = isFolded ? ", over all folds" : ""
    return section(
      "Cost and quality",
      """
      <p>The quality of lists against the time that the training took\(folds).</p>
      <div class="figures">
      \(figure)</div>

      """)
  }

  /// Lists of users with and without a training event, and what the order of histories is worth.
  private func acquaintance() -> HTML? {
    guard report.listParts.count > 1 else { return nil }
    let order = report.orderVerdict.map { verdict -> HTML in "<p>\(verdict)</p>\n" }
    return section(
      report.listPartsTitle,
      """
      \(order.map { [$0] } ?? [])\(tables.listParts())<p class="note">\(report.listPartsNote)</p>

      """)
  }

  /// Lists of items with and without training ratings, where items were held out whole.
  private func newItems() -> HTML? {
    guard report.results.contains(where: { $0.itemParts != nil }) else { return nil }
    return section(
      "New items",
      """
      \(tables.itemParts())<p class="note">\(EvaluationReport.itemListsNote)</p>

      """)
  }

  private func certainty() -> HTML? {
    let plots = figures.intervals()
    guard !plots.isEmpty else { return nil }
    let errors = report.errorStanding.flatMap {
      $0.comparisons.isEmpty
        ? nil : tables.differences("Squared error", $0, note: "Above 0 is worse.")
    }
    let lists = report.listStanding.flatMap {
      $0.comparisons.isEmpty
        ? nil : tables.differences("NDCG@\(report.cutoffs[0])", $0, note: "Below 0 is worse.")
    }
    let differences = [errors, lists].compactMap { $0 }
    let note: HTML =
      differences.isEmpty
      ? ""
      : """
      <h3>Differences from the best</h3>
      <p class="note">Differences are paired by user. p is the probability of a difference at least this large under \
      the null hypothesis, by paired bootstrap (at least 0.002 with 1,000 resamples) and by Wilcoxon's signed-rank \
      test; it is not corrected for the number of comparisons.</p>

      """
    return section(
      "Uncertainty",
      """
      <p>The 95 % intervals come from 1,000 resamples of the users.</p>
      <div class="figures">
      \(plots)</div>
      \(note)\(differences)
      """)
  }

  private func learning() -> HTML? {
    let parts = report.results.compactMap { result -> HTML? in
      let (name, steps) = (result.algorithm, result.shownCurve)
      let plots = figures.curves(steps, of: name)
      guard !plots.isEmpty else { return nil }
      return ReportTables.folded(
        name, "<div class=\"figures\">\n\(plots)</div>\n\(tables.curve(steps, of: name))", isPrinted: true)
    }
    guard !parts.isEmpty else { return nil }
    let fold = isFolded ? " The first fold is shown." : ""
    return section(
      "Learning",
      """
      <p>Loss and error per epoch; an algorithm with a single pass has no curve.\(fold)</p>
      \(parts)
      """)
  }

  private func parts() -> HTML? {
    let plots = [figures.activity(), figures.popularity()].compactMap { $0 }
    guard !plots.isEmpty else { return nil }
    return section(
      "Activity and popularity",
      """
      <p>NDCG by the number of a user's known ratings, and recall by the popularity of the items.</p>
      <div class="figures">
      \(plots)</div>
      \(tables.activity())\(tables.popularity())

      """)
  }

  private func calibration() -> HTML? {
    let bins = report.results.map { ($0.algorithm, ($0.ratings?.calibration ?? []).filter { $0.count > 0 }) }
      .filter { $0.1.count > 1 }
    guard !bins.isEmpty else { return nil }
    return section(
      "Calibration",
      """
      <p>The mean rating given against the mean rating predicted, per bin of predictions. Both are equal on the dashed \
      line. A larger circle holds more ratings.</p>
      <div class="figures">
      \(bins.map { figures.calibration($0.1, of: $0.0) })</div>
      \(bins.map { tables.calibration($0.1, of: $0.0) })
      """)
  }

  /// The lists of some users.
  private func lists() -> HTML? {
    guard !examples.isEmpty else { return nil }
    let users = examples.map { user -> HTML in
      "<h3>User \(user.name)</h3>\n\(user.summary)\(tables.lists(of: user))"
    }
    return section(
      "Users and their lists",
      """
      <p>Users in order of how much is known of them. What was held out and liked is underlined.\
      \(isFolded ? " The first fold is shown." : "")</p>
      \(users)
      """)
  }

  /// What the data set holds.
  private func contents() -> HTML? {
    guard let data else { return nil }
    let plot = figures.values(of: data).map { plot -> HTML in "<div class=\"figures\">\n\(plot)</div>\n" }
    return section("Data", "\(tables.overview(data))\(plot.map { [$0] } ?? [])")
  }

  private func making() -> HTML? {
    let threads = report.results[0].threads
    return section(
      "Reproduction",
      """
      <p>The same command on the same data gives the same figures; times differ.\
      \(isFolded ? " Parameters are those of the first fold." : "")</p>
      <pre>\(shellCommand(command))</pre>
      <p>With <code>--json</code> the command prints the figures for programs. This page was made by Kindred \
      \(version) with \(threads == 1 ? "1 thread" : "\(threads) threads") on \(machineText()).</p>
      \(tables.settings())
      """)
  }

  private func section(_ title: String, _ content: HTML) -> HTML {
    let id = title.lowercased().filter { $0.isLetter }
    return """
      <section aria-labelledby="\(id)">
      <h2 id="\(id)">\(title)</h2>
      \(content)</section>

      """
  }
}
