// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "kindred",
  platforms: [.macOS(.v15)],
  products: [
    // Public API
    .library(name: "Kindred", targets: ["Kindred"]),
    .library(name: "KindredStore", targets: ["KindredStore"]),
    .executable(name: "kindred", targets: ["KindredCLI"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.4.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.90.0"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.30.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.20.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0"),
  ],
  targets: [
    // Public API
    .target(
      name: "Kindred",
      dependencies: [
        "CKindredKernels", "CZlib",
        .target(name: "COpenBLAS", condition: .when(platforms: [.linux])),  // Accelerate elsewhere
      ]),
    .target(
      name: "KindredStore",
      dependencies: [
        "Kindred",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
        .target(name: "CLibCrypto", condition: .when(platforms: [.linux])),  // CryptoKit elsewhere
      ]),
    .target(
      name: "KindredServer",
      dependencies: [
        "Kindred", "KindredPage", "KindredStore",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      exclude: ["Page"]),
    .executableTarget(
      name: "KindredCLI",
      dependencies: [
        "Kindred", "KindredStore", "KindredServer",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // Implementation
    .target(
      name: "KindredPage", path: "Sources/KindredServer/Page",
      // Compiled into the program; a module of its own, since that takes a while.
      resources: [
        "index.html", "style.css", "icon.svg", "app.js", "api.js", "dom.js", "films.js", "map.js",
        "gestures.js", "models.js", "scene.js",
      ].map { .embedInCode($0) }),
    .target(
      name: "CKindredKernels",
      exclude: ["README.md"],
      linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

    // Tests
    .testTarget(
      name: "KindredTests", dependencies: ["Kindred"],
      exclude: [
        "Saving/read_with_safetensors.py", "Evaluation/ranx_golden.py", "Evaluation/ranx_golden.csv",
        "Training/graph_filter_reference.py",
      ]),
    .testTarget(name: "KindredStoreTests", dependencies: ["KindredStore", "Kindred", "StoreWriter"]),
    .executableTarget(name: "StoreWriter", dependencies: ["KindredStore"], path: "Tests/StoreWriter"),
    .testTarget(
      name: "KindredServerTests",
      dependencies: [
        "KindredPage", "KindredServer", "KindredStore", "Kindred",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
        .product(name: "NIOCore", package: "swift-nio"),
      ]),
    .testTarget(name: "KindredCLITests", dependencies: ["KindredCLI", "Kindred"]),
  ],
  swiftLanguageModes: [.v6]
)

// The library's tests alone, for an optimised pass that need not wait for the others to compile.
if Context.environment["KINDRED_LIBRARY_TESTS"] != nil {
  package.targets.removeAll { $0.type == .test && $0.name != "KindredTests" }
}
