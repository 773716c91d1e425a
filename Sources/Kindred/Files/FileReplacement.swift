#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file that appears under its name all at once, when it is complete.
///
/// What is written goes to a temporary file in the same folder; `finish()` flushes it to the disk and gives it the name. Until then, and
/// for good if it never comes to that, a file that already has the name stays as it was, and the temporary file is removed. A name that
/// stands for no regular file (`/dev/stdout`, a pipe) is written to directly.
///
/// ```swift
/// var file = try FileReplacement(of: "list.csv")
/// try file.write("user,item\n")
/// try file.finish()
/// ```
package struct FileReplacement: ~Copyable {
  /// Why a file could not be written.
  package struct Failure: Error, Equatable, CustomStringConvertible {
    /// The file that was to be written.
    package let path: String
    /// The system's error number.
    package let code: Int32

    /// Why, in a few words that a user can act on.
    package var reason: String {
      switch code {
      case ENOENT, ENOTDIR: "its folder does not exist"
      case EISDIR: "it is a folder"
      case ENOSPC, EDQUOT: "the disk is full"
      case EACCES, EPERM: "permission is denied"
      case EROFS: "the disk is read-only"
      default: String(cString: strerror(code))
      }
    }

    /// One sentence.
    package var description: String { "cannot write \(path): \(reason)" }
  }

  private let path: String
  /// The path that will be replaced: `path` with its symbolic links followed.
  private let target: String
  /// The file that is written meanwhile; nil where the target is written to directly.
  private let temporary: String?
  private var descriptor: Int32
  private var pending: [UInt8] = []
  private let registry: UnfinishedFiles
  private let slot: UnfinishedFiles.Slot?

  /// Starts to write a file that will be at `path`, in place of one that may be there.
  package init(of path: String) throws(Failure) {
    try self.init(of: path, noting: .shared)
  }

  init(of path: String, noting registry: UnfinishedFiles) throws(Failure) {
    let target = Self.followed(path)
    let opened = try Self.opened(path, target: target, noting: registry)
    self.path = path
    self.target = target
    self.registry = registry
    temporary = opened.temporary
    descriptor = opened.descriptor
    slot = opened.slot
  }

  /// Opens what is written to: a new temporary file beside a regular one, or something else itself.
  private static func opened(
    _ path: String, target: String, noting registry: UnfinishedFiles
  ) throws(Failure) -> (temporary: String?, descriptor: Int32, slot: UnfinishedFiles.Slot?) {
    var old = stat()
    let exists = stat(target, &old) == 0
    if exists, old.st_mode & S_IFMT == S_IFDIR { throw Failure(path: path, code: EISDIR) }
    // The standard streams are not replaced even where they lead to a regular file: others write there too.
    let isStream = ["/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/"].contains { path.hasPrefix($0) }
    if isStream || (exists && old.st_mode & S_IFMT != S_IFREG) {
      let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
      if descriptor < 0 { throw Failure(path: path, code: errno) }
      return (nil, descriptor, nil)
    }
    if exists, access(target, W_OK) != 0 { throw Failure(path: path, code: errno) }
    // The name is random rather than the process's number: two containers that share a folder can have the same one.
    let temporary = "\(folder(of: target))/.kindred-\(UInt64.random(in: .min ... .max).hexadecimal).tmp"
    let slot = registry.note(temporary)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    if descriptor < 0 {
      let code = errno
      if let slot { registry.release(slot) }
      throw Failure(path: path, code: code)
    }
    if exists { fchmod(descriptor, old.st_mode & 0o777) }
    return (temporary, descriptor, slot)
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if let temporary { unlink(temporary) }
    if let slot { registry.release(slot) }
  }

  /// Adds text.
  package mutating func write(_ text: String) throws(Failure) {
    pending.append(contentsOf: text.utf8)
    if pending.count >= 1 << 16 { try flush() }
  }

  /// Adds bytes.
  package mutating func write(_ bytes: some Collection<UInt8>) throws(Failure) {
    pending.append(contentsOf: bytes)
    if pending.count >= 1 << 16 { try flush() }
  }

  /// Adds bytes, without a copy.
  mutating func write(_ run: ByteRun) throws(Failure) {
    if run.count < 1 << 12 {
      pending.append(contentsOf: [UInt8]([run]))
    } else {
      try flush()
      try put(run)
    }
  }

  /// Flushes what was written to the disk and puts it in its place.
  package consuming func finish() throws(Failure) {
    try flush()
    guard let temporary else {
      try closeFile()
      return
    }
    if fsync(descriptor) != 0, errno != EINVAL, errno != ENOTSUP { throw Failure(path: path, code: errno) }
    try closeFile()
    if rename(temporary, target) != 0 { throw Failure(path: path, code: errno) }
    // The new name itself is on the disk once the folder is; where a file system cannot do that, nothing is lost but certainty.
    let folder = open(Self.folder(of: target), O_RDONLY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  /// Removes the temporary files of every replacement under way in this process; call it last, when the process is interrupted.
  ///
  /// It takes no lock and no memory, so that a signal handler may call it. A replacement that was under way cannot be finished any more.
  package static func removeUnfinished() {
    UnfinishedFiles.shared.removeAll()
  }

  private mutating func flush() throws(Failure) {
    if pending.isEmpty { return }
    let run = ByteRun(pending)
    pending.removeAll(keepingCapacity: true)
    try put(run)
  }

  private func put(_ run: ByteRun) throws(Failure) {
    var done = 0
    while done < run.count {
      // No system takes more than 2 GiB at once.
      let written = run.withUnsafeBytes {
        systemWrite(descriptor, $0.baseAddress! + done, min($0.count - done, 1 << 30))
      }
      if written < 0 {
        let code = errno
        if code == EINTR { continue }
        throw Failure(path: path, code: code)
      }
      done += written
    }
  }

  private mutating func closeFile() throws(Failure) {
    let code = close(descriptor) == 0 ? 0 : errno
    descriptor = -1
    if code != 0, code != EINTR { throw Failure(path: path, code: code) }
  }

  private static func followed(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}

/// The system's `write`, whose name the methods above hide.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
