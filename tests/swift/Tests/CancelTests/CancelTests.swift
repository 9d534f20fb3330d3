import Foundation
import LumbraGenerated
@testable import LumbraKit
import Support
import XCTest

/// Cancelling a task stops the core within one round trip, as the wearable sees it. A message takes up to 10 ms of virtual time each way.
final class CancelTests: XCTestCase {
    private static let delayMs: UInt64 = 10
    private static let roundTripMs = 2 * delayMs
    /// Longer than any test looks, by far.
    private static let agesMs: UInt64 = 1_000 * 24 * 3_600_000

    func testScan() async throws {
        let world = try await World()
        try await world.wearable.disturb(losePerMille: 0, delayMaxMs: Self.delayMs)
        let scanning = Task {
            for try await _ in world.lumbra.scan() {}
        }
        try await until("the scan") { try await world.wearable.status().scanned }
        scanning.cancel()
        try await world.wearable.passTime(ms: Self.roundTripMs)
        let after = try await world.wearable.status()
        XCTAssertFalse(after.scanned)
        try await scanning.value
        try await world.end()
    }

    func testAScanEndsWithItsLoop() async throws {
        let world = try await World()
        let found = Flag()
        let first = Task { () -> String? in
            for try await discovered in world.lumbra.scan() {
                found.raise()
                return discovered.id
            }
            return nil
        }
        while !found.isRaised {
            try await world.wearable.passTime(ms: 100)
        }
        let id = try await first.value
        XCTAssertEqual(id, "virtual")
        try await world.wearable.passTime(ms: Self.roundTripMs)
        let after = try await world.wearable.status()
        XCTAssertFalse(after.scanned)
        try await world.end()
    }

    func testConnectWhileLooking() async throws {
        let world = try await World()
        try await world.pair().disconnect()
        try await world.wearable.disturb(losePerMille: 0, delayMaxMs: Self.delayMs)
        try await world.wearable.goOutOfReach(forMs: Self.agesMs)
        let connecting = Task { try await world.lumbra.connect(withinMs: .max) }
        // It looks, and would look on: virtual time flies meanwhile.
        try await world.wearable.passTime(ms: 60_000)
        try await cancel(connecting, in: world) { status in
            XCTAssertFalse(status.scanned)
            XCTAssertFalse(status.linked)
        }
        // Back in reach, nobody waits for it: until somebody does.
        try await world.wearable.goOutOfReach(forMs: 0)
        try await staysApart(world)
    }

    func testConnectWhileLinked() async throws {
        let world = try await World()
        try await world.pair().disconnect()
        // The link comes, and nothing on it.
        try await world.wearable.disturb(losePerMille: 1_000, delayMaxMs: Self.delayMs)
        let connecting = Task { try await world.lumbra.connect(withinMs: .max) }
        try await until("the link") { try await world.wearable.status().linked }
        try await cancel(connecting, in: world) { status in
            XCTAssertFalse(status.scanned)
            XCTAssertFalse(status.linked)
        }
        try await world.wearable.disturb(losePerMille: 0, delayMaxMs: 0)
        try await staysApart(world)
    }

    func testConnected() async throws {
        let world = try await World()
        let device = try await world.pair()
        try await world.wearable.goOutOfReach(forMs: Self.agesMs)
        try await world.wearable.passTime(ms: 1_000)
        let waiting = Task { try await device.connected(withinMs: .max) }
        try await world.wearable.passTime(ms: 60_000)
        // Only the waiting ends: a wearable that is in hand is looked for on.
        try await cancel(waiting, in: world) { _ in }
        try await world.wearable.disturb(losePerMille: 0, delayMaxMs: 0)
        try await world.wearable.goOutOfReach(forMs: 0)
        let snapshot = try await device.connected(withinMs: Self.agesMs)
        XCTAssertEqual(snapshot.link, .connected)
        try await world.end()
    }

    func testExport() async throws {
        let world = try await World()
        let device = try await world.pair()
        let file = world.folder.path + "/export.json"
        let stored = try await storeRecords(world)
        let still = try Stillness(device)
        let exporting = Task { try await world.lumbra.export(file: file) }
        try await until("the transfer") { try await world.wearable.status().sendingRecords }
        try await world.wearable.disturb(losePerMille: 0, delayMaxMs: Self.delayMs)
        try await cancel(exporting, in: world, while: still) { status in
            XCTAssertFalse(status.sendingRecords)
            XCTAssertTrue(status.linked)
        }
        let left = try await world.wearable.status().storedRecords
        XCTAssertGreaterThanOrEqual(left, stored)
        let files = try FileManager.default.contentsOfDirectory(atPath: world.folder.path)
        XCTAssertFalse(files.contains { $0.hasPrefix("export") }, "\(files)")
        // Nothing is lost: the next one has them.
        try await world.wearable.disturb(losePerMille: 0, delayMaxMs: 0)
        let summary = try await world.lumbra.export(file: file)
        XCTAssertGreaterThanOrEqual(summary.fetched, stored)
        XCTAssertGreaterThan(summary.bytes, 0)
        try await world.end()
    }

    func testFetchRecords() async throws {
        let world = try await World()
        let device = try await world.pair()
        _ = try await storeRecords(world)
        let still = try Stillness(device)
        let fetching = Task { try await device.fetchRecords() }
        try await until("the transfer") { try await world.wearable.status().sendingRecords }
        try await world.wearable.disturb(losePerMille: 0, delayMaxMs: Self.delayMs)
        try await cancel(fetching, in: world, while: still) { status in
            XCTAssertFalse(status.sendingRecords)
        }
        try await world.end()
    }

    func testPairWhileThePersonLooksForTheLabel() async throws {
        let world = try await World()
        let asked = Flag()
        let calledOff = Flag()
        let pairing = Task {
            try await world.lumbra.pair(id: "virtual") { _ in
                asked.raise()
                // Ends when it is cancelled.
                try? await Task.sleep(nanoseconds: .max / 2)
                calledOff.raise()
                return nil
            }
        }
        try await until("the question") { asked.isRaised }
        try await cancel(pairing, in: world) { status in
            XCTAssertFalse(status.linked)
        }
        try await until("the question's end") { calledOff.isRaised }
        let devices = try await world.lumbra.devices()
        XCTAssertEqual(devices, [])
        try await world.end()
    }

    func testATaskThatIsCancelledAlready() async throws {
        let world = try await World()
        try await world.pair().disconnect()
        let begin = Flag()
        let connecting = Task {
            while !begin.isRaised { await Task.yield() }
            return try await world.lumbra.connect()
        }
        connecting.cancel()
        begin.raise()
        try await isCancelled(connecting)
        try await staysApart(world)
    }

    /// Cancels, lets one round trip pass, and looks at the wearable; then the call must have ended as cancelled.
    private func cancel<Success: Sendable>(
        _ task: Task<Success, any Error>,
        in world: World,
        while still: Stillness? = nil,
        look: (WearableStatus) -> Void
    ) async throws {
        task.cancel()
        still?.end()
        try await world.wearable.passTime(ms: Self.roundTripMs)
        look(try await world.wearable.status())
        try await isCancelled(task)
    }

    private func isCancelled<Success: Sendable>(_ task: Task<Success, any Error>) async throws {
        let ended = Kept<Result<Success, any Error>?>(nil)
        Task {
            let result = await task.result
            ended.change { $0 = result }
        }
        try await until("the end of what was cancelled") { ended.value != nil }
        guard case .failure(let error)? = ended.value else { return XCTFail("it was not cancelled") }
        XCTAssertEqual(error as? LumbraError, .Cancelled)
    }

    /// Nobody looks for the wearable any more, for as long as one might.
    private func staysApart(_ world: World) async throws {
        for _ in 0..<60 {
            try await world.wearable.passTime(ms: 1_000)
            let status = try await world.wearable.status()
            XCTAssertFalse(status.scanned || status.linked)
        }
        // It could have been had all the time.
        try await world.wearable.disturb(losePerMille: 0, delayMaxMs: 0)
        _ = try await world.lumbra.connect()
        try await world.end()
    }

    /// Lets the wearable remember four hours, which take longer to send than a round trip; gives how many records it has at least.
    private func storeRecords(_ world: World) async throws -> UInt64 {
        // What it remembered of the pairing comes by itself.
        try await world.wearable.passTime(ms: 10_000)
        try await world.wearable.remember(minutes: 240)
        let stored = try await world.wearable.status().storedRecords
        XCTAssertGreaterThan(stored, 200)
        return stored
    }
}

/// Virtual time stands still while an observer is called: so a transfer can be caught in its middle. It needs the bare border, as nothing of
/// LumbraKit blocks.
private final class Stillness: SnapshotObserver, @unchecked Sendable {
    private let over = DispatchSemaphore(value: 0)
    private let begun = DispatchSemaphore(value: 0)
    // Unchecked, and safe: it is set once, before anyone else sees this.
    private var subscription: Subscription?

    /// From now on.
    init(_ device: LumbraKit.Device) throws {
        subscription = try device.handle.call { try $0.observe(observer: self) }
        begun.wait()
    }

    /// Time passes again.
    func end() {
        subscription?.cancel()
        over.signal()
    }

    func onSnapshot(snapshot: LumbraKit.Snapshot) {
        begun.signal()
        over.wait()
    }
}
