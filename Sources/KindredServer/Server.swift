import Foundation
import Hummingbird
import HummingbirdCore
import Kindred
import KindredStore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOHTTPTypesHTTP1
import ServiceLifecycle

/// A server of recommendations over one store: JSON for programs, a page for users.
public struct Server: Sendable {
  /// Where it listens, its limits, and when it trains.
  public struct Settings: Sendable {
    /// The address to listen at; beyond this machine only where the store has keys.
    public var host = "127.0.0.1"
    /// The port; 0 takes a free one.
    public var port = 8080
    /// Limits of requests and connections.
    public var limits = Limits()
    /// Train after this many new ratings; nil for a tenth of those that the model was trained on, at least 1,000.
    public var trainingRatings: Int?
    /// Train when this time has passed and there are new ratings; nil for never.
    public var trainingInterval: Duration?

    /// Creates the settings that a server has by default.
    public init() {}

    /// Whether the address is one of this machine alone.
    var isLoopback: Bool { LoopbackHost.contains(host) }
  }

  let service: RecommendationService
  let jobs: TrainingJobs
  let accessControl: AccessControl
  let responder: Responder
  private let settings: Settings

  /// Prepares a server: reads the store's items and its current model, if it has one.
  ///
  /// - Throws: ``ServerFailure`` if it may not listen there, and `StoreError`.
  public init(_ store: any Store, settings: Settings = Settings(), logger: Logger) async throws {
    let needsKey = try await !store.keys().isEmpty
    guard needsKey || settings.isLoopback else { throw ServerFailure.needsKey(host: settings.host) }
    self.settings = settings
    service = RecommendationService(store, limits: settings.limits, logger: logger)
    jobs = TrainingJobs(service)
    accessControl = AccessControl(store, needsKey: needsKey, rate: settings.limits.requestsPerSecond)
    let routes = Self.routes(service, jobs, accessControl)
    responder = Responder(routes, accessControl: accessControl, service: service)
    try await load()
  }

  static func routes(
    _ service: RecommendationService, _ jobs: TrainingJobs, _ accessControl: AccessControl
  ) -> [Route] {
    var routes =
      service.systemRoutes + service.overviewRoutes + service.dataRoutes + service.itemRoutes + service.userRoutes
      + service.recommendationRoutes + service.eventRoutes
      + service.trendRoutes + service.similarityRoutes + service.mapRoutes + service.modelRoutes(jobs)
      + service.importRoutes(ImportJobs(service, jobs)) + service.keyRoutes(accessControl)
      + service.gorseDataRoutes
      + service.gorseListRoutes
    let document = OpenAPI(routes: routes).document
    routes.append(
      Route(.get, "/openapi.json", .open, "This document", answer: .anything) { _ in .json(document) })
    return routes + service.pageRoutes
  }

  /// Gets ready; with data and no model, by training one in the background.
  private func load() async throws {
    do {
      try await service.load()
    } catch let error as StoreError where error.isOfModelFile {
      service.logger.error("the current model cannot be read and is trained anew", metadata: ["error": "\(error)"])
    }
    if service.model != nil { return }
    if try await service.store.counts().feedbackCount > 0 {
      // If another server trains, its model comes when it is ready.
      if try await !jobs.startIfFree() { try await jobs.serveFallback() }
    } else {
      service.isReady = true
    }
  }

  /// Serves until the task is cancelled; then requests under way are finished first.
  ///
  /// - Parameter listening: called with the port once the server can be reached.
  /// - Throws: ``ServerFailure`` if the address cannot be taken; `CancellationError` at the end.
  public func run(listening: @escaping @Sendable (Int) async -> Void) async throws {
    let background = BackgroundWork(
      service: service, jobs: jobs, accessControl: accessControl,
      schedule: BackgroundWork.Schedule(newRatings: settings.trainingRatings, interval: settings.trainingInterval))
    let application = Application(
      responder: responder,
      server: .http1(configuration: channel),
      configuration: ApplicationConfiguration(
        address: .hostname(settings.host, port: settings.port), serverName: "Kindred",
        availableConnectionsDelegate: .maximum(settings.limits.connections, logger: quiet)),
      services: [background], onServerRunning: { await listening($0.localAddress?.port ?? 0) }, logger: quiet)
    var configuration = ServiceGroupConfiguration(services: [application], logger: quiet)
    configuration.maximumGracefulShutdownDuration = .seconds(10)
    let group = ServiceGroup(configuration: configuration)
    do {
      try await withTaskCancellationHandler {
        // A task of its own: to be cancelled must not cut off the requests under way.
        try await Task { try await group.run() }.value
      } onCancel: {
        Task {
          await group.triggerGracefulShutdown()
          // A client that follows a training would keep the server from closing.
          await jobs.stop()
        }
      }
    } catch let error as IOError {
      throw ServerFailure(error, settings)
    } catch is SocketAddressError.UnknownHost {
      throw ServerFailure.cannotListen(host: settings.host, port: settings.port, reason: "there is no such host")
    }
    try await service.store.close()
    try Task.checkCancellation()
  }

  /// The framework's own messages are of interest only where they are errors.
  private var quiet: Logger {
    var logger = service.logger
    logger.logLevel = max(.warning, logger.logLevel)
    return logger
  }

  private var channel: HTTP1Channel.Configuration {
    let limits = settings.limits
    return HTTP1Channel.Configuration(
      additionalChannelHandlers: [ConnectionGuard(limits)],
      httpDecoderConfiguration: .init(
        maxHeaderFieldSize: limits.headBytes, maxHeaderListSize: limits.headBytes, maxHeaderFieldCount: 100))
  }
}

extension StoreError {
  fileprivate var isOfModelFile: Bool { if case .modelFile = reason { true } else { false } }
}
