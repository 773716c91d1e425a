import HTTPTypes
import Hummingbird
import KindredStore
import NIOConcurrencyHelpers
import NIOCore

/// Decides which requests are allowed: by key, by the site that the page is from, and by rate.
final class AccessControl: Sendable {
  private let store: any Store
  private let locked: NIOLockedValueBox<Bool>
  private let rate: Int?
  private let buckets = NIOLockedValueBox<[String: Bucket]>([:])

  private struct Bucket {
    var tokens: Double
    var time: ContinuousClock.Instant
  }

  init(_ store: any Store, needsKey: Bool, rate: Int?) {
    self.store = store
    locked = NIOLockedValueBox(needsKey)
    self.rate = rate
  }

  /// Whether a key is needed; without any the server is for this machine alone.
  var needsKey: Bool { locked.withLockedValue { $0 } }

  /// Takes note of the first key. A server that had keys never does without.
  func refresh() async throws {
    if !needsKey, try await !store.keys().isEmpty { locked.withLockedValue { $0 = true } }
  }

  /// Refuses a client that asks too often, and without keys the pages of other sites.
  func admit(_ request: Request, _ context: ServerContext) throws {
    try checkRate(of: context.address ?? "")
    if !needsKey { try checkHost(request) }
  }

  /// Refuses a client whose key does not allow this.
  ///
  /// - Returns: Whether the client may write.
  func check(_ access: Route.Access, _ request: Request) async throws -> Bool {
    if access == .open { return false }
    if !needsKey {
      try checkSite(request)
      return true
    }
    guard let text = request.key else {
      throw ServerError(
        .unauthorized, "key_needed", "A key is needed, in the header X-API-Key.",
        headers: [.wwwAuthenticate: "Bearer"])
    }
    guard let key = try await store.key(text) else {
      throw ServerError(.unauthorized, "key_unknown", "This key is unknown.", headers: [.wwwAuthenticate: "Bearer"])
    }
    if access == .write, key.role != .admin {
      throw ServerError(.forbidden, "key_read_only", "This key may only read.")
    }
    return key.role == .admin
  }

  /// Refuses names of other machines: without keys, a page of another site must not reach the server by a name of its
  /// own that was made to point here.
  private func checkHost(_ request: Request) throws {
    guard let host = request.head.authority else { return }
    let port = host.utf8.lastIndex(of: UInt8(ascii: ":")) ?? host.endIndex
    let name = host.hasSuffix("]") ? host : String(host[..<port])
    guard LoopbackHost.contains(name.hasPrefix("[") ? String(name.dropFirst().dropLast()) : name) else {
      throw ServerError(.forbidden, "foreign_host", "Without keys this server answers to localhost alone.")
    }
  }

  /// Refuses what a browser asks for on behalf of a page of another site, by any method: a GET may write too.
  private func checkSite(_ request: Request) throws {
    let isForeignSite = request.headers[.secFetchSite].map { !["same-origin", "none"].contains($0) } ?? false
    let isForeignOrigin = request.headers[.origin].map { $0 != "http://\(request.head.authority ?? "")" } ?? false
    if isForeignSite || isForeignOrigin {
      throw ServerError(.forbidden, "foreign_origin", "A page of another site may not use this server.")
    }
  }

  private func checkRate(of client: String) throws {
    guard let rate else { return }
    let now = ContinuousClock.now
    let allowed = buckets.withLockedValue { buckets in
      // Clients that were quiet long enough to have a full bucket need none.
      if buckets.count > 10_000 { buckets = buckets.filter { $0.value.time > now - .seconds(2) } }
      var bucket = buckets[client] ?? Bucket(tokens: Double(2 * rate), time: now)
      bucket.tokens = min(Double(2 * rate), bucket.tokens + (now - bucket.time) / .seconds(1) * Double(rate))
      bucket.time = now
      let allowed = bucket.tokens >= 1
      if allowed { bucket.tokens -= 1 }
      buckets[client] = bucket
      return allowed
    }
    if !allowed {
      throw ServerError(
        .tooManyRequests, "too_many_requests", "More than \(rate) requests a second.", headers: [.retryAfter: "1"])
    }
  }
}

extension Request {
  /// The key that comes with the request.
  fileprivate var key: String? {
    if let key = headers[.apiKey] { return key }
    guard let authorization = headers[.authorization], authorization.lowercased().hasPrefix("bearer ") else {
      return nil
    }
    return String(authorization.dropFirst(7))
  }
}

extension HTTPField.Name {
  fileprivate static let apiKey = HTTPField.Name("X-API-Key") ?? .authorization
  fileprivate static let secFetchSite = HTTPField.Name("Sec-Fetch-Site") ?? .origin
}

/// The hosts that are this machine: `localhost`, 127.0.0.0/8 and ::1.
enum LoopbackHost {
  /// Whether a host is this machine. A name that merely starts like an address is none.
  static func contains(_ host: String) -> Bool {
    if host.lowercased() == "localhost" { return true }
    guard let address = (try? SocketAddress(ipAddress: host, port: 0))?.ipAddress else { return false }
    return address == "::1" || address.hasPrefix("127.")
  }
}
