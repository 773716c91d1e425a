// swift-tools-version: 6.1
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
    .package(url: "https://github.com/apple/swift-crypto", "3.12.0"..<"5.0.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
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
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    .executableTarget(
      name: "KindredCLI",
      dependencies: [
        "Kindred", "KindredStore",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // Implementation
    .target(
      name: "CKindredKernels",
      linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

    // Tests
    .testTarget(
      name: "KindredTests", dependencies: ["Kindred", "CKindredKernels"],
      exclude: [
        "Saving/read_with_safetensors.py", "Evaluation/ranx_golden.py", "Evaluation/ranx_golden.csv",
        "Training/graph_filter_reference.py",
      ]),
    .testTarget(name: "KindredStoreTests", dependencies: ["KindredStore", "Kindred"]),
    .testTarget(name: "KindredCLITests", dependencies: ["KindredCLI", "Kindred"]),
  ],
  swiftLanguageModes: [.v6]
)
