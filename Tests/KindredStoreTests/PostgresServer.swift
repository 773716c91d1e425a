#if Postgres
  import Foundation

  @testable import KindredStore

  /// A PostgreSQL server for the tests: a private cluster in a temporary folder, reached by a Unix socket.
  ///
  /// The programs are those of `pg_config --bindir`, or of the newest version in Debian's place. PostgreSQL refuses to
  /// run as root, so then it runs as `postgres`.
  final class PostgresServer: Sendable {
    /// The server that the tests share; it ends with their process.
    static let shared: PostgresServer = {
      let server = PostgresServer()
      server.start()
      atexit { PostgresServer.shared.remove() }
      return server
    }()

    private let folder: String
    private let binaries: String

    init() {
      // A path of a socket is short.
      folder = "/tmp/kindred-pg-\(UInt32.random(in: .min ... .max))"
      let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
      binaries = versions.compactMap { Int($0) }.max().map { "/usr/lib/postgresql/\($0)/bin" } ?? "/usr/local/bin"
      try? FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o777])
      run("\(binaries)/initdb -D \(folder)/data -A trust -U kindred -E UTF8 --locale C.UTF-8 --no-sync >/dev/null")
    }

    /// The location of a store in a schema of its own.
    func location(of schema: String) -> String {
      "postgres:///postgres?host=\(folder)&user=kindred&schema=\(schema)"
    }

    func start() {
      run(
        "\(binaries)/pg_ctl -D \(folder)/data -w -l \(folder)/data/log "
          + "-s -o '-k \(folder) -c listen_addresses= -c fsync=off -c max_connections=400' start >/dev/null")
    }

    /// Ends the server as a crash does.
    func stop() { run("\(binaries)/pg_ctl -D \(folder)/data -m immediate stop >/dev/null") }

    /// Runs a statement with psql.
    func sql(_ statement: String) -> String {
      run("\(binaries)/psql -h \(folder) -U kindred -d postgres -tA -c \"\(statement)\"")
    }

    func remove() {
      stop()
      run("rm -rf \(folder)/data")
      try? FileManager.default.removeItem(atPath: folder)
    }

    @discardableResult
    private func run(_ command: String) -> String {
      let output = NSTemporaryDirectory() + "kindred-pg-\(UUID().uuidString)"
      defer { try? FileManager.default.removeItem(atPath: output) }
      let shell = getuid() == 0 ? "su postgres -s /bin/sh -c \(command.quoted)" : "sh -c \(command.quoted)"
      // The server outlives the command: it must inherit nothing by whose end `Process` knows that others have ended.
      let closing = #"for fd in $(ls /dev/fd); do [ "$fd" -gt 2 ] && eval "exec $fd>&-"; done 2>/dev/null"#
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/bash")
      process.arguments = ["-c", "\(closing); cd /; \(shell) >\(output.quoted) 2>/dev/null </dev/null"]
      guard (try? process.run()) != nil else { return "" }
      process.waitUntilExit()
      return (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
    }
  }

  extension String {
    /// The text as one word of a shell.
    fileprivate var quoted: String { "'" + replacing("'", with: "'\\''") + "'" }
  }
#endif
