import Foundation
import LumbraKit
import Observation
import Support
import XCTest

/// What LumbraKit adds to the border: sequences, the observed model, closing, charts, and the generated names.
final class LumbraKitTests: XCTestCase {
    func testSnapshotsBeginWithThePresentOne() async throws {
        let world = try await World()
        let device = try await world.pair()
        let snapshots = device.snapshots
        let first = try await first(of: snapshots)
        XCTAssertEqual(first?.link, .connected)
        // Each loop hears for itself.
        let again = try await self.first(of: snapshots)
        XCTAssertEqual(again?.link, .connected)
        try await world.end()
    }

    func testSequencesEndWithTheCore() async throws {
        let world = try await World()
        let device = try await world.pair()
        let (snapshots, events) = (device.snapshots.makeAsyncIterator(), device.events.makeAsyncIterator())
        let last = Task {
            var (snapshots, last) = (snapshots, Snapshot?.none)
            while let snapshot = try await snapshots.next() { last = snapshot }
            return last
        }
        let heard = Task {
            var (events, heard) = (events, 0)
            while try await events.next() != nil { heard += 1 }
            return heard
        }
        try await world.lumbra.shutDown()
        try await world.wearable.passTime(ms: 1_000)
        let link = try await last.value?.link
        XCTAssertEqual(link, .closed)
        _ = try await heard.value
        // Where there is nothing to hear any more, a loop says so.
        await XCTAssertClosed { for try await _ in device.snapshots {} }
        await XCTAssertClosed { for try await _ in device.events {} }
        await XCTAssertClosed { for try await _ in world.lumbra.scan() {} }
        world.wearable.close()
    }

    func testASlowLoopHearsTheNewestSnapshot() async throws {
        let world = try await World()
        try await world.screen()
        let device = try await world.pair()
        let iterator = device.snapshots.makeAsyncIterator()
        _ = try await device.start(.plain())
        try await world.wearable.passTime(ms: 10_000)
        let now = try device.now()
        let heard = Task {
            var iterator = iterator
            return try await iterator.next()
        }
        let snapshot = try await heard.value
        XCTAssertEqual(snapshot?.phase, .running)
        XCTAssertLessThanOrEqual(now.elapsedS - (snapshot?.elapsedS ?? 0), 1)
        try await world.end()
    }

    func testEventsComeInOrder() async throws {
        let world = try await World()
        try await world.screen()
        let device = try await world.pair()
        let listening = device.events.makeAsyncIterator()
        let heard = Task {
            var listening = listening
            var kinds: [EventKind] = []
            while let event = try await listening.next() { kinds.append(event.kind) }
            return kinds
        }
        _ = try await device.start(.plain())
        _ = try await device.pause()
        try await world.wearable.passTime(ms: 5_000)
        _ = try await device.resume()
        try await world.wearable.passTime(ms: 5_000)
        _ = try await device.stop()
        try await world.wearable.passTime(ms: 5_000)
        try await world.lumbra.shutDown()
        let kinds = try await heard.value
        let session = kinds.filter {
            switch $0 {
            case .sessionBegun, .sessionPaused, .sessionResumed, .sessionEnded: true
            default: false
            }
        }
        guard session.count == 4, case .sessionBegun = session[0], case .sessionPaused = session[1],
            case .sessionResumed = session[2], case .sessionEnded(let outcome, let uncertain) = session[3]
        else { return XCTFail("\(kinds)") }
        XCTAssertEqual(outcome, "stopped")
        XCTAssertFalse(uncertain)
        world.wearable.close()
    }

    func testAModelIsObserved() async throws {
        try await Self.aModelIsObserved()
    }

    @MainActor
    private static func aModelIsObserved() async throws {
        let world = try await World()
        let device = try await world.pair()
        let model = try DeviceModel(device)
        XCTAssertEqual(model.snapshot.link, .connected)
        XCTAssertFalse(model.ended)
        let changed = Flag()
        withObservationTracking {
            _ = model.snapshot
        } onChange: {
            changed.raise()
        }
        try await world.wearable.goOutOfReach(forMs: 60_000)
        try await world.wearable.passTime(ms: 2_000)
        try await until("the change") { changed.isRaised }
        try await until("the lost link") { model.snapshot.link == .connecting }
        try await world.lumbra.shutDown()
        try await world.wearable.passTime(ms: 1_000)
        try await until("the end") { model.ended }
        world.wearable.close()
    }

    func testAModelGoesWhenNobodyHoldsIt() async throws {
        try await Self.aModelGoesWhenNobodyHoldsIt()
    }

    @MainActor
    private static func aModelGoesWhenNobodyHoldsIt() async throws {
        let world = try await World()
        let device = try await world.pair()
        var model: DeviceModel? = try DeviceModel(device)
        weak var gone = model
        try await Task.sleep(nanoseconds: 20_000_000)
        model = nil
        try await until("the model's end") { gone == nil }
        try await world.end()
    }

    func testShutDownAndCloseAreIdempotent() async throws {
        let world = try await World()
        let device = try await world.pair()
        try await world.lumbra.shutDown()
        try await world.lumbra.shutDown()
        world.lumbra.close()
        device.close()
        device.close()
        world.wearable.close()
        world.wearable.close()
        await XCTAssertClosed { _ = try await world.lumbra.devices() }
        await XCTAssertClosed { _ = try await device.stop() }
        await XCTAssertClosed { _ = try device.now() }
        await XCTAssertClosed { _ = try await world.wearable.status() }
        await XCTAssertClosed { for try await _ in device.snapshots {} }
        await XCTAssertClosed { for try await _ in device.events {} }
        await XCTAssertClosed { for try await _ in world.lumbra.scan() {} }
    }

    func testClosingWithoutWaitingCutsTheLink() async throws {
        let world = try await World()
        _ = try await world.pair()
        world.lumbra.close()
        try await world.wearable.passTime(ms: 1_000)
        let status = try await world.wearable.status()
        XCTAssertFalse(status.linked)
        world.wearable.close()
    }

    func testAChartIsUnpacked() async throws {
        var packed = Data([0xFF])
        for value in [0.0, 1.5, -2.25, .nan] {
            withUnsafeBytes(of: value.bitPattern.littleEndian) { packed.append(contentsOf: $0) }
        }
        // A slice does not begin at zero, and a torn last value is none.
        let values = Chart(firstDay: 0, packed: packed.dropFirst() + Data([1, 2, 3])).values
        XCTAssertEqual(values.count, 4)
        XCTAssertEqual(Array(values.prefix(3)), [0, 1.5, -2.25])
        XCTAssertTrue(values[3].isNaN)
        XCTAssertEqual(Chart(firstDay: 0, packed: packed.dropFirst()).values.count, 4)
        XCTAssertEqual(Chart(firstDay: 0, packed: Data()).values, [])
    }

    func testTheFunctions() throws {
        XCTAssertFalse(version().isEmpty)
        XCTAssertGreaterThan(profileVersion(), 0)
        XCTAssertTrue(programmes().contains { $0.id == "conventional" })
        XCTAssertGreaterThanOrEqual(screeningQuestions().count, 10)
    }

    func testAHandleOutlivesALoopThatThrows() async throws {
        struct Own: Error {}
        let world = try await World()
        let device = try await world.pair()
        let loop = Task {
            for try await _ in device.snapshots { throw Own() }
        }
        let result = await loop.result
        XCTAssertThrowsError(try result.get()) { XCTAssertTrue($0 is Own) }
        let outcome = try await device.identify()
        guard case .confirmed = outcome else { return XCTFail("\(outcome)") }
        try await world.end()
    }

    private func first<Element>(of updates: Updates<Element>) async throws -> Element? {
        for try await element in updates { return element }
        return nil
    }

    private func XCTAssertClosed(_ body: () async throws -> Void, line: UInt = #line) async {
        do {
            try await body()
            XCTFail("it is open", line: line)
        } catch {
            XCTAssertEqual(error as? LumbraError, .Closed, line: line)
        }
    }
}
