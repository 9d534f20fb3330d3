import Foundation
import XCTest

/// The key store on the Keychain, compiled against a stand-in for Apple's Security and tried on it.
final class KeychainTests: XCTestCase {
    func testTheKeyStoreOnAStandIn() throws {
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../keychain").standardized
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let module = try execute(
            "/usr/bin/swiftc",
            ["-swift-version", "6", "-parse-as-library", "-emit-library", "-static", "-emit-module", "-module-name", "Security"]
                + [sources.appendingPathComponent("Security.swift").path, "-o", "libSecurity.a"], in: folder)
        XCTAssertEqual(module.status, 0, module.output)

        let executable = folder.appendingPathComponent("program").path
        let store = ios.appendingPathComponent("Sources/LumbraKit/KeychainKeyStore.swift").path
        let compiled = try Compiler().compile(
            [sources.appendingPathComponent("main.swift").path, store], with: ["LumbraGenerated"], to: executable,
            options: ["-I", folder.path, "-L", folder.path, "-lSecurity"])
        XCTAssertEqual(compiled.status, 0, compiled.output)
        let ran = try execute(executable, [])
        XCTAssertEqual(ran.output, "ok\n")
        XCTAssertEqual(ran.status, 0)
    }
}
