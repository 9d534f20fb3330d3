import Foundation
import XCTest

/// The folder `ios` of the checkout.
let ios = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../../../ios").standardized

/// Swift's compiler, with what SwiftPM built beside this test.
struct Compiler {
    private let built: URL
    private let libraries: String

    init() throws {
        built = try XCTUnwrap(Bundle.main.executableURL).deletingLastPathComponent()
        libraries = try XCTUnwrap(ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"])
    }

    /// Compiles a program, with these modules of the package.
    func compile(
        _ sources: [String],
        with modules: [String],
        to executable: String,
        options: [String] = []
    ) throws -> (status: Int32, output: String) {
        let objects = try modules.flatMap { module in
            let folder = built.appendingPathComponent("\(module).build")
            return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
                .filter { $0.pathExtension == "o" }.map(\.path)
        }
        XCTAssertGreaterThan(objects.count, modules.count - 1)
        return try execute(
            "/usr/bin/swiftc",
            ["-swift-version", "6", "-warnings-as-errors", "-I", built.appendingPathComponent("Modules").path]
                + ["-I", ios.appendingPathComponent("Sources/LumbraFFI").path] + options + sources + objects
                + ["-L", libraries, "-llumbra_ffi", "-Xlinker", "--allow-shlib-undefined", "-o", executable])
    }
}

func execute(_ program: String, _ arguments: [String], in folder: URL? = nil) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = folder
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
}

func temporaryFolder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
}
