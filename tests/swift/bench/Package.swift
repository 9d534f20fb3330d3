// swift-tools-version:6.0
import PackageDescription

let package = Package(
    name: "LumbraBench",
    platforms: [.macOS(.v14)],
    dependencies: [.package(path: "../../../ios")],
    targets: [
        .executableTarget(
            name: "bench",
            dependencies: [
                .product(name: "LumbraKit", package: "ios"),
                .product(name: "LumbraGenerated", package: "ios"),
            ])
    ]
)
