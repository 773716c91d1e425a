/// The content of a column, by some of its texts.
struct ColumnContent {
  enum Kind: Equatable {
    case empty, truths, whole, decimals, dates, words

    /// The name of the content in messages.
    var name: String {
      switch self {
      case .empty: "empty"
      case .truths: "yes or no"
      case .whole: "whole numbers"
      case .decimals: "decimals"
      case .dates: "dates"
      case .words: "words"
      }
    }
  }

  let kind: Kind
  /// Whether the texts are dates, or numbers that are times since 1970 by their size.
  let isTime: Bool
  /// Whether few texts occur over and over, as kinds of feedback do.
  let repeatsFew: Bool
  /// Whether a text occurs more than once.
  let repeats: Bool
  /// A text of the column.
  let example: String

  /// Describes a column by texts of which missing ones are left out.
  init(_ texts: [String]) {
    example = texts.first ?? ""
    // One bad row must not change what the column is.
    let enough = texts.count - texts.count / 10
    let numbers = texts.filter { ValueForm.isNumber($0) }
    let distinct = Set(texts)
    repeats = distinct.count < texts.count
    repeatsFew = distinct.count <= 20 && distinct.count * 3 <= texts.count
    if texts.isEmpty {
      kind = .empty
    } else if texts.allSatisfy({ ValueForm.truth($0.utf8) != nil }) {
      kind = .truths
    } else if numbers.count >= enough {
      kind = numbers.allSatisfy { Double($0).map { $0 == $0.rounded() } ?? false } ? .whole : .decimals
    } else if texts.count(where: {
      DateText.seconds($0, order: .dayFirst) ?? DateText.seconds($0, order: .monthFirst) != nil
    }) >= enough {
      kind = .dates
    } else {
      kind = .words
    }
    switch kind {
    case .dates: isTime = true
    case .whole, .decimals:
      let form = try? TimeForm.recognised(in: texts, order: nil)
      let isRecent = numbers.allSatisfy { Double($0).map { $0 >= 3e8 && $0 < 5e18 } ?? false }
      isTime = form == .digits || form != nil && isRecent
    default: isTime = false
    }
  }

  /// Whether the texts may be ids of users or items.
  var mayBeIDs: Bool { [.whole, .words].contains(kind) }
}

extension [String] {
  /// Whether these are whole numbers written with a decimal point throughout, as `12.0`.
  var haveZeroFractions: Bool {
    !isEmpty
      && allSatisfy { text in
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty, parts[1].allSatisfy({ $0 == "0" }) else { return false }
        let digits = parts[0].hasPrefix("-") ? parts[0].dropFirst() : parts[0]
        return !digits.isEmpty && digits.utf8.allSatisfy { $0 &- .zero < 10 }
      }
  }
}
