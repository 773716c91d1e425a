// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "own-algorithm",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "kindred", path: "../..", traits: [])],
  targets: [
    .executableTarget(name: "OwnAlgorithm", dependencies: [.product(name: "Kindred", package: "kindred")])
  ],
  swiftLanguageModes: [.v6]
)
