import Foundation

/// Ratings to measure on: `train.txt` and `test.txt` in a folder, one line `user item value` per rating.
struct RatingSet: Sendable {
  let name: String
  let train: String
  let test: String

  /// Finds a set by its size or its folder, and makes it where it is a size that was never made.
  init(named name: String, in directory: String) throws {
    let folder = Shape.named[name] == nil ? name : directory + "/" + name
    self.name = name
    train = folder + "/train.txt"
    test = folder + "/test.txt"
    if FileManager.default.fileExists(atPath: train), FileManager.default.fileExists(atPath: test) { return }
    guard let shape = Shape.named[name] else {
      throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: train])
    }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let ratings = Synthesis(shape, seed: 20_240_607).ratings()
    let testCount = shape.ratings / 10
    try write(ratings[..<testCount], to: test)
    try write(ratings[testCount...], to: train)
  }

  private func write(_ ratings: ArraySlice<UInt64>, to path: String) throws {
    let temporary = path + ".tmp"
    _ = FileManager.default.createFile(atPath: temporary, contents: nil)
    guard let file = FileHandle(forWritingAtPath: temporary) else {
      throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: temporary])
    }
    var text: [UInt8] = []
    for rating in ratings {
      append(rating >> 24, to: &text)
      text.append(32)
      append(rating >> 4 & 0xFFFFF, to: &text)
      text.append(32)
      let halves = rating & 15
      append(halves / 2, to: &text)
      text.append(contentsOf: halves % 2 == 1 ? [46, 53, 10] : [46, 48, 10])
      if text.count > 1 << 22 {
        try file.write(contentsOf: text)
        text.removeAll(keepingCapacity: true)
      }
    }
    try file.write(contentsOf: text)
    try file.close()
    try FileManager.default.moveItem(atPath: temporary, toPath: path)
  }

  private func append(_ number: UInt64, to text: inout [UInt8]) {
    if number >= 10 { append(number / 10, to: &text) }
    text.append(48 + UInt8(number % 10))
  }
}

/// The size of a made set, test ratings included.
struct Shape {
  let users, items, ratings: Int

  /// By the number of ratings to train on; nine tenths of all.
  static let named = [
    "1m": Shape(users: 6_000, items: 3_700, ratings: 1_000_000 * 10 / 9),
    "18m": Shape(users: 140_000, items: 27_000, ratings: 20_000_000),
    "90m": Shape(users: 480_000, items: 40_000, ratings: 100_000_000),
  ]
}

/// Made ratings with what real ones have: busy and quiet users, popular and rare items, and taste.
///
/// A user's activity is log-normal, and an item's popularity falls as a power of its rank. Sixteen factors of a falling
/// spectrum decide both what a user rates and how; values are half stars around mean + biases + factors with noise of
/// 0.72 stars.
struct Synthesis {
  private static let rank = 16
  private let shape: Shape
  private var random: SplitMix
  private var activity: [Double]
  private var cumulative: [Double]
  private var userBias: [Float], itemBias: [Float]
  private var userFactors: [SIMD16<Float>], itemFactors: [SIMD16<Float>]

  init(_ shape: Shape, seed: UInt64) {
    self.shape = shape
    var random = SplitMix(state: seed)
    activity = (0..<shape.users).map { _ in exp(1.1 * random.normal()) + 0.15 }
    let popularity = (0..<shape.items).shuffled(using: &random)
    var total = 0.0
    cumulative = popularity.map { rank in
      total += pow(Double(rank + 1) + 0.01 * Double(shape.items), -1.15)
      return total
    }
    userBias = (0..<shape.users).map { _ in Float(0.38 * random.normal()) }
    itemBias = popularity.map { rank in
      Float(0.40 * random.normal() + 0.25 * (0.5 - Double(rank) / Double(shape.items)))
    }
    var spectrum = (0..<Self.rank).map { pow(0.85, Double($0)) }
    let length = spectrum.reduce(0) { $0 + $1 * $1 }.squareRoot()
    spectrum = spectrum.map { ($0 / length).squareRoot() }
    func factors(_ count: Int) -> [SIMD16<Float>] {
      (0..<count).map { _ in
        var row = SIMD16<Float>()
        for k in 0..<Self.rank { row[k] = Float(spectrum[k] * random.normal()) }
        return row
      }
    }
    userFactors = factors(shape.users)
    itemFactors = factors(shape.items)
    self.random = random
  }

  /// The ratings in random order: user << 24 | item << 4 | half stars.
  consuming func ratings() -> [UInt64] {
    var ratings: [UInt64] = []
    ratings.reserveCapacity(shape.ratings)
    // The last user who rated each item, so that no user rates an item twice.
    var lastRater = [Int32](repeating: -1, count: shape.items)
    let most = Double(shape.items) / 3
    var share = Double(shape.ratings) / activity.reduce(0, +)
    for _ in 0..<20 {
      share *= Double(shape.ratings) / activity.reduce(0) { $0 + min(most, $1 * share) }
    }
    var owed = 0.0
    for user in 0..<shape.users {
      owed += min(most, activity[user] * share)
      var wanted = user + 1 == shape.users ? shape.ratings - ratings.count : Int(owed) - ratings.count
      while wanted > 0 {
        let item = drawItem()
        if lastRater[item] == user { continue }
        let taste = (userFactors[user] * itemFactors[item]).sum()
        if random.uniform() * (1 + exp(-1.7 * Double(taste + 0.3 * itemBias[item]))) >= 1 { continue }
        lastRater[item] = Int32(user)
        wanted -= 1
        let value = Double(3.45 + userBias[user] + itemBias[item] + 0.62 * taste) + 0.72 * random.normal()
        let halves = UInt64(max(1, min(10, (value * 2).rounded())))
        ratings.append(UInt64(user) << 24 | UInt64(item) << 4 | halves)
      }
    }
    ratings.shuffle(using: &random)
    return ratings
  }

  private mutating func drawItem() -> Int {
    let wanted = random.uniform() * (cumulative.last ?? 0)
    var low = 0
    var high = cumulative.count - 1
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] <= wanted { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// SplitMix64 (Steele, Lea, Flood 2014, <https://doi.org/10.1145/2660193.2660195>).
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  mutating func normal() -> Double { (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform()) }
}
