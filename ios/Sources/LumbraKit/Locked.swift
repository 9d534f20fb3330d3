import Foundation

/// A value behind a lock: Swift's own mutex is younger than the systems this runs on.
final class Locked<Value: Sendable>: @unchecked Sendable {
    // Unchecked, and safe: the value is touched nowhere else, and only with the lock.
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) {
        self.value = value
    }

    /// Does something with the value, alone. Never call out of it: it is not re-entrant.
    func with<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        lock.withLock { body(&value) }
    }
}
