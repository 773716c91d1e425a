#if Spark
  import Testing

  @testable import KindredSpark

  @Suite struct SparkAddressTests {
    @Test func partsAreRead() throws {
      let address = try SparkAddress(parsing: "sc://spark.example:443/;token=a=b;use_ssl=true;user_id=ann")
      #expect(address.host == "spark.example" && address.port == 443 && address.token == "a=b")
      #expect(address.usesTLS && address.user == "ann")
      #expect(address.description == "spark.example:443")
    }

    @Test func whatIsMissingHasDefaults() throws {
      let address = try SparkAddress(parsing: "sc://localhost")
      #expect(address.port == 15002 && address.token == nil && !address.usesTLS)
      #expect(try SparkAddress(parsing: "sc://[::1]:15/").host == "::1")
    }

    @Test func aTokenIsNotSentInPlainTextUnlessAskedFor() throws {
      #expect(try SparkAddress(parsing: "sc://h/;token=t").usesTLS)
      #expect(try !SparkAddress(parsing: "sc://h/;token=t;use_ssl=false").usesTLS)
    }

    @Test(arguments: [
      "", "http://h", "sc://", "sc://:15002", "sc://h:", "sc://h:0", "sc://h:65536", "sc://h:x", "sc://a b",
      "sc://h/;token", "sc://h/;use_ssl=yes", "sc://h/;color=red", "sc://u@h", "sc://[::1", "sc://[::1]15",
    ])
    func malformedAddressesAreErrors(_ text: String) {
      let error = #expect(throws: SparkError.self) { try SparkAddress(parsing: text) }
      #expect(error?.reason == .usage)
    }
  }
#endif
