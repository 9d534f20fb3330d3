import Foundation
import LumbraKit

/// A folder that goes when nobody holds it any more. In memory where there is such a place: thousands of openings need no disk.
public final class Folder: Sendable {
    public let path: String

    public init() throws {
        let files = FileManager.default
        let base = files.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : files.temporaryDirectory.path
        path = "\(base)/lumbra-\(UUID().uuidString)"
        try files.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}

/// Raised once, by anyone.
public final class Flag: Sendable {
    private let raised = Kept(false)

    public init() {}

    public var isRaised: Bool { raised.value }

    public func raise() {
        raised.change { $0 = true }
    }
}

/// A value that many threads see.
public final class Kept<Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var kept: Value

    public init(_ value: Value) {
        kept = value
    }

    public var value: Value {
        lock.withLock { kept }
    }

    public func change(_ body: (inout Value) -> Void) {
        lock.withLock { body(&kept) }
    }
}

/// Ran out of patience.
public struct WaitedInVain: Error {
    let what: String
}

/// Waits until something holds: a guard against hanging, not a measure of time.
public func until(
    _ what: String,
    isolation: isolated (any Actor)? = #isolation,
    holds: () async throws -> Bool
) async throws {
    for _ in 0..<20_000 {
        if try await holds() { return }
        try await Task.sleep(nanoseconds: 1_000_000)
    }
    throw WaitedInVain(what: what)
}
