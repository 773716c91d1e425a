#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An atomic replacement of a file, which appears under its name only when it is complete.
///
/// Writes go to a temporary file in the same folder; `finish()` flushes it to the disk and renames it. Before that, an
/// existing file of that name is unchanged. Without a call of `finish()` it stays unchanged, and the temporary file is
/// removed. A path that is no regular file (`/dev/stdout`, a pipe) is written to directly.
///
/// ```swift
/// var file = try FileReplacement(of: "list.csv")
/// try file.write("user,item\n")
/// try file.finish()
/// ```
package struct FileReplacement: ~Copyable {
  /// The error of a file that could not be written.
  package struct Failure: Error, Equatable, CustomStringConvertible {
    /// The path of the file.
    package let path: String
    /// The system's error number (`errno`).
    package let code: Int32

    /// The reason, in a few words that a user can act on.
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

    /// The path and the reason, as one sentence.
    package var description: String { "cannot write \(path): \(reason)" }
  }

  private let path: String
  /// The path of the file to replace: `path` with its symbolic links resolved.
  private let target: String
  /// The path of the temporary file; nil if the target is written to directly.
  private let temporary: String?
  private var descriptor: Int32
  private var pending: [UInt8] = []
  private let registry: UnfinishedFiles
  private let slot: UnfinishedFiles.Slot?

  /// Starts the replacement of the file at `path`, which need not exist.
  ///
  /// - Throws: ``Failure`` if the file cannot be written.
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

  /// Opens a new temporary file beside the target, or the target itself if it is no regular file.
  private static func opened(
    _ path: String, target: String, noting registry: UnfinishedFiles
  ) throws(Failure) -> (temporary: String?, descriptor: Int32, slot: UnfinishedFiles.Slot?) {
    var old = stat()
    let exists = stat(target, &old) == 0
    if exists, old.st_mode & S_IFMT == S_IFDIR { throw Failure(path: path, code: EISDIR) }
    // Standard streams are not replaced even if they lead to a regular file: other processes may write to it too.
    let isStream = ["/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/"].contains { path.hasPrefix($0) }
    if isStream || (exists && old.st_mode & S_IFMT != S_IFREG) {
      let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
      if descriptor < 0 { throw Failure(path: path, code: errno) }
      return (nil, descriptor, nil)
    }
    if exists, access(target, W_OK) != 0 { throw Failure(path: path, code: errno) }
    // The name is random because process numbers are not unique among containers that share a folder.
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

  /// Appends text.
  package mutating func write(_ text: String) throws(Failure) {
    pending.append(contentsOf: text.utf8)
    if pending.count >= 1 << 16 { try flush() }
  }

  /// Appends bytes.
  package mutating func write(_ bytes: some Collection<UInt8>) throws(Failure) {
    pending.append(contentsOf: bytes)
    if pending.count >= 1 << 16 { try flush() }
  }

  /// Appends bytes; runs of 4 KiB or more are not copied.
  mutating func write(_ run: ByteRun) throws(Failure) {
    if run.count < 1 << 12 {
      pending.append(contentsOf: [UInt8]([run]))
    } else {
      try flush()
      try put(run)
    }
  }

  /// Flushes the temporary file to the disk and renames it to the target.
  ///
  /// - Throws: ``Failure`` if a write, the flush or the rename fails.
  package consuming func finish() throws(Failure) {
    try flush()
    guard let temporary else {
      try closeFile()
      return
    }
    if fsync(descriptor) != 0, errno != EINVAL, errno != ENOTSUP { throw Failure(path: path, code: errno) }
    try closeFile()
    if rename(temporary, target) != 0 { throw Failure(path: path, code: errno) }
    // The folder is flushed too, because it holds the new name. Some file systems cannot flush a folder, so a failure
    // is ignored: the new file is complete, but after a power failure the old one may be back under its name.
    let folder = open(Self.folder(of: target), O_RDONLY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  /// Removes the temporary files of all unfinished replacements of this process, as the last step of an interruption.
  ///
  /// It takes no lock and allocates no memory, so a signal handler may call it. Unfinished replacements cannot be
  /// finished afterwards.
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
      // Systems write at most 2 GiB per call.
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

/// Calls the system's `write`, whose name is hidden by the methods of ``FileReplacement``.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
