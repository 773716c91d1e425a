#if Spark
  /// An error of a Spark cluster or of the connection to it, with a sentence for users.
  package struct SparkError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Reason: Sendable, Equatable {
      /// The address or a setting is malformed.
      case usage
      /// No server answers, or the connection broke.
      case unreachable
      /// The server refuses the token.
      case unauthenticated
      /// The ratings are not where the address says.
      case missingInput
      /// The ratings, or what Spark sent, do not fit.
      case badData
      /// Spark failed.
      case failed
    }

    package var reason: Reason
    package var description: String

    package init(_ reason: Reason, _ description: String) {
      self.reason = reason
      self.description = description
    }

    /// The error of a failed call, with the first line of Spark's own cause.
    init(code: Code, message: String, server: String) {
      let cause = Self.cause(of: message)
      switch code {
      case .unavailable:
        self.init(
          .unreachable,
          "the Spark server at \(server) does not answer or broke off (\(cause)); start it, then run the command again")
      case .unauthenticated:
        self.init(
          .unauthenticated,
          "the Spark server at \(server) refuses the token (\(cause)); put the right one after "
            + "';token=' in the address")
      case .other where message.contains("[PATH_NOT_FOUND]"):
        self.init(.missingInput, "Spark finds no ratings: \(cause)")
      case .other where message.contains("SQLSTATE"):
        self.init(.badData, "Spark cannot use the ratings: \(cause)")
      case .other:
        self.init(.failed, "Spark failed: \(cause)")
      }
    }

    /// What an error's code says.
    enum Code { case unavailable, unauthenticated, other }

    /// The first line of a message, at most 400 characters of it.
    static func cause(of message: String) -> String {
      let line = message.split(whereSeparator: \.isNewline).first.map(String.init) ?? "no cause is given"
      return line.count > 400 ? line.prefix(400) + "…" : line
    }
  }
#endif
