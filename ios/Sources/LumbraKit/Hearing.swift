import LumbraGenerated

/// One loop's way to what the core tells: it begins with a subscription, which may come late or never, and ends from either side.
final class Hearing<Element: Sendable>: Sendable {
    typealias Feed = AsyncThrowingStream<Element, any Error>.Continuation

    private enum State {
        /// The subscription is still to come.
        case beginning
        /// It is, and the core has let go of the observer already.
        case beginningOver
        case holding(Subscription)
        case ended
    }

    private let feed: Feed
    private let state = Locked(State.beginning)

    init(_ feed: Feed) {
        self.feed = feed
    }

    /// There is something to hear.
    func hear(_ element: Element) {
        feed.yield(element)
    }

    /// It has begun; when nobody hears any more, it ends at once.
    func begun(_ subscription: Subscription) {
        let before = state.with { state in
            let before = state
            if case .beginning = before { state = .holding(subscription) }
            return before
        }
        switch before {
        case .beginning, .holding: break
        case .beginningOver: feed.finish()
        case .ended: subscription.cancel()
        }
    }

    /// It could not begin.
    func failed(_ error: LumbraError) {
        feed.finish(throwing: error)
    }

    /// The core has no more to tell. It lets go of an observer too when it could not begin: the loop must hear why, and not of an end.
    func over() {
        let begun = state.with { state in
            guard case .beginning = state else { return true }
            state = .beginningOver
            return false
        }
        if begun {
            feed.finish()
        }
    }

    /// Nobody hears any more.
    func letGo() {
        let before = state.with { state in
            let before = state
            state = .ended
            return before
        }
        if case .holding(let subscription) = before {
            subscription.cancel()
        }
    }
}
