#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The bytes of a file, read-only, whose pages the system loads on first access.
///
/// A regular file is mapped, unless a copy is asked for; any other readable file (a pipe, `/dev/stdin`) is read into
/// memory.
final class MappedFile: @unchecked Sendable {
  /// The error of a file that could not be opened or read.
  struct Failure: Error {
    let path: String
    let code: Int32
    var isMissing: Bool { code == ENOENT || code == ENOTDIR }
    var reason: String {
      switch code {
      case EISDIR: "it is a folder; name a file"
      case EACCES, EPERM: "permission is denied"
      default: String(cString: strerror(code))
      }
    }
  }

  let base: UnsafeRawPointer
  let count: Int
  private let isMapped: Bool

  /// Whether there is a file.
  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// - Parameter isCopied: Whether the bytes are read into memory. The pages of a mapped file are gone once another
  ///   program cuts the file short, and touching them ends the process.
  init(contentsOf path: String, isCopied: Bool = false) throws(Failure) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Failure(path: path, code: errno) }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0 else { throw Failure(path: path, code: errno) }
    if information.st_mode & S_IFMT == S_IFDIR { throw Failure(path: path, code: EISDIR) }
    let isRegular = information.st_mode & S_IFMT == S_IFREG
    if isRegular, information.st_size > 0, !isCopied {
      guard let bytes = mmap(nil, Int(information.st_size), PROT_READ, MAP_PRIVATE, descriptor, 0), bytes != MAP_FAILED
      else { throw Failure(path: path, code: errno) }
      base = UnsafeRawPointer(bytes)
      count = Int(information.st_size)
      isMapped = true
      return
    }
    let block = 1 << 16
    var capacity = (isRegular ? Int(information.st_size) : 0) + block
    var bytes = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 64)
    var length = 0
    while true {
      if capacity - length < block {
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity * 2, alignment: 64)
        larger.copyMemory(from: bytes, byteCount: length)
        bytes.deallocate()
        bytes = larger
        capacity *= 2
      }
      let got = read(descriptor, bytes + length, block)
      if got == 0 { break }
      if got < 0 {
        let code = errno
        if code == EINTR { continue }
        bytes.deallocate()
        throw Failure(path: path, code: code)
      }
      length += got
    }
    base = UnsafeRawPointer(bytes)
    count = length
    isMapped = false
  }

  /// Creates a copy of bytes in memory.
  init(copying bytes: some Collection<UInt8>) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 64)
    copy.copyBytes(from: bytes)
    base = UnsafeRawPointer(copy.baseAddress!)
    count = bytes.count
    isMapped = false
  }

  deinit {
    if isMapped {
      munmap(UnsafeMutableRawPointer(mutating: base), count)
    } else {
      base.deallocate()
    }
  }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }
}
