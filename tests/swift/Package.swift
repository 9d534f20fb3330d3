// swift-tools-version:6.0
import Foundation
import PackageDescription

let strict = ProcessInfo.processInfo.environment["LUMBRA_STRICT"] == "1"
let settings: [SwiftSetting] = strict ? [.unsafeFlags(["-warnings-as-errors"])] : []
let kit = Target.Dependency.product(name: "LumbraKit", package: "ios")
let border = Target.Dependency.product(name: "LumbraGenerated", package: "ios")

let package = Package(
    name: "LumbraTests",
    platforms: [.macOS(.v14)],
    dependencies: [.package(path: "../../ios")],
    targets: [
        .target(name: "Support", dependencies: [kit], swiftSettings: settings),
        .testTarget(name: "ScenarioTests", dependencies: [kit, "Support"], swiftSettings: settings),
        .testTarget(name: "LumbraKitTests", dependencies: [kit, "Support"], swiftSettings: settings),
        .testTarget(name: "CancelTests", dependencies: [kit, border, "Support"], swiftSettings: settings),
        .testTarget(name: "TortureTests", dependencies: [kit, border, "Support"], swiftSettings: settings),
        .testTarget(name: "CompiledTests", dependencies: [kit], swiftSettings: settings),
    ]
)
