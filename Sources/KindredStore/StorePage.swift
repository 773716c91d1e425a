import Foundation

/// A page of a listing.
public struct StorePage<Element: Sendable>: Sendable {
  /// The elements, in order.
  public var elements: [Element]
  /// Where the next page starts; nil at the end.
  public var cursor: String?
}

/// Where a page starts: behind a row, by the numbers that order the listing. Opaque to callers.
package struct Cursor {
  private let numbers: [Int64]

  /// The cursor behind a row.
  package static func text(_ numbers: Int64...) -> String {
    Data(numbers.map(String.init).joined(separator: ".").utf8).base64EncodedString()
  }

  /// Reads a cursor of `count` numbers; nil and "" are the start.
  package init(_ text: String?, count: Int) throws(StoreError) {
    guard let text, !text.isEmpty else {
      numbers = Array(repeating: -1, count: count)
      return
    }
    let parts = Data(base64Encoded: text).map { String(decoding: $0, as: UTF8.self).split(separator: ".") } ?? []
    let numbers = parts.compactMap { Int64($0) }
    guard numbers.count == count, parts.count == count else {
      throw StoreError(.invalid("the cursor '\(text.prefix(40))' is none that this store gave"), store: "")
    }
    self.numbers = numbers
  }

  package subscript(position: Int) -> Int64 { numbers[position] }
}

extension StorePage {
  /// A page of what was fetched: one more than the limit tells that there is a next page.
  package init(_ rows: [(element: Element, cursor: String)], limit: Int) {
    elements = rows.prefix(limit).map(\.element)
    cursor = rows.count > limit ? rows[limit - 1].cursor : nil
  }
}
