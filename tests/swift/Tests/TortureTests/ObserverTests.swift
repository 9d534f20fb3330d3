import Foundation
import LumbraGenerated
@testable import LumbraKit
import Support
import XCTest

/// Observers at the bare border that throw, are slow, call back in, cancel themselves, or are gone.
final class ObserverTests: LeakCheckedTestCase {
    struct Own: Error {}

    func testAnObserverThatThrowsIsCalledAgain() async throws {
        let world = try await World()
        let device = try await world.pair()
        let calls = Kept(0)
        let errors: [any Error] = [
            Own(), PortError.Failed(reason: "\u{0}"), PortError.Unavailable(reason: ""), LumbraError.Cancelled,
            CancellationError(), RadioError.Off,
        ]
        let subscription = try observe(device) { _ in
            calls.change { $0 += 1 }
            throw errors[calls.value % errors.count]
        }
        for _ in 0..<10 {
            try await world.wearable.goOutOfReach(forMs: 1_000)
            try await world.wearable.passTime(ms: 60_000)
        }
        XCTAssertGreaterThan(calls.value, errors.count)
        guard case .confirmed = try await device.identify() else { return XCTFail("the device suffered") }
        subscription.cancel()
        try await world.end()
    }

    func testASlowObserverHoldsUpNothingAndMissesWhatIsOld() async throws {
        let world = try await World(time: .real)
        let device = try await world.pair()
        let release = DispatchSemaphore(value: 0)
        let inside = Flag()
        let calls = Kept(0)
        let subscription = try observe(device) { _ in
            calls.change { $0 += 1 }
            inside.raise()
            release.wait()
        }
        try await until("the call") { inside.isRaised }
        // It stands in its first call, and everyone else goes on.
        for _ in 0..<5 {
            guard case .confirmed = try await device.identify() else { return XCTFail("held up") }
        }
        let snapshot = try await first(of: device.snapshots)
        XCTAssertEqual(snapshot?.link, .connected)
        XCTAssertEqual(calls.value, 1)
        subscription.cancel()
        release.signal()
        try await world.end()
    }

    func testAnObserverMayCallBackIn() async throws {
        let world = try await World()
        let device = try await world.pair()
        let answers = Kept<[LumbraKit.LinkState]>([])
        let subscription = try observe(device) { _ in
            _ = try device.info
            let again = try observe(device) { _ in }
            again.cancel()
            answers.change { [now = try device.now().link] in $0.append(now) }
            let waited = DispatchSemaphore(value: 0)
            Task {
                _ = try? await device.identify()
                waited.signal()
            }
            waited.wait()
        }
        try await world.wearable.passTime(ms: 10_000)
        subscription.cancel()
        let status = try await world.wearable.status()
        XCTAssertGreaterThan(status.identified, 0)
        XCTAssertEqual(answers.value.first, .connected)
        try await world.end()
    }

    func testCancelInsideACallback() async throws {
        let world = try await World()
        let device = try await world.pair()
        let own = Kept<Subscription?>(nil)
        let calls = Kept(0)
        let ready = DispatchSemaphore(value: 0)
        let subscription = try observe(device) { _ in
            ready.wait()
            calls.change { $0 += 1 }
            own.value?.cancel()
            own.value?.cancel()
            own.change { $0 = nil }
        }
        own.change { $0 = subscription }
        ready.signal()
        try await world.wearable.goOutOfReach(forMs: 5_000)
        try await world.wearable.passTime(ms: 60_000)
        XCTAssertEqual(calls.value, 1)
        try await world.end()
    }

    func testShutDownInsideACallback() async throws {
        let world = try await World()
        let device = try await world.pair()
        let closed = Flag()
        let subscription = try observe(device) { _ in
            let done = DispatchSemaphore(value: 0)
            Task {
                try? await world.lumbra.shutDown()
                closed.raise()
                done.signal()
            }
            done.wait()
        }
        try await until("the shut-down") { closed.isRaised }
        do {
            _ = try await world.lumbra.devices()
            XCTFail("it is open")
        } catch {
            XCTAssertEqual(error, .Closed)
        }
        subscription.cancel()
        world.wearable.close()
    }

    func testNoCallAfterTheSubscriberIsGone() async throws {
        let world = try await World()
        let device = try await world.pair()
        let calls = Kept(0)
        weak var observer: Closure?
        do {
            let made = Closure { _ in calls.change { $0 += 1 } }
            observer = made
            let subscription = try device.handle.call { try $0.observe(observer: made) }
            try await world.wearable.passTime(ms: 1_000)
            subscription.cancel()
        }
        // A call that had begun may still end.
        try await until("the observer's end") { observer == nil }
        let before = calls.value
        XCTAssertGreaterThan(before, 0)
        try await world.wearable.goOutOfReach(forMs: 5_000)
        try await world.wearable.passTime(ms: 60_000)
        XCTAssertEqual(calls.value, before)
        try await world.end()
    }

    func testASubscriptionThatIsDroppedEnds() async throws {
        let world = try await World()
        let device = try await world.pair()
        let calls = Kept(0)
        _ = try observe(device) { _ in calls.change { $0 += 1 } }
        try await world.wearable.passTime(ms: 1_000)
        let before = calls.value
        try await world.wearable.goOutOfReach(forMs: 5_000)
        try await world.wearable.passTime(ms: 60_000)
        XCTAssertEqual(calls.value, before)
        try await world.end()
    }

    func testHundredsOfLoopsAtOnce() async throws {
        let world = try await World()
        let device = try await world.pair()
        try await withThrowingTaskGroup(of: Optional<LumbraKit.LinkState>.self) { group in
            for index in 0..<300 {
                group.addTask {
                    if index % 3 == 0 {
                        for try await _ in device.events { return nil }
                        return .connected
                    }
                    return try await first(of: device.snapshots)?.link
                }
            }
            try await world.wearable.passTime(ms: 1_000)
            try await world.wearable.goOutOfReach(forMs: 1_000)
            try await world.wearable.passTime(ms: 1_000)
            try await world.lumbra.shutDown()
            for try await link in group {
                XCTAssertTrue(link == nil || link == .connected || link == .connecting)
            }
        }
        world.wearable.close()
    }
}

/// An observer that is a closure.
final class Closure: SnapshotObserver {
    private let body: @Sendable (LumbraKit.Snapshot) throws -> Void

    init(_ body: @escaping @Sendable (LumbraKit.Snapshot) throws -> Void) {
        self.body = body
    }

    func onSnapshot(snapshot: LumbraKit.Snapshot) throws {
        try body(snapshot)
    }
}

func observe(
    _ device: LumbraKit.Device,
    _ body: @escaping @Sendable (LumbraKit.Snapshot) throws -> Void
) throws(LumbraKit.LumbraError) -> Subscription {
    try device.handle.call { try $0.observe(observer: Closure(body)) }
}

func first<Element>(of updates: Updates<Element>) async throws -> Element? {
    for try await element in updates { return element }
    return nil
}
