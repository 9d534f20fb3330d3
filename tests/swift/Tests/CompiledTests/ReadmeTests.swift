import Foundation
import XCTest

/// The README's own program: taken from its text, compiled and run.
final class ReadmeTests: XCTestCase {
    func testTheProgramInTheReadme() throws {
        let readme = try String(contentsOf: ios.appendingPathComponent("README.md"), encoding: .utf8)
        let blocks = readme.components(separatedBy: "```swift\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
        let program = try XCTUnwrap(blocks.first { $0.contains("VirtualWearable(time:") })
        let lines = program.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        XCTAssertLessThanOrEqual(lines.count, 25)

        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let source = folder.appendingPathComponent("main.swift")
        try program.write(to: source, atomically: true, encoding: .utf8)

        let executable = folder.appendingPathComponent("program").path
        let compiled = try Compiler().compile([source.path], with: ["LumbraKit", "LumbraGenerated"], to: executable)
        XCTAssertEqual(compiled.status, 0, compiled.output)

        let ran = try execute(executable, [])
        XCTAssertEqual(ran.status, 0, ran.output)
        let printed = ran.output.split(separator: "\n").map(String.init)
        // As the README shows it, but for what is another each time.
        let block = try XCTUnwrap(readme.components(separatedBy: "prints\n\n```text\n").dropFirst().first)
        let shown = block.components(separatedBy: "\n```")[0].split(separator: "\n").map(String.init)
        XCTAssertEqual(printed, shown)
        XCTAssertTrue(printed.contains { $0.contains("1200 s") && $0.contains("completed") }, ran.output)
    }
}
