import Foundation
import HummingbirdCore
import NIOCore

/// Why a server does not run.
public enum ServerFailure: Error, Sendable, CustomStringConvertible {
  /// Something else listens there.
  case portTaken(port: Int)
  /// The address cannot be listened at.
  case cannotListen(host: String, port: Int, reason: String)
  /// Without a key the server is for this machine alone.
  case needsKey(host: String)

  init(_ error: IOError, _ settings: Server.Settings) {
    self =
      error.errnoCode == EADDRINUSE
      ? .portTaken(port: settings.port)
      : .cannotListen(host: settings.host, port: settings.port, reason: error.localizedDescription)
  }

  public var description: String {
    switch self {
    case .portTaken(let port): "port \(port) is taken"
    case .cannotListen(let host, let port, let reason): "cannot listen at \(host), port \(port): \(reason)"
    case .needsKey(let host):
      "without keys the server is for this machine alone, and \(host) is beyond it"
    }
  }
}
