import Foundation
import Kindred

/// A user of the test, with what was known of them, what was held out, and the list of each algorithm.
package struct ExampleUser {
  /// A list, with whether each of its items was held out.
  struct List {
    let algorithm: String
    let items: [(title: String, isHit: Bool)]
  }

  let name: String
  /// The titles of the known items, the latest first, with their values where these differ.
  let history: [String]
  /// The titles of the held-out items that the lists should hold.
  let relevant: [String]
  let lists: [List]
}

extension ExampleUser {
  /// The users whose lists the results keep, from few known items to many.
  ///
  /// - Parameters:
  ///   - results: The results of an evaluation, one per algorithm.
  ///   - fold: The first fold of the evaluation, which names users and items.
  package static func all(
    in results: [Evaluation], of fold: Evaluator.Fold<String, String>
  ) -> [ExampleUser] {
    let data = fold.train
    func title(_ item: Int32) -> String { data.itemCatalog[data.item(at: item)]?.title ?? data.item(at: item) }
    let range = data.valueRange ?? 0...0
    let isValued = range.lowerBound < range.upperBound
    let shown = results.lazy.compactMap(\.ranking).first?.examples ?? []
    return shown.map { example in
      let lists = results.compactMap { result in
        let own = result.ranking?.examples.first { $0.user == example.user && $0.relevant == example.relevant }
        return own.map { own in
          List(
            algorithm: result.algorithm, items: own.list.map { (title($0), example.relevant.contains($0)) })
        }
      }
      let history = zip(example.history.items, example.history.values).reversed().map { item, value in
        isValued ? "\(title(item)) (\(String(format: "%g", value)))" : title(item)
      }
      return ExampleUser(
        name: data.user(at: example.user), history: history, relevant: example.relevant.map(title), lists: lists)
    }
  }

  /// A paragraph on what was known of the user, and one on what was held out.
  var summary: HTML {
    let known: HTML = history.isEmpty ? "Nothing was known." : "Known, the latest first: \(Self.joined(history))."
    return "<p>\(known)</p>\n<p>Held out and liked: \(Self.joined(relevant)).</p>\n"
  }

  private static let mostShown = 10

  /// The first of some titles, with the number of the others.
  private static func joined(_ titles: [String]) -> HTML {
    let rest = titles.count - mostShown
    let more: [HTML] = rest > 0 ? ["and \(rest.grouped) more"] : []
    return HTML(titles.prefix(mostShown).map(HTML.isolated) + more, separator: "; ")
  }
}

extension HTML {
  /// A text whose direction of writing does not turn what is around it.
  static func isolated(_ text: String) -> HTML { "<bdi>\(text)</bdi>" }
}
