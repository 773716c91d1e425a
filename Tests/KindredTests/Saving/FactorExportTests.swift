import Testing

@testable import Kindred

@Suite struct FactorExportTests {
  private func trained(_ algorithm: Algorithm) async throws -> Recommender<Int, String> {
    let trainer = try algorithm.trainer(setting: ["rank": "3"])
    return try await Recommender.train(on: Synthetic.ratings(users: 15, items: 12), ranking: trainer)
  }

  @Test(arguments: [Algorithm.implicitALS, .sgd])
  func theArchiveHoldsTheFactors(_ algorithm: Algorithm) async throws {
    let recommender = try await trained(algorithm)
    let export = try #require(FactorExport(recommender))
    let bytes = try #require(export.npz())
    let arrays = try Archive(bytes).arrays
    let userFactors = try #require(arrays["user_factors.npy"])
    let itemFactors = try #require(arrays["item_factors.npy"])
    let rank = algorithm == .sgd ? 5 : 3
    let users = recommender.userCount
    #expect(userFactors.type == "<f4" && userFactors.shape == "(\(users), \(rank),)")
    #expect(arrays["dtype.npy"]?.type == "<U7")
    #expect(arrays["user_ids.npy"]?.texts == recommender.users.map(\.description))
    #expect(arrays["item_ids.npy"]?.texts == recommender.items)
    let (p, q) = (userFactors.floats, itemFactors.floats)
    for user in 0..<users {
      let history = try #require(recommender.history(of: recommender.users[user]))
      let scores = recommender.rankingModel.scores(recommender.rankingHistory(history))
      for item in 0..<12 {
        let product = (0..<rank).reduce(Float(0)) { $0 + p[user * rank + $1] * q[item * rank + $1] }
        #expect(isClose(product, scores[item]))
      }
    }
  }

  @Test func libmfRowsAreTheIDsWhereTheyAreNumbers() async throws {
    let recommender = try await trained(.sgd)
    let export = try #require(FactorExport(recommender))
    #expect(export.libmfKeepsNumbers == (users: true, items: false))
    let rows = try #require(recommender.users.max()) + 1
    var lines: [String] = []
    export.libmf { lines.append($0) }
    #expect(
      Array(lines.prefix(4)) == ["f 0", "m \(rows)", "n 12", "k 5"] && lines[4].hasPrefix("b 3")
        || lines[4].hasPrefix("b 2")
    )
    #expect(lines.count == 5 + rows + 12)
    let user = recommender.users[4]
    let words = lines[5 + user].split(separator: " ")
    #expect(words[0] == "p\(user)" && words[1] == "T")
    let p = words.dropFirst(2).compactMap { Float($0) }
    let q = lines[5 + rows + 7].split(separator: " ").dropFirst(2).compactMap { Float($0) }
    let product = zip(p, q).reduce(0) { $0 + $1.0 * $1.1 }
    let history = try #require(recommender.history(of: user))
    #expect(p.count == 5 && isClose(product, recommender.rankingModel.scores(history)[7]))
  }

  @Test func csvNamesEveryRow() async throws {
    let recommender = try await trained(.implicitALS)
    let export = try #require(FactorExport(recommender))
    var lines: [String] = []
    export.csv(quoting: { $0 }) { lines.append($0) }
    #expect(lines[0] == "table,id,bias,1,2,3" && lines[1] == "mean,,0.0,,,")
    #expect(lines.count == 2 + recommender.userCount + 12)
    #expect(lines.allSatisfy { $0.split(separator: ",", omittingEmptySubsequences: false).count == 6 })
    #expect(
      lines[2].hasPrefix("user,\(recommender.users[0]),") && lines[2 + recommender.userCount].hasPrefix("item,item "))
  }

  @Test(arguments: [Algorithm.ease, .popularity, .bias, .mean])
  func whatHasNoFactorsIsNotExported(_ algorithm: Algorithm) async throws {
    let trainer = try algorithm.trainer(setting: [:])
    let recommender = try await Recommender.train(on: Synthetic.ratings(users: 15, items: 12), ranking: trainer)
    #expect(FactorExport(recommender) == nil)
  }

  /// A zip archive of arrays, read by the letter of both formats and with nothing of the writer's.
  private struct Archive {
    struct NPY {
      var type: String
      var shape: String
      var data: ArraySlice<UInt8>

      var floats: [Float] {
        stride(from: data.startIndex, to: data.endIndex, by: 4).map { start in
          Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(data[start + $1]) << (8 * UInt32($1)) })
        }
      }

      var texts: [String] {
        let width = Int(type.dropFirst(2)) ?? 0
        return stride(from: data.startIndex, to: data.endIndex, by: 4 * width).map { start in
          let codes = (0..<width).map { place in
            (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[start + 4 * place + $1]) << (8 * UInt32($1)) }
          }
          return String(String.UnicodeScalarView(codes.filter { $0 != 0 }.compactMap { Unicode.Scalar($0) }))
        }
      }
    }

    var arrays: [String: NPY] = [:]

    init(_ bytes: [UInt8]) throws {
      func number(_ start: Int, _ size: Int) -> Int { (0..<size).reduce(0) { $0 | Int(bytes[start + $1]) << (8 * $1) } }
      let end = bytes.count - 22
      try #require(number(end, 4) == 0x0605_4B50)
      var entry = number(end + 16, 4)
      try #require(number(end + 12, 4) == end - entry)
      for _ in 0..<number(end + 10, 2) {
        try #require(number(entry, 4) == 0x0201_4B50 && number(entry + 10, 2) == 0)
        let (sum, size, length) = (number(entry + 16, 4), number(entry + 24, 4), number(entry + 28, 2))
        let local = number(entry + 42, 4)
        let name = String(decoding: bytes[entry + 46..<entry + 46 + length], as: UTF8.self)
        try #require(number(local, 4) == 0x0403_4B50 && number(local + 14, 4) == sum && number(local + 22, 4) == size)
        let start = local + 30 + number(local + 26, 2) + number(local + 28, 2)
        let data = bytes[start..<start + size]
        try #require(Int(Self.crc(data)) == sum)
        try #require(Array(data.prefix(8)) == [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0])
        let headerLength = number(start + 8, 2)
        try #require((10 + headerLength) % 64 == 0)
        let header = String(decoding: data.dropFirst(10).prefix(headerLength), as: UTF8.self)
        let type = try #require(header.firstMatch(of: /'descr': '([^']*)'/)).1
        let shape = try #require(header.firstMatch(of: /'shape': (\([^)]*\))/)).1
        arrays[name] = NPY(type: String(type), shape: String(shape), data: data.dropFirst(10 + headerLength))
        entry += 46 + length
      }
    }

    /// CRC-32 bit by bit.
    private static func crc(_ bytes: ArraySlice<UInt8>) -> UInt32 {
      ~bytes.reduce(UInt32.max) { sum, byte in
        (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
      }
    }
  }
}
