// swift-tools-version: 6.2
import PackageDescription

// Fuzzing of the readers with libFuzzer; `make fuzz` builds and runs it.
let package = Package(
  name: "kindred-fuzz",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "kindred", path: "..", traits: ["Store"])],
  targets: [
    .executableTarget(
      name: "KindredFuzz",
      dependencies: [
        .product(name: "Kindred", package: "kindred"), .product(name: "KindredStore", package: "kindred"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
