#if Spark
  import Foundation
  import Testing

  @testable import KindredSpark

  /// Streams that PyArrow wrote.
  @Suite struct ArrowTableTests {
    /// Three rows of: int32 p, int64 n, float v, double d, text i, list of floats f, timestamp t.
    private static let stream = bytes(
      """
      /////8gBAAAQAAAAAAAKAAwABgAFAAgACgAAAAABBAAMAAAACAAIAAAABAAIAAAABAAAAAcAAABkAQAAJAEAAPQAAADIAAAAnAAAAEQAAAAEAA
      AAyP7//wAAAQoQAAAAHAAAAAQAAAAAAAAAAQAAAHQAAAAIAAwABgAIAAgAAAAAAAIABAAAAAMAAABVVEMABP///wAAAQwUAAAAGAAAAAQAAAAB
      AAAAEAAAAAEAAABmAAAAsP///yz///8AAAEDEAAAABgAAAAEAAAAAAAAAAQAAABpdGVtAAAAAIr///8AAAEAWP///wAAAQUQAAAAGAAAAAQAAA
      AAAAAAAQAAAGkAAAAEAAQABAAAAID///8AAAEDEAAAABQAAAAEAAAAAAAAAAEAAABkAAAA2v///wAAAgCo////AAABAxAAAAAYAAAABAAAAAAA
      AAABAAAAdgAGAAgABgAGAAAAAAABANT///8AAAECEAAAABQAAAAEAAAAAAAAAAEAAABuAAAAxP///wAAAAFAAAAAEAAUAAgABgAHAAwAAAAQAB
      AAAAAAAAECEAAAABwAAAAEAAAAAAAAAAEAAABwAAAACAAMAAgABwAIAAAAAAAAASAAAAD/////6AEAABQAAAAAAAAADAAWAAYABQAIAAwADAAA
      AAADBAAYAAAAoAAAAAAAAAAAAAoAGAAMAAQACAAKAAAALAEAABAAAAADAAAAAAAAAAAAAAARAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADA
      AAAAAAAAAQAAAAAAAAAAAAAAAAAAAAEAAAAAAAAAAYAAAAAAAAACgAAAAAAAAAAAAAAAAAAAAoAAAAAAAAAAwAAAAAAAAAOAAAAAAAAAAAAAAA
      AAAAADgAAAAAAAAAGAAAAAAAAABQAAAAAAAAAAAAAAAAAAAAUAAAAAAAAAAQAAAAAAAAAGAAAAAAAAAABQAAAAAAAABoAAAAAAAAAAAAAAAAAA
      AAaAAAAAAAAAAQAAAAAAAAAHgAAAAAAAAAAAAAAAAAAAB4AAAAAAAAAAwAAAAAAAAAiAAAAAAAAAAAAAAAAAAAAIgAAAAAAAAAGAAAAAAAAAAA
      AAAACAAAAAMAAAAAAAAAAAAAAAAAAAADAAAAAAAAAAAAAAAAAAAAAwAAAAAAAAAAAAAAAAAAAAMAAAAAAAAAAAAAAAAAAAADAAAAAAAAAAAAAA
      AAAAAAAwAAAAAAAAAAAAAAAAAAAAMAAAAAAAAAAAAAAAAAAAADAAAAAAAAAAAAAAAAAAAABwAAAP////8CAAAAAAAAAAAAAAAAAQAA+///////
      //8AAAAAAAAAAAAAAD8AAADA+QIVUAAAAACamZmZmZm5PwAAAAAAAABAAAAAAAAACsAAAAAAAQAAAAEAAAAFAAAAYXpvw6sAAAAAAAAAAgAAAA
      IAAAADAAAAAACAPwAAAEAAAGBAAAAAAAEAAAAAAAAAAgAAAAAAAAADAAAAAAAAAP////8AAAAA
      """)
    /// An int32 column x with a value and a null.
    private static let nulls = bytes(
      """
      /////3gAAAAQAAAAAAAKAAwABgAFAAgACgAAAAABBAAMAAAACAAIAAAABAAIAAAABAAAAAEAAAAUAAAAEAAUAAgABgAHAAwAAAAQABAAAAAAAA
      ECEAAAABwAAAAEAAAAAAAAAAEAAAB4AAAACAAMAAgABwAIAAAAAAAAASAAAAD/////iAAAABQAAAAAAAAADAAWAAYABQAIAAwADAAAAAADBAAY
      AAAAEAAAAAAAAAAAAAoAGAAMAAQACAAKAAAAPAAAABAAAAACAAAAAAAAAAAAAAACAAAAAAAAAAAAAAABAAAAAAAAAAgAAAAAAAAACAAAAAAAAA
      AAAAAAAQAAAAIAAAAAAAAAAQAAAAAAAAABAAAAAAAAAAEAAAAAAAAA/////wAAAAA=
      """)

    private static func bytes(_ base64: String) -> [UInt8] {
      [UInt8](Data(base64Encoded: base64, options: .ignoreUnknownCharacters) ?? Data())
    }

    @Test func columnsAreReadByTheirTypes() throws {
      let table = try ArrowTable(Self.stream)
      #expect(table.rowCount == 3)
      #expect(table.columns.map(\.name) == ["p", "n", "v", "d", "i", "f", "t"])
      #expect(try table.int32s("p") == [7, -1, 2])
      #expect(try table.int64s("n") == [1 << 40, -5, 0])
      #expect(try table.floats("v") == [0.5, -2, 1e10])
      #expect(try table.doubles("d") == [0.1, 2, -3.25])
      #expect(try table.texts("i") == ["a", "", "zoë"])
      #expect(table.columns[5].values == .lists(ends: [2, 2, 3], [1, 2, 3.5]))
      #expect(table.columns[6].values == .unread("timestamps"))
    }

    @Test func otherTypesNullsAndMissingColumnsAreErrors() throws {
      let table = try ArrowTable(Self.stream)
      for (column, read) in [
        ("n", { _ = try table.int32s("n") }), ("p", { _ = try table.int64s("p") }),
        ("d", { _ = try table.floats("d") }), ("v", { _ = try table.texts("v") }),
        ("f", { _ = try table.rows("f", width: 2) }), ("q", { _ = try table.int32s("q") }),
      ] as [(String, () throws -> Void)] {
        let error = #expect(throws: SparkError.self) { try read() }
        #expect(error?.reason == .badData && error?.description.contains("'\(column)'") == true)
      }
      let nulls = try ArrowTable(Self.nulls)
      #expect(throws: SparkError(.badData, "Spark's column 'x' has 1 nulls")) { try nulls.int32s("x") }
    }

    @Test func aStreamThatIsCutOffIsAnErrorOrHasNoRows() throws {
      for count in 0..<Self.stream.count {
        if let table = try? ArrowTable(Array(Self.stream[..<count])), table.rowCount > 0 {
          // Only the mark of the end may be missing.
          #expect(table == (try ArrowTable(Self.stream)) && count >= Self.stream.count - 8)
        }
      }
    }

    @Test func changedBytesNeverCrash() {
      var generator = SystemRandomNumberGenerator()
      let seed = UInt64.random(in: 0 ... .max, using: &generator)
      var state = seed
      func next() -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33)
      }
      var failures = 0
      for place in Self.stream.indices {
        for value in [0, 1, 0x7F, 0x80, 0xFF] as [UInt8] {
          var bytes = Self.stream
          bytes[place] = value
          if (try? ArrowTable(bytes)) == nil { failures += 1 }
        }
      }
      for _ in 0..<500 {
        var bytes = Self.stream
        for _ in 0...next() % 8 { bytes[next() % bytes.count] = UInt8(truncatingIfNeeded: next()) }
        if (try? ArrowTable(bytes)) == nil { failures += 1 }
      }
      #expect(failures > 500, "seed \(seed)")
    }
  }
#endif
