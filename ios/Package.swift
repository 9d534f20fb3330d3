// swift-tools-version:6.0
import Foundation
import PackageDescription

// Apple platforms link the core as a binary; elsewhere it is a library of the system, for tests. The sources are the same.
#if canImport(Darwin)
let core = Target.binaryTarget(name: "LumbraFFI", path: "LumbraFFI.xcframework")
#else
let core = Target.systemLibrary(name: "LumbraFFI", path: "Sources/LumbraFFI")
#endif

// The tests build with warnings as errors. An app's build can't: SwiftPM allows no such flags in a dependency.
let strict = ProcessInfo.processInfo.environment["LUMBRA_STRICT"] == "1"

let package = Package(
    name: "LumbraKit",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [
        .library(name: "LumbraKit", targets: ["LumbraKit"]),
        // The bare border, for its own tests and benches. Apps need LumbraKit alone.
        .library(name: "LumbraGenerated", targets: ["LumbraGenerated"]),
    ],
    targets: [
        core,
        .target(
            name: "LumbraGenerated",
            dependencies: ["LumbraFFI"],
            swiftSettings: [.swiftLanguageMode(.v5)],
            linkerSettings: [
                .linkedLibrary("lumbra_ffi", .when(platforms: [.linux])),
                .linkedFramework("CoreBluetooth", .when(platforms: [.iOS, .macOS])),
                .linkedFramework("Security", .when(platforms: [.iOS, .macOS])),
            ]
        ),
        .target(
            name: "LumbraKit",
            dependencies: ["LumbraGenerated"],
            swiftSettings: [.swiftLanguageMode(.v6)] + (strict ? [.unsafeFlags(["-warnings-as-errors"])] : [])
        ),
    ]
)
