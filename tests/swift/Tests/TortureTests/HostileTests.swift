import Foundation
import LumbraKit
import Support
import XCTest

/// Huge, empty and hostile values in every argument of every public function: a result, or a LumbraError that is no fault of the core;
/// nothing crashes, hangs or is corrupted.
final class HostileTests: LeakCheckedTestCase {
    static let texts: [String] = [
        "", " ", "\u{0}", "a\u{0}b", "\n\r\t", "..", "../..", "/", "lower-back", "conventional",
        "'; DROP TABLE sessions; --", "%s%n%x", "\\u0000", "{\"a\":1}", "<b>", "🦶🏽", "e\u{301}\u{301}\u{301}",
        "\u{202E}hctiws", "\u{FEFF}", "\u{FFFF}", String(repeating: "x", count: 2_001),
        String(repeating: "ü", count: 1_000_000),
    ]
    static let doubles: [Double] = [
        0, -0.0, 1, -1, 0.049999, .leastNonzeroMagnitude, .infinity, -.infinity, .nan, .signalingNaN, .greatestFiniteMagnitude,
        -.greatestFiniteMagnitude, 65_535.9, 6_553.6, 1e9, 4_294_967_296,
    ]
    static let words64: [UInt64] = [0, 1, 1 << 31, 1 << 32, 1 << 63, .max - 1, .max]
    static let words32: [UInt32] = [0, 1, 2, 3_660, 65_536, 1 << 31, .max - 1, .max]
    static let words16: [UInt16] = [0, 1, 999, 1_000, 1_001, .max]
    static let bytes: [UInt8] = [0, 1, 10, 11, 100, 101, .max]

    func testTheCoresTexts() async throws {
        let world = try await World()
        _ = try await world.pair()
        for text in Self.texts {
            let short = text.prefix(12)
            await tried("device \(short)") { () throws(LumbraError) in try await world.lumbra.device(which: text).close() }
            await tried("connect \(short)") { () throws(LumbraError) in
                try await world.lumbra.connect(which: text, withinMs: 1).close()
            }
            await tried("records \(short)") { () throws(LumbraError) in _ = try await world.lumbra.records(which: text, count: 1) }
            await tried("pair \(short)") { () throws(LumbraError) in
                try await world.lumbra.pair(id: text, name: text) { _ in 1 }.close()
            }
            await tried("place \(short)") { () throws(LumbraError) in
                _ = try await world.lumbra.addPain(score: 1, context: .diary, place: text)
            }
            await tried("note \(short)") { () throws(LumbraError) in
                let entry = try await world.lumbra.addPain(score: 1, context: .diary, note: text)
                XCTAssertEqual(entry.note, text.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty ? entry.note : text)
            }
            await tried("answer \(short)") { () throws(LumbraError) in
                _ = try await world.lumbra.answerScreening([text: .yes, text + "x": .unsure])
            }
            await tried("forget \(short)") { () throws(LumbraError) in _ = try await world.lumbra.forget(which: "no-" + text) }
        }
        let many = Dictionary(uniqueKeysWithValues: (0..<100_000).map { ("question \($0)", ScreeningAnswer.no) })
        await tried("many answers") { () throws(LumbraError) in _ = try await world.lumbra.answerScreening(many) }
        await tried("no answers") { () throws(LumbraError) in _ = try await world.lumbra.answerScreening([:], clinicianAgreed: true) }
        try await isSound(world)
    }

    func testPaths() async throws {
        let world = try await World()
        _ = try await world.pair()
        for text in Self.texts {
            // Within a folder of their own: a hostile path is still a path.
            let path = text.isEmpty || text.contains("\u{0}") ? text : world.folder.path + "/paths/" + text
            await tried("export \(text.prefix(12))") { () throws(LumbraError) in _ = try await world.lumbra.export(file: path) }
            await tried("backup \(text.prefix(12))") { () throws(LumbraError) in
                _ = try await world.lumbra.backUp(file: path, passphrase: text)
            }
            await tried("restore \(text.prefix(12))") { () throws(LumbraError) in
                _ = try await restoreBackup(dataDir: path + "/none", file: path, passphrase: "kettle orbit velvet eleven")
            }
            await tried("open \(text.prefix(12))") { () throws(LumbraError) in
                try await Lumbra.openDemo(dataDir: path, wearable: world.wearable).shutDown()
            }
        }
        for path in ["/proc/none", "/dev/null", "/dev/null/x", "/dev/full"] {
            await tried("open \(path)") { () throws(LumbraError) in try await Lumbra.open(dataDir: path).shutDown() }
        }
        await tried("export to nowhere") { () throws(LumbraError) in _ = try await world.lumbra.export(file: "/proc/none/x") }
        try await isSound(world)
    }

    func testTheCoresNumbers() async throws {
        let world = try await World()
        _ = try await world.pair()
        for number in Self.words32 {
            await tried("history \(number)") { () throws(LumbraError) in _ = try await world.lumbra.history(days: number) }
            await tried("commands \(number)") { () throws(LumbraError) in _ = try await world.lumbra.commands(days: number) }
            await tried("records \(number)") { () throws(LumbraError) in _ = try await world.lumbra.records(count: number) }
            await tried("months \(number)") { () throws(LumbraError) in _ = try await world.lumbra.hoursOfMonths(number) }
            await tried("hours \(number)") { () throws(LumbraError) in
                _ = try await world.lumbra.hoursOf(localDay: Int32(bitPattern: number))
            }
            await tried("beside \(number)") { () throws(LumbraError) in
                _ = try await world.lumbra.painBesidePosture(days: number, lagDays: number)
            }
            for metric in [
                ChartMetric.painMean, .stimulatedMinutes, .uprightMinutes, .slouchedMinutes, .uprightShare, .wornMinutes, .sessions,
            ] {
                await tried("chart \(number)") { () throws(LumbraError) in
                    let values = try await world.lumbra.chart(metric, days: number).values
                    XCTAssertEqual(values.count, Int(number))
                }
            }
        }
        for number in Self.doubles {
            await tried("cap \(number)") { () throws(LumbraError) in try await world.lumbra.setOwnCap(limitMa: number) }
        }
        try await world.lumbra.setOwnCap(limitMa: nil)
        for number in Self.bytes {
            await tried("goal \(number)") { () throws(LumbraError) in
                _ = try await world.lumbra.setPostureGoal(sharePercent: number)
            }
            await tried("settings \(number)") { () throws(LumbraError) in
                try await world.lumbra.setPostureSettings(
                    PostureSettings(
                        mode: .training, sensitivity: .high, delayS: UInt16(number), strengthPercent: number,
                        quiet: QuietTime(fromMin: UInt16(number), toMin: 0), breakAfterMin: number))
            }
            for context in [PainContext.beforeSession, .afterSession, .diary] {
                await tried("pain \(number)") { () throws(LumbraError) in
                    let entry = try await world.lumbra.addPain(score: number, context: context)
                    XCTAssertLessThanOrEqual(entry.score, 10)
                }
            }
        }
        for number in Self.words64 {
            await tried("connect \(number)") { () throws(LumbraError) in try await world.lumbra.connect(withinMs: number).close() }
        }
        try await isSound(world)
    }

    func testCommands() async throws {
        let world = try await World()
        try await world.screen()
        let device = try await world.pair()
        for text in Self.texts {
            await tried("programme \(text.prefix(12))") { () throws(LumbraError) in
                _ = try await device.start(SessionRequest(programme: text, minutes: 20, skinIntact: true, padUses: 1))
            }
            _ = try await device.stop()
            await tried("pain before \(text.prefix(12))") { () throws(LumbraError) in
                _ = try await device.start(
                    SessionRequest(programme: "conventional", minutes: 20, skinIntact: true, padUses: 1, painBefore: text))
            }
            _ = try await device.stop()
        }
        for number in Self.words32 {
            for request in [
                SessionRequest(programme: "conventional", minutes: number, skinIntact: true, padUses: 1),
                SessionRequest(programme: "conventional", minutes: 20, skinIntact: true, padUses: 1, graceS: number),
                SessionRequest(
                    programme: "conventional", minutes: 20, skinIntact: false,
                    padUses: UInt16(truncatingIfNeeded: number)),
            ] {
                await tried("start \(request)") { () throws(LumbraError) in _ = try await device.start(request) }
                _ = try await device.stop()
            }
            await tried("nudge \(number)") { () throws(LumbraError) in
                _ = try await device.setNudge(enabled: true, thresholdDeg: 20, delayS: number, strengthPercent: 50)
            }
        }
        for number in Self.bytes {
            await tried("nudge \(number)") { () throws(LumbraError) in
                _ = try await device.setNudge(enabled: true, thresholdDeg: 20, delayS: 60, strengthPercent: number)
            }
        }
        for number in Self.doubles {
            await tried("nudge \(number)") { () throws(LumbraError) in
                _ = try await device.setNudge(enabled: false, thresholdDeg: number, delayS: 60, strengthPercent: 50)
            }
            for areas in [[number, number], [nil, number], [number], Array(repeating: number, count: 100_000)] as [[Double?]] {
                await tried("pads \(number)") { () throws(LumbraError) in
                    _ = try await device.start(
                        SessionRequest(
                            programme: "conventional", minutes: 20, skinIntact: true, padUses: 1, padAreasCm2: areas))
                }
                _ = try await device.stop()
            }
        }
        try await world.wearable.passTime(ms: 3_600_000)
        guard case .confirmed = try await device.start(.plain()) else { return XCTFail("no session") }
        for number in Self.doubles {
            for targets in [[number, number], [number], [], [number, 0], Array(repeating: number, count: 100_000)] {
                await tried("intensity \(number)") { () throws(LumbraError) in
                    _ = try await device.setIntensity(targetsMa: targets)
                }
            }
        }
        _ = try await device.stop()
        let status = try await world.wearable.status()
        // The table's largest value that may pass is 1 mA; what flowed, measured, is near it.
        XCTAssertTrue(status.highestMa.allSatisfy { $0 < 1.5 }, "\(status.highestMa)")
        try await isSound(world)
    }

    func testWaits() async throws {
        let world = try await World()
        let device = try await world.pair()
        for number in Self.words64 {
            await tried("connected \(number)") { () throws(LumbraError) in _ = try await device.connected(withinMs: number) }
        }
        try await device.disconnect()
        for number in Self.words64 where number <= 1 << 32 {
            await tried("connected \(number)") { () throws(LumbraError) in _ = try await device.connected(withinMs: number) }
        }
        try await isSound(world)
    }

    func testTheWearable() async throws {
        let world = try await World()
        let device = try await world.pair()
        for number in Self.words64 {
            await tried("button \(number)") { () throws(LumbraError) in try await world.wearable.pressButton(heldMs: number) }
            await tried("time \(number)") { () throws(LumbraError) in
                if number <= 1 || number > 1 << 33 { try await world.wearable.passTime(ms: number) }
            }
            await tried("reach \(number)") { () throws(LumbraError) in
                try await world.wearable.goOutOfReach(forMs: number)
                try await world.wearable.passTime(ms: 1_000)
                try await world.wearable.goOutOfReach(forMs: 0)
                _ = try await device.connected(withinMs: 600_000)
            }
            await tried("delay \(number)") { () throws(LumbraError) in
                try await world.wearable.disturb(losePerMille: 0, delayMaxMs: number)
                _ = try? await device.identify()
                try await world.wearable.disturb(losePerMille: 0, delayMaxMs: 0)
                try await world.wearable.passTime(ms: 60_000)
            }
        }
        for number in Self.words16 {
            await tried("loss \(number)") { () throws(LumbraError) in
                try await world.wearable.disturb(losePerMille: number, delayMaxMs: 0)
                _ = try? await device.identify()
                try await world.wearable.disturb(losePerMille: 0, delayMaxMs: 0)
                try await world.wearable.passTime(ms: 60_000)
            }
        }
        for number in Self.words32 {
            await tried("minutes \(number)") { () throws(LumbraError) in
                try await world.wearable.remember(minutes: number)
            }
            for contact in [Contact.good, .poor, .off, .unknown] {
                await tried("contact \(number)") { () throws(LumbraError) in
                    try await world.wearable.setContact(channel: number, contact: contact)
                }
            }
        }
        for number in Self.doubles {
            await tried("battery \(number)") { () throws(LumbraError) in
                try await world.wearable.setBattery(percent: number)
                try await world.wearable.passTime(ms: 2_000)
                _ = try device.now()
            }
        }
        try await world.wearable.setBattery(percent: 90)
        try await isSound(world)
    }

    /// Tries something. Any result will do, and any error but a fault of the core.
    private func tried(_ what: String, line: UInt = #line, _ body: () async throws(LumbraError) -> Void) async {
        do throws(LumbraError) {
            try await body()
        } catch {
            if case .Internal = error { XCTFail("\(what): \(error)", line: line) }
        }
    }

    /// The core still works, and its data is whole.
    private func isSound(_ world: World, line: UInt = #line) async throws {
        let entry = try await world.lumbra.addPain(score: 4, context: .diary, note: "sound")
        try await world.lumbra.shutDown()
        let again = try await Lumbra.openDemo(dataDir: world.folder.path, wearable: world.wearable)
        XCTAssertEqual(try again.setAside, [], line: line)
        let pain = try await again.history(days: 1).pain
        XCTAssertTrue(pain.contains { $0.entryId == entry.entryId && $0.note == "sound" }, line: line)
        let device = try await again.connect(withinMs: 600_000)
        guard case .confirmed = try await device.identify() else { return XCTFail("no command", line: line) }
        try await again.shutDown()
        world.wearable.close()
    }
}
