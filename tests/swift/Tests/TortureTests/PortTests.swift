import Foundation
import LumbraKit
import Support
import XCTest

/// Ports that throw, are slow, call back in, or answer with nonsense.
final class PortTests: LeakCheckedTestCase {
    struct Own: Error {}

    func testAKeyStore() async throws {
        let keys = Keys()
        let folder = try Folder()
        for _ in 0..<3 {
            let lumbra = try await Lumbra.open(dataDir: folder.path, keys: keys)
            _ = try await lumbra.addPain(score: 3, context: .diary)
            try await lumbra.shutDown()
        }
        XCTAssertEqual(keys.key.value?.count, 32)
        let lumbra = try await Lumbra.open(dataDir: folder.path, keys: keys)
        let pain = try await lumbra.history(days: 1).pain
        XCTAssertEqual(pain.count, 3)
        try await lumbra.shutDown()
    }

    func testAKeyStoreThatThrowsOrLiesIsAnError() async throws {
        let folder = try Folder()
        let good = Keys()
        let first = try await Lumbra.open(dataDir: folder.path, keys: good)
        try await first.shutDown()
        let failures: [@Sendable () throws -> Data?] = [
            { throw Own() },
            { throw PortError.Unavailable(reason: "locked") },
            { throw LumbraError.Closed },
            { nil },
            { Data() },
            { Data(count: 31) },
            { Data(count: 32) },
            { Data(count: 10_000_000) },
        ]
        for (index, failure) in failures.enumerated() {
            do {
                _ = try await Lumbra.open(dataDir: folder.path, keys: Keys(failure))
                XCTFail("\(index): it opened")
            } catch {
                guard case .Key = error else { return XCTFail("\(index): \(error)") }
            }
        }
        // Nothing was harmed.
        let lumbra = try await Lumbra.open(dataDir: folder.path, keys: good)
        XCTAssertEqual(try lumbra.setAside, [])
        try await lumbra.shutDown()
    }

    func testAKeyStoreThatCallsBackIn() async throws {
        let folder = try Folder()
        let other = try Folder()
        let key = Data(repeating: 7, count: 32)
        let keys = Keys {
            let done = DispatchSemaphore(value: 0)
            Task {
                let inner = try? await Lumbra.open(dataDir: other.path)
                try? await inner?.shutDown()
                done.signal()
            }
            done.wait()
            return key
        }
        let lumbra = try await Lumbra.open(dataDir: folder.path, keys: keys)
        try await lumbra.shutDown()
    }

    func testAClockThatThrowsLiesOrIsSlow() async throws {
        for clock in [
            Clock { throw Own() },
            Clock { throw PortError.Failed(reason: "") },
            Clock { Int64.min },
            Clock { Int64.max },
            Clock { -1 },
            Clock { 0 },
            Clock {
                Thread.sleep(forTimeInterval: 0.002)
                return 1_700_000_000_000
            },
        ] {
            let folder = try Folder()
            // Whatever it tells: a result or an error, and an end.
            do throws(LumbraError) {
                let lumbra = try await Lumbra.open(dataDir: folder.path, clock: clock)
                _ = await Result.of { () throws(LumbraError) in try await lumbra.addPain(score: 3, context: .diary) }
                let history = await Result.of { () throws(LumbraError) in try await lumbra.history(days: 7) }
                if case .failure(.Storage(let reason)) = history { XCTFail("the store suffered: \(reason)") }
                _ = await Result.of { () throws(LumbraError) in try await lumbra.chart(.painMean, days: 7) }
                _ = await Result.of { () throws(LumbraError) in try await lumbra.export(file: folder.path + "/e.json") }
                try await lumbra.shutDown()
            } catch {
                if case .Internal = error { XCTFail("\(error)") }
            }
        }
    }

    func testAClockThatIsRightIsUsed() async throws {
        let folder = try Folder()
        let lumbra = try await Lumbra.open(dataDir: folder.path, clock: Clock { 1_700_000_000_000 })
        let entry = try await lumbra.addPain(score: 3, context: .diary)
        XCTAssertEqual(entry.atMs, 1_700_000_000_000)
        try await lumbra.shutDown()
    }

    func testAPromptThatGivesNothingOrNonsense() async throws {
        let world = try await World()
        let answers: [UInt32?] = [nil, 0, 999_999, 1_000_000, .max]
        for answer in answers {
            try await world.wearable.pressButton(heldMs: 3_000)
            do {
                _ = try await world.lumbra.pair(id: "virtual") { _ in answer }
                XCTFail("paired with \(answer as Any)")
            } catch {
                guard case .Pairing = error else { return XCTFail("\(error)") }
            }
            try await world.wearable.passTime(ms: 1_000)
            let status = try await world.wearable.status()
            XCTAssertFalse(status.linked, "\(answer as Any)")
        }
        try await world.end()
    }

    func testAPromptThatCallsBackIn() async throws {
        let world = try await World()
        let passkey = try world.wearable.passkey
        let device = try await world.lumbra.pair(id: "virtual") { _ in
            _ = try? await world.lumbra.history(days: 1)
            _ = try? await world.lumbra.devices()
            return passkey
        }
        _ = try await device.connected()
        try await world.end()
    }

    func testALogThatThrowsIsSlowOrCallsBackIn() async throws {
        let lines = Kept(0)
        let sink = Sink {
            lines.change { $0 += 1 }
            try setLogSink(nil, level: .error)
            throw Own()
        }
        let world = try await World()
        let device = try await world.pair()
        try setLogSink(sink, level: .debug)
        for _ in 0..<50 where lines.value == 0 {
            _ = try await device.identify()
            // Each attempt to connect that fails is a line.
            try await world.wearable.goOutOfReach(forMs: 300_000)
            try await world.wearable.passTime(ms: 600_000)
            try await Task.sleep(nanoseconds: 1_000_000)
        }
        XCTAssertGreaterThan(lines.value, 0)
        // A sink that stands still holds up nothing.
        let release = DispatchSemaphore(value: 0)
        try setLogSink(Sink { release.wait() }, level: .debug)
        for _ in 0..<20 {
            _ = try? await device.identify()
        }
        try setLogSink(nil, level: .error)
        for _ in 0..<2_000 { release.signal() }
        try await world.end()
    }
}

/// A key store that keeps, or does as it is told.
private final class Keys: KeyStore {
    let key = Kept<Data?>(nil)
    private let answer: (@Sendable () throws -> Data?)?

    init(_ answer: (@Sendable () throws -> Data?)? = nil) {
        self.answer = answer
    }

    func load() throws -> Data? {
        if let answer { return try answer() }
        return key.value
    }

    func save(key: Data) throws {
        self.key.change { $0 = key }
    }

    func destroy() throws {
        key.change { $0 = nil }
    }
}

private final class Clock: WallClock {
    private let answer: @Sendable () throws -> Int64

    init(_ answer: @escaping @Sendable () throws -> Int64) {
        self.answer = answer
    }

    func unixMs() throws -> Int64 {
        try answer()
    }

    func utcOffsetS() throws -> Int32 {
        _ = try answer()
        return .max
    }
}

private final class Sink: LogSink {
    private let body: @Sendable () throws -> Void

    init(_ body: @escaping @Sendable () throws -> Void) {
        self.body = body
    }

    func log(level: LogLevel, target: String, line: String) throws {
        try body()
    }
}

extension Result where Failure == LumbraError, Success: Sendable {
    /// What became of a call.
    static func of(_ body: () async throws(LumbraError) -> Success) async -> Self {
        do throws(LumbraError) {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }
}
