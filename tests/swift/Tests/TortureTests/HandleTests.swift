import Foundation
import LumbraGenerated
@testable import LumbraKit
import Support
import XCTest

/// Handles: by the thousand, dropped, closed while in use, on any thread; and a fault of the core.
final class HandleTests: LeakCheckedTestCase {
    func testTenThousandOpenedAndClosed() async throws {
        let world = try await World()
        _ = try await world.pair()
        let before = LumbraKit.liveObjects()
        for index in 0..<10_000 {
            let device = try await world.lumbra.device()
            device.close()
            if index % 1_000 == 0 { device.close() }
        }
        try await until("the handles' end") { LumbraKit.liveObjects() <= before }
        guard case .confirmed = try await world.lumbra.device().identify() else { return XCTFail("the core suffered") }
        try await world.end()
    }

    func testTenThousandWearables() throws {
        for _ in 0..<10_000 {
            try LumbraKit.VirtualWearable(time: .real).close()
        }
    }

    func testHundredsOfCores() async throws {
        let folder = try Folder()
        let wearable = try LumbraKit.VirtualWearable(time: .virtual)
        for index in 0..<300 {
            let lumbra = try await LumbraKit.Lumbra.openDemo(dataDir: folder.path, wearable: wearable)
            XCTAssertEqual(try lumbra.setAside, [])
            if index % 2 == 0 { _ = try await lumbra.addPain(score: 1, context: .diary) }
            try await lumbra.shutDown()
        }
        let lumbra = try await LumbraKit.Lumbra.openDemo(dataDir: folder.path, wearable: wearable)
        let pain = try await lumbra.history(days: 400).pain
        XCTAssertEqual(pain.count, 150)
        try await lumbra.shutDown()
        wearable.close()
    }

    func testDroppedWithoutClosing() async throws {
        for _ in 0..<20 {
            let world = try await World()
            let device = try await world.pair()
            var iterator: Updates<LumbraKit.Snapshot>.AsyncIterator? = device.snapshots.makeAsyncIterator()
            _ = try await iterator?.next()
            iterator = nil
        }
        // What is alive afterwards is looked at when the test ends.
    }

    func testDroppedInTheMiddleOfACall() async throws {
        for _ in 0..<20 {
            let world = try await World()
            let device = try await world.pair()
            let call = Task { [lumbra = world.lumbra] in try await lumbra.export(file: world.folder.path + "/e.json") }
            let other = Task { try await device.identify() }
            world.lumbra.close()
            device.close()
            world.wearable.close()
            for result in [await call.result.map { _ in }, await other.result.map { _ in }] {
                if case .failure(let error) = result {
                    XCTAssertTrue(error is LumbraKit.LumbraError, "\(error)")
                }
            }
        }
    }

    func testAPanicIsAnError() async throws {
        let world = try await World()
        let device = try await world.pair()
        do {
            try await world.lumbra.handle.call { try await $0.torturePanic() }
            XCTFail("no error")
        } catch {
            guard case .Internal(let reason) = error else { return XCTFail("\(error)") }
            XCTAssertFalse(reason.contains("asked for by a test"), reason)
        }
        do {
            try world.lumbra.handle.call { try $0.torturePanicHere() }
            XCTFail("no error")
        } catch {
            guard case .Internal(let reason) = error else { return XCTFail("\(error)") }
            XCTAssertFalse(reason.contains("asked for by a test"), reason)
        }
        // And everything goes on.
        guard case .confirmed = try await device.identify() else { return XCTFail("the core suffered") }
        try await world.end()
    }

    func testAnyThread() async throws {
        let world = try await World(time: .real)
        let device = try await world.pair()
        let failures = Kept<[String]>([])
        let done = DispatchGroup()
        for index in 0..<32 {
            done.enter()
            let thread = Thread {
                defer { done.leave() }
                do {
                    for _ in 0..<50 {
                        _ = try device.now()
                        _ = try device.info
                        _ = try world.wearable.name
                        let subscription = try observe(device) { _ in }
                        if index % 2 == 0 { subscription.cancel() }
                    }
                } catch {
                    failures.change { $0.append("\(error)") }
                }
            }
            thread.stackSize = 64 * 1_024 * (1 + index % 8)
            thread.start()
        }
        let called = await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
            DispatchQueue.main.async {
                let now = try? device.now()
                continuation.resume(returning: now != nil)
            }
        }
        XCTAssertTrue(called)
        try await until("the threads' end") { done.wait(timeout: .now()) == .success }
        XCTAssertEqual(failures.value, [])
        try await world.end()
    }

    func testAllAtOnceFromManyTasks() async throws {
        let world = try await World(time: .real)
        try await world.screen()
        let device = try await world.pair()
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<200 {
                group.addTask {
                    switch index % 5 {
                    case 0: _ = try? await device.identify()
                    case 1: _ = try? await world.lumbra.history(days: 1)
                    case 2: _ = try? await world.lumbra.addPain(score: 1, context: .diary)
                    case 3: _ = try? await device.setIntensity(targetsMa: [1, 1])
                    default: _ = try? await device.stop()
                    }
                }
            }
        }
        let pain = try await world.lumbra.history(days: 1).pain
        XCTAssertEqual(pain.count, 40)
        try await world.end()
    }
}
