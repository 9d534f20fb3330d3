import Dispatch
import LumbraGenerated

/// Asks an app's async function from a thread of the core, which waits for the answer.
final class Prompt: PasskeyPrompt {
    private let ask: @Sendable (String?) async -> UInt32?
    private let state = Locked(State())

    private struct State {
        var calledOff = false
        var asking: Task<Void, Never>?
        var waiting: Answer?
    }

    init(_ ask: @escaping @Sendable (String?) async -> UInt32?) {
        self.ask = ask
    }

    func passkey(name: String?) -> UInt32? {
        let answer = Answer()
        let asking = Task { [ask] in
            answer.give(await ask(name))
        }
        let calledOff = state.with { state in
            state.asking = asking
            state.waiting = answer
            return state.calledOff
        }
        if calledOff {
            callOff()
        }
        return answer.wait()
    }

    /// Nobody waits for the pairing any more: the question is cancelled, and the core's thread goes on.
    func callOff() {
        let state = state.with { state in
            state.calledOff = true
            return state
        }
        state.asking?.cancel()
        state.waiting?.give(nil)
    }
}

/// An answer that a thread waits for; the first one counts.
private final class Answer: Sendable {
    private let given = Locked<UInt32??>(nil)
    private let semaphore = DispatchSemaphore(value: 0)

    func give(_ digits: UInt32?) {
        let first = given.with { given in
            guard given == nil else { return false }
            given = .some(digits)
            return true
        }
        if first {
            semaphore.signal()
        }
    }

    func wait() -> UInt32? {
        semaphore.wait()
        return given.with { $0 } ?? nil
    }
}
