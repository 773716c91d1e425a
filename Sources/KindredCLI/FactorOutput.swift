import Kindred

/// Writes the factors of a model for other programs.
struct FactorOutput {
  let format: Export.Format
  let output: String?

  func write(_ recommender: Recommender<String, String>, of path: String) throws {
    guard let factors = FactorExport(recommender) else {
      let algorithm = recommender.provenance.ranking?.algorithm ?? "its algorithm"
      throw Failure(
        .badData,
        "\(path) holds no factors of users and items to write: \(algorithm) has none; train sgd, als or implicit-als")
    }
    if !factors.ordersLists {
      Terminal.note("These are the factors that predict ratings; the model that orders the lists of \(path) has none.")
    }
    let written = "the factors of \(recommender.userCount.grouped) users and \(factors.itemCount.grouped) items"
    if factors.itemCount < recommender.itemCount {
      let rest = recommender.itemCount - factors.itemCount
      Terminal.note("\(rest.grouped) items that nobody has taken have no factors, and are left out.")
    }
    if format == .npz {
      guard let bytes = factors.npz() else {
        throw Failure(.badData, "\(path) has more factors than an npz file of 4 GiB holds")
      }
      var file = try FileReplacement(of: output ?? "/dev/stdout")
      try file.write(bytes)
      try file.finish()
      return Export.say(written, output)
    }
    var sink = try LineSink(output)
    if format == .libmf {
      let kept = factors.libmfKeepsNumbers
      if !kept.users {
        Terminal.note("Users are numbered in the model's order, since not all ids are small numbers.")
      }
      if !kept.items { Terminal.note("Items are numbered in the model's order, since not all ids are small numbers.") }
      try factors.libmf { try sink.write($0) }
    } else {
      try factors.csv(quoting: \.csv) { try sink.write($0) }
    }
    try sink.finish()
    Export.say(written, output)
  }
}
