#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Says on a terminal, once, that the library was built for debugging.
enum DebugBuild {
  /// Writes the sentence to standard error at the first access.
  static let warning: Void = {
    #if DEBUG
      guard isatty(2) == 1 else { return }
      var sentence = "This is a debug build; one built with -c release trains faster.\n"
      sentence.withUTF8 { bytes in
        if let base = bytes.baseAddress { _ = write(2, base, bytes.count) }
      }
    #endif
  }()
}
