#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file of lines that appears under its name all at once, when it is complete.
///
/// It is written beside its final place and renamed; without a line, or without `commit`, nothing appears.
final class RejectFile {
  /// Why the file could not be written.
  struct Failure: Error {
    let code: Int32
    var reason: String { String(cString: strerror(code)) }
  }

  private let path: String
  /// Where the lines go until they are complete; nil where the path is a device or a pipe, which no file may replace.
  private let temporaryPath: String?
  private var descriptor: Int32 = -1

  init(path: String) {
    self.path = path
    var information = stat()
    let isSpecial = stat(path, &information) == 0 && information.st_mode & S_IFMT != S_IFREG
    temporaryPath = isSpecial ? nil : "\(path).\(getpid()).\(UInt32.random(in: 0 ... .max)).partial"
  }

  deinit {
    if descriptor >= 0 {
      close(descriptor)
      if let temporaryPath { unlink(temporaryPath) }
    }
  }

  /// Adds bytes at the end.
  func append(_ bytes: [UInt8]) throws(Failure) {
    if descriptor < 0 {
      let creation = temporaryPath == nil ? 0 : O_CREAT | O_EXCL
      descriptor = open(temporaryPath ?? path, O_WRONLY | O_CLOEXEC | creation, 0o666)
      guard descriptor >= 0 else { throw Failure(code: errno) }
    }
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + written, $0.count - written) }
      if count < 0 {
        let code = errno
        if code == EINTR { continue }
        throw Failure(code: code)
      }
      written += count
    }
  }

  /// Puts the file in its place, if a line was written.
  func commit() throws(Failure) {
    guard descriptor >= 0 else { return }
    if let temporaryPath {
      guard fsync(descriptor) == 0, rename(temporaryPath, path) == 0 else { throw Failure(code: errno) }
    }
    close(descriptor)
    descriptor = -1
  }
}
