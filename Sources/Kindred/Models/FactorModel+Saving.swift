extension FactorModel {
  public static let kind = ModelKind.factors

  public init(from file: ModelFile, at prefix: String) throws(ModelFileError) {
    let limit = Int(Int32.max)
    let rank = try file.integer("\(prefix)rank", in: 0...4096)
    let users = try file.factors(
      "\(prefix)users", rows: try file.integer("\(prefix)users", in: 0...limit), rank: rank)
    let items = try file.factors(
      "\(prefix)items", rows: try file.integer("\(prefix)items", in: 0...limit), rank: rank)
    self.init(
      mean: try file.number("\(prefix)mean", as: Float.self), foldIn: try FoldIn(from: file, at: prefix),
      users: users, userBiases: try file.floats("\(prefix)user_biases", count: users.count),
      items: items, itemBiases: try file.floats("\(prefix)item_biases", count: items.count), using: Parallel())
  }

  public func write(to file: inout ModelFile, at prefix: String) {
    file.set("\(prefix)rank", to: rank)
    file.set("\(prefix)mean", to: mean)
    file.set("\(prefix)users", to: users.count)
    file.set("\(prefix)items", to: items.count)
    file.set("\(prefix)users", to: users)
    file.set("\(prefix)items", to: items)
    file.set("\(prefix)user_biases", to: userBiases)
    file.set("\(prefix)item_biases", to: itemBiases)
    foldIn.write(to: &file, at: prefix)
  }
}
