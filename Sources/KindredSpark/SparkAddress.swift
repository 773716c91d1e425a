#if Spark
  /// The address of a Spark Connect server: `sc://host:port/;token=…;use_ssl=true`.
  package struct SparkAddress: Sendable, Equatable, CustomStringConvertible {
    package var host: String
    /// The port; 15002 if the address names none.
    package var port = 15002
    package var token: String?
    package var usesTLS = false
    package var user = "kindred"

    /// The address without the token, for messages.
    package var description: String { "\(host):\(port)" }

    /// Parses an address.
    ///
    /// A token turns TLS on unless `use_ssl=false` says otherwise, as in Spark's own clients.
    ///
    /// - Throws: ``SparkError`` with the reason ``SparkError/Reason/usage``.
    package init(parsing text: String) throws(SparkError) {
      func failure(_ reason: String) -> SparkError {
        SparkError(.usage, "the address of Spark \(reason); write sc://host:port/;token=…;use_ssl=true")
      }
      guard text.hasPrefix("sc://") else { throw failure("does not begin with sc://") }
      let parts = text.dropFirst(5).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
      var place = parts[0]
      if place.hasPrefix("["), let end = place.firstIndex(of: "]") {  // an address of IPv6
        host = String(place[place.index(after: place.startIndex)..<end])
        place = place[place.index(after: end)...]
      } else {
        host = String(place.prefix { $0 != ":" })
        place = place.drop { $0 != ":" }
      }
      guard !host.isEmpty, host.allSatisfy({ $0.isASCII && !$0.isWhitespace && $0 != ";" && $0 != "@" }) else {
        throw failure("names no host")
      }
      if !place.isEmpty {
        guard place.first == ":", let port = Int(place.dropFirst()), (1...65535).contains(port) else {
          throw failure("has no port between 1 and 65535")
        }
        self.port = port
      }
      var tls: Bool?
      for setting in (parts.count > 1 ? parts[1] : "").split(separator: ";") {
        let sides = setting.split(separator: "=", maxSplits: 1).map(String.init)
        guard sides.count == 2 else { throw failure("has a setting without a value") }
        switch sides[0] {
        case "token": token = sides[1]
        case "user_id": user = sides[1]
        case "use_ssl":
          guard let value = Bool(sides[1]) else { throw failure("has a use_ssl that is neither true nor false") }
          tls = value
        default: throw failure("has an unknown setting '\(sides[0])'")
        }
      }
      usesTLS = tls ?? (token != nil)
    }
  }
#endif
