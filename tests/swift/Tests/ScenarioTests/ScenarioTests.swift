import Foundation
import XCTest

/// Every scenario of the folder, each a test.
final class ScenarioTests: XCTestCase {
    private static let played = [
        "a_new_phone",
        "first_start",
        "out_of_envelope_refusals",
        "pain_and_history",
        "pair",
        "plan_of_ones_own",
        "posture_settings",
        "restart_in_the_middle",
        "screening_refuses",
        "session_with_pads_off_and_link_loss",
        "two_sided_stop",
    ]

    func testANewPhone() async throws { try await check("a_new_phone") }
    func testFirstStart() async throws { try await check("first_start") }
    func testOutOfEnvelopeRefusals() async throws { try await check("out_of_envelope_refusals") }
    func testPainAndHistory() async throws { try await check("pain_and_history") }
    func testPair() async throws { try await check("pair") }
    func testPlanOfOnesOwn() async throws { try await check("plan_of_ones_own") }
    func testPostureSettings() async throws { try await check("posture_settings") }
    func testRestartInTheMiddle() async throws { try await check("restart_in_the_middle") }
    func testScreeningRefuses() async throws { try await check("screening_refuses") }
    func testSessionWithPadsOffAndLinkLoss() async throws { try await check("session_with_pads_off_and_link_loss") }
    func testTwoSidedStop() async throws { try await check("two_sided_stop") }

    func testEveryFileIsPlayed() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: scenarios.path)
        let names = files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
        XCTAssertEqual(names, Self.played)
    }

    private func check(_ name: String) async throws {
        XCTAssertTrue(Self.played.contains(name))
        do {
            try await play(name)
            report(name, "ok")
        } catch {
            report(name, "FAIL")
            XCTFail("\(error)")
        }
    }

    private func report(_ name: String, _ result: String) {
        print("scenario \(name) swift \(result)")
        guard let path = ProcessInfo.processInfo.environment["LUMBRA_SCENARIO_RESULTS"] else { return }
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        guard let file = FileHandle(forWritingAtPath: path) else { return XCTFail("\(path) can't be written") }
        file.seekToEndOfFile()
        file.write(Data("\(name)\t\(result)\n".utf8))
        file.closeFile()
    }
}
