import Foundation

/// Where a page starts: behind a row, by the numbers that order the listing. What callers see is opaque.
struct Cursor {
  private let numbers: [Int64]

  /// The cursor behind a row.
  static func text(_ numbers: Int64...) -> String {
    Data(numbers.map(String.init).joined(separator: ".").utf8).base64EncodedString()
  }

  /// Reads a cursor of so many numbers; nil and "" are the start.
  init(_ text: String?, count: Int) throws(StoreError) {
    guard let text, !text.isEmpty else {
      numbers = Array(repeating: -1, count: count)
      return
    }
    let parts = Data(base64Encoded: text).map { String(decoding: $0, as: UTF8.self).split(separator: ".") } ?? []
    let numbers = parts.compactMap { Int64($0) }
    guard numbers.count == count, parts.count == count else {
      throw StoreError(.invalid("the cursor '\(text.prefix(40))' is none that this store gave"), path: "")
    }
    self.numbers = numbers
  }

  subscript(position: Int) -> Int64 { numbers[position] }
}

extension StorePage {
  /// A page of what was fetched: one more than the limit tells that there is a next page.
  init(_ rows: [(element: Element, cursor: String)], limit: Int) {
    elements = rows.prefix(limit).map(\.element)
    cursor = rows.count > limit ? rows[limit - 1].cursor : nil
  }
}
