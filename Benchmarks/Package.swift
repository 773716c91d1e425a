// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "kindred-benchmarks",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "kindred-bench", targets: ["KindredBench"])],
  dependencies: [
    .package(name: "kindred", path: "..", traits: []),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
  ],
  targets: [
    .target(name: "CMachine"),
    .executableTarget(
      name: "KindredBench",
      dependencies: [
        "CMachine",
        .product(name: "Kindred", package: "kindred"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
