import Testing

@testable import Kindred

@Suite struct ChecksumTests {
  @Test(
    arguments: [
      ("", 0, 0xEF46_DB37_51D8_E999), ("a", 0, 0xD24E_C4F1_A98C_6E5B), ("abc", 0, 0x44BC_2CF5_AD77_0999),
      ("Nobody inspects the spammish repetition", 0, 0xFBCE_A83C_8A37_8BF1),
      ("xxhash", 0, 0x32DD_3895_2C4B_C720), ("xxhash", 20_141_025, 0xB559_B98D_844E_0635),
    ] as [(String, UInt64, UInt64)])
  func givesThePublishedValues(text: String, seed: UInt64, expected: UInt64) {
    #expect(Checksum.xxh64(ByteRun(Array(text.utf8)), seed: seed) == expected)
    #expect(xxh64(Array(text.utf8), seed: seed) == expected)
  }

  /// The reference implementation checks itself with these bytes.
  @Test(
    arguments: [
      (0, 0xEF46_DB37_51D8_E999, 0xAC75_FDA2_929B_17EF), (1, 0xE934_A84A_DB05_2768, 0x5014_6076_43A9_B4C3),
      (4, 0x9136_A0DC_A574_57EE, 0xCAAB_286B_D8E9_FDB5), (14, 0x8282_DCC4_994E_35C8, 0xC3BD_6BF6_3DEB_6DF0),
      (222, 0xB641_AE8C_B691_C174, 0x20CB_8AB7_AE10_C14A),
    ] as [(Int, UInt64, UInt64)])
  func givesTheReferenceValues(count: Int, unseeded: UInt64, seeded: UInt64) {
    var generator: UInt64 = 2_654_435_761
    let bytes = (0..<count).map { _ in
      defer { generator = generator &* 11_400_714_785_074_694_797 }
      return UInt8(generator >> 56)
    }
    #expect(Checksum.xxh64(ByteRun(bytes)) == unseeded)
    #expect(Checksum.xxh64(ByteRun(bytes), seed: 2_654_435_761) == seeded)
  }

  @Test func agreesWithTheOracleAtEveryLength() {
    let bytes = (0..<200).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ 7) }
    for count in 0...200 {
      let part = Array(bytes.prefix(count))
      #expect(Checksum.xxh64(ByteRun(part), seed: UInt64(count)) == xxh64(part, seed: UInt64(count)))
    }
  }

  /// Blocks run across the ends of runs, whatever the number of threads.
  @Test(arguments: [1, 2, 5]) func blocksAreThoseOfTheWhole(threads: Int) {
    let sizes = [0, 5, 1 << 20, 0, 3, (2 << 20) - 9, 0, 700, 0]
    var stream = RandomStream(seed: 3, .data)
    let runs = sizes.map { size in (0..<size).map { _ in UInt8(truncatingIfNeeded: stream.next()) } }
    let whole = Array(runs.joined())
    let expected = stride(from: 0, to: whole.count, by: 1 << 20).map { start in
      Checksum.xxh64(ByteRun(Array(whole[start..<min(whole.count, start + 1 << 20)])))
    }
    #expect(expected.count == 4)
    #expect(Checksum.blocks(of: runs.map { ByteRun($0) }, parallel: Parallel(threads: threads)) == expected)
    #expect(Checksum.blocks(of: [ByteRun(whole)], parallel: Parallel(threads: threads)) == expected)
    #expect(Checksum.blocks(of: [], parallel: Parallel(threads: threads)).isEmpty)
  }

  @Test func findsTheOneNumberThatIsNotFinite() {
    var floats = Buffer<Float>(repeating: 1, count: 600_000)
    #expect(floats.isFinite(parallel: Parallel(threads: 2)))
    for (position, value) in [(0, Float.nan), (599_999, .infinity), (300_000, -.infinity)] {
      let before = floats[position]
      floats[position] = value
      #expect(!floats.isFinite(parallel: Parallel(threads: 2)))
      floats[position] = before
    }
    #expect(Buffer<Float>([.greatestFiniteMagnitude, .leastNonzeroMagnitude, -0]).isFinite(parallel: Parallel()))
  }
}

/// XXH64 as its specification puts it, for comparison.
func xxh64(_ bytes: [UInt8], seed: UInt64 = 0) -> UInt64 {
  let p: [UInt64] = [
    0, 0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0x85EB_CA77_C2B2_AE63,
    0x27D4_EB2F_1656_67C5,
  ]
  func rotated(_ x: UInt64, _ bits: UInt64) -> UInt64 { x << bits | x >> (64 - bits) }
  func round(_ lane: UInt64, _ input: UInt64) -> UInt64 { rotated(lane &+ input &* p[2], 31) &* p[1] }
  func word(at start: Int, count: Int) -> UInt64 {
    bytes[start..<start + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
  var position = 0
  var hash = seed &+ p[5]
  if bytes.count >= 32 {
    var lanes = [seed &+ p[1] &+ p[2], seed &+ p[2], seed, seed &- p[1]]
    while bytes.count - position >= 32 {
      for lane in 0..<4 { lanes[lane] = round(lanes[lane], word(at: position + 8 * lane, count: 8)) }
      position += 32
    }
    hash = rotated(lanes[0], 1) &+ rotated(lanes[1], 7) &+ rotated(lanes[2], 12) &+ rotated(lanes[3], 18)
    for lane in lanes { hash = (hash ^ round(0, lane)) &* p[1] &+ p[4] }
  }
  hash = hash &+ UInt64(bytes.count)
  while bytes.count - position >= 8 {
    hash = rotated(hash ^ round(0, word(at: position, count: 8)), 27) &* p[1] &+ p[4]
    position += 8
  }
  if bytes.count - position >= 4 {
    hash = rotated(hash ^ word(at: position, count: 4) &* p[1], 23) &* p[2] &+ p[3]
    position += 4
  }
  for byte in bytes[position...] { hash = rotated(hash ^ UInt64(byte) &* p[5], 11) &* p[1] }
  hash = (hash ^ hash >> 33) &* p[2]
  hash = (hash ^ hash >> 29) &* p[3]
  return hash ^ hash >> 32
}
