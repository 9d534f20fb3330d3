import Foundation
import LumbraGenerated

/// An object of the core in this library's hand, until it is let go of. Everything that crosses the border goes through here: what
/// fails there fails as a ``LumbraError``.
final class Handle<Object: Sendable>: Sendable {
    private let object: Locked<Object?>

    init(_ object: Object) {
        self.object = Locked(object)
    }

    /// Lets go of it, once; a call that is under way ends as it would have.
    func close() {
        // It is released outside the lock: that crosses the border.
        _ = object.with { held in
            let released = held
            held = nil
            return released
        }
    }

    /// The object. A handle that was closed answers like a core that was shut down: both mean "open it again".
    func held() throws(LumbraError) -> Object {
        guard let held = object.with({ $0 }) else { throw .Closed }
        return held
    }

    /// Calls it.
    func call<Result>(_ body: (Object) throws -> Result) throws(LumbraError) -> Result {
        let held = try held()
        return try answered { try body(held) }
    }

    /// Calls it, and waits for the answer.
    func call<Result: Sendable>(_ body: @Sendable (Object) async throws -> Result) async throws(LumbraError) -> Result {
        let held = try held()
        return try await answered { try await body(held) }
    }

    /// The same for everything long: cancelling the task ends it in the core, and at the wearable, with ``LumbraError/Cancelled``.
    /// `afterwards` is done when it was cancelled.
    func callUntilCancelled<Result: Sendable>(
        _ body: @Sendable (Object, CancelHandle) async throws -> Result,
        afterwards: @Sendable () -> Void = {}
    ) async throws(LumbraError) -> Result {
        let cancel = CancelHandle()
        return try await call { held in
            try await withTaskCancellationHandler {
                try await body(held, cancel)
            } onCancel: {
                cancel.cancel()
                afterwards()
            }
        }
    }
}

/// Calls the core, and tells every failure as a ``LumbraError``.
func answered<Result>(_ body: () throws -> Result) throws(LumbraError) -> Result {
    do {
        return try body()
    } catch {
        throw told(error)
    }
}

/// Calls the core and waits, and tells every failure as a ``LumbraError``.
func answered<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws(LumbraError) -> Result {
    do {
        return try await body()
    } catch {
        throw told(error)
    }
}

func told(_ error: any Error) -> LumbraError {
    // What else the border throws is a panic on the caller's thread. Its text may hold anything: it stays out.
    error as? LumbraError ?? .Internal(reason: "a fault of this software: report it")
}
