// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "films",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "kindred", path: "../..", traits: [])],
  targets: [
    .executableTarget(
      name: "films", dependencies: [.product(name: "Kindred", package: "kindred")], path: "Sources/Films")
  ],
  swiftLanguageModes: [.v6]
)
