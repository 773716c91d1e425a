// swift-tools-version: 6.2
import PackageDescription

// What a target needs of other packages is fetched where its trait is on.
let store = TargetDependencyCondition.when(traits: ["Store"])
let server = TargetDependencyCondition.when(traits: ["Server"])
let command = TargetDependencyCondition.when(traits: ["Command"])
let postgres = TargetDependencyCondition.when(traits: ["Postgres"])
let spark = TargetDependencyCondition.when(traits: ["Spark"])

// The engines are optimised in debug builds too, where a training would take minutes instead of seconds.
let optimised: [SwiftSetting] = [.unsafeFlags(["-O", "-wmo", "-num-threads", "2"], .when(configuration: .debug))]

let package = Package(
  name: "kindred",
  platforms: [.macOS(.v15)],
  products: [
    // Public API
    .library(name: "Kindred", targets: ["Kindred"]),
    .library(name: "KindredStore", targets: ["KindredStore"]),
    .executable(name: "kindred", targets: ["KindredCLI"]),
  ],
  // Who wants the library alone names no trait, and fetches no other package.
  traits: [
    .default(enabledTraits: ["Store", "Server", "Command"]),
    .trait(name: "Store", description: "The store of feedback, in SQLite"),
    .trait(name: "Server", description: "The HTTP server and its page", enabledTraits: ["Store"]),
    .trait(name: "Command", description: "The command kindred", enabledTraits: ["Server"]),
    .trait(name: "Postgres", description: "The store in PostgreSQL, for several servers", enabledTraits: ["Store"]),
    .trait(name: "Spark", description: "Training on a Spark cluster"),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.4.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.11.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.90.0"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.30.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
    .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
    .package(url: "https://github.com/grpc/grpc-swift-protobuf", from: "2.4.1"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.20.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
  ],
  targets: [
    // Public API
    .target(
      name: "Kindred",
      dependencies: [
        "CKindredKernels", "CZlib", "KindredJSON",
        .target(name: "COpenBLAS", condition: .when(platforms: [.linux])),  // Accelerate elsewhere
      ],
      swiftSettings: optimised),
    .target(
      name: "KindredStore",
      dependencies: [
        "Kindred", "KindredJSON",
        .product(name: "Crypto", package: "swift-crypto", condition: store),
        .product(name: "GRDB", package: "GRDB.swift", condition: store),
        .product(name: "GRDBSQLite", package: "GRDB.swift", condition: store),
      ]),
    .target(
      name: "KindredServer",
      dependencies: [
        "Kindred", "KindredJSON", "KindredPage", "KindredStore",
        .product(name: "HTTPTypes", package: "swift-http-types", condition: server),
        .product(name: "Hummingbird", package: "hummingbird", condition: server),
        .product(name: "HummingbirdCore", package: "hummingbird", condition: server),
        .product(name: "Logging", package: "swift-log", condition: server),
        .product(name: "Metrics", package: "swift-metrics", condition: server),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio", condition: server),
        .product(name: "NIOCore", package: "swift-nio", condition: server),
        .product(name: "NIOHTTP1", package: "swift-nio", condition: server),
        .product(name: "NIOHTTPCompression", package: "swift-nio-extras", condition: server),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras", condition: server),
        .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras", condition: server),
        .product(name: "NIOPosix", package: "swift-nio", condition: server),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: server),
      ],
      exclude: ["Page"]),
    .target(
      name: "KindredSpark",
      dependencies: [
        "Kindred", "KindredJSON",
        .product(name: "GRPCCore", package: "grpc-swift-2", condition: spark),
        .product(name: "GRPCNIOTransportHTTP2", package: "grpc-swift-nio-transport", condition: spark),
        .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf", condition: spark),
        .product(name: "SwiftProtobuf", package: "swift-protobuf", condition: spark),
      ],
      exclude: ["Protocol/spark_connect.proto", "Protocol/generate"]),
    .executableTarget(
      name: "KindredCLI",
      dependencies: [
        "Kindred", "KindredJSON", "KindredPostgres", "KindredReport", "KindredServer", "KindredSpark", "KindredStore",
        .product(name: "Logging", package: "swift-log", condition: command),
        .product(name: "ArgumentParser", package: "swift-argument-parser", condition: command),
      ]),

    // Implementation
    .target(
      name: "KindredPostgres",
      dependencies: ["Kindred", "KindredJSON", "KindredStore", .target(name: "CPostgres", condition: postgres)]),
    .target(name: "KindredReport", dependencies: ["Kindred"]),
    .target(name: "KindredJSON", swiftSettings: optimised),
    .target(
      name: "KindredPage", path: "Sources/KindredServer/Page",
      // Compiled into the program; a module of its own, since that takes a while.
      resources: [
        "index.html", "style.css", "icon.svg", "app.js", "api.js", "dom.js", "films.js", "map.js",
        "gestures.js", "models.js", "compare.js", "scene.js", "start.js", "data.js", "admin.js",
        "snippets.js", "docs.html", "docs.js",
      ].map { .embedInCode($0) }),
    .target(
      name: "CKindredKernels",
      exclude: ["README.md"],
      cSettings: [.unsafeFlags(["-O2"], .when(configuration: .debug))],
      linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

    // Tests
    .testTarget(
      name: "KindredTests", dependencies: ["Kindred"],
      exclude: [
        "Saving/read_with_safetensors.py", "Evaluation/ranx_golden.py", "Evaluation/ranx_golden.csv",
        "Training/graph_filter_reference.py",
      ]),
    .testTarget(name: "KindredJSONTests", dependencies: ["KindredJSON"]),
    .testTarget(
      name: "KindredStoreTests",
      dependencies: ["KindredStore", "KindredPostgres", "KindredJSON", "Kindred", "StoreWriter"]),
    .executableTarget(name: "StoreWriter", dependencies: ["KindredStore"], path: "Tests/StoreWriter"),
    .testTarget(
      name: "KindredServerTests",
      dependencies: [
        "KindredPage", "KindredPostgres", "KindredServer", "KindredStore", "Kindred",
        .product(name: "HTTPTypes", package: "swift-http-types", condition: server),
        .product(name: "Hummingbird", package: "hummingbird", condition: server),
        .product(name: "Logging", package: "swift-log", condition: server),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio", condition: server),
        .product(name: "NIOCore", package: "swift-nio", condition: server),
      ]),
    .testTarget(name: "KindredSparkTests", dependencies: ["KindredSpark", "Kindred"]),
    .testTarget(name: "KindredCLITests", dependencies: ["KindredCLI", "KindredReport", "Kindred"]),
  ],
  swiftLanguageModes: [.v6]
)

// The plugin that writes the documentation; only `make docs` wants it.
if Context.environment["KINDRED_DOCS"] != nil {
  package.dependencies.append(.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0"))
}

// The library and its tests alone: nothing is fetched, and no other target waits to be compiled.
if Context.environment["KINDRED_LIBRARY_TESTS"] != nil {
  let library: Set = [
    "Kindred", "KindredJSON", "CKindredKernels", "COpenBLAS", "CZlib", "KindredTests", "KindredJSONTests",
  ]
  package.products.removeAll { !library.contains($0.name) }
  package.targets.removeAll { !library.contains($0.name) }
  package.dependencies.removeAll()
}

// The C interface, a static library that `make wheel` links into the Python package; nothing else waits for it.
if Context.environment["KINDRED_WHEEL"] != nil {
  let kept: Set = ["KindredC", "Kindred", "KindredJSON", "CKindredKernels", "COpenBLAS", "CZlib"]
  package.products.append(.library(name: "KindredC", type: .static, targets: ["KindredC"]))
  package.targets.append(
    .target(name: "KindredC", dependencies: ["Kindred", "KindredJSON"], exclude: ["kindred.h"]))
  package.products.removeAll { !kept.contains($0.name) }
  package.targets.removeAll { !kept.contains($0.name) }
  package.dependencies.removeAll()
}
