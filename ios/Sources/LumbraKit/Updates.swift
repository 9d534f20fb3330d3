import LumbraGenerated

/// What the core tells of its own accord, for as long as it is iterated.
///
/// Each loop hears for itself, from the moment it begins. It ends with the task, with the last iterator, or when the core has no more
/// to tell; in each case the core stops telling. When it could not begin, the loop throws why.
public struct Updates<Element: Sendable>: AsyncSequence, Sendable {
    /// Why it could not begin.
    public typealias Failure = LumbraError

    /// A loop's hold on what it hears.
    public struct AsyncIterator: AsyncIteratorProtocol {
        /// Why it could not begin.
        public typealias Failure = LumbraError

        fileprivate var heard: AsyncThrowingStream<Element, any Error>.Iterator

        /// The next one; nil when there are no more.
        public mutating func next() async throws(LumbraError) -> Element? {
            do {
                return try await heard.next()
            } catch {
                throw told(error)
            }
        }
    }

    /// How many wait for a slow loop at the most, the newest; all when nil.
    private let waiting: Int?
    private let begin: @Sendable (Hearing<Element>) -> Void

    /// Hears from when `begin` gives the hearing its subscription.
    init(waiting: Int?, begin: @escaping @Sendable (Hearing<Element>) -> Void) {
        self.waiting = waiting
        self.begin = begin
    }

    /// Begins to hear.
    public func makeAsyncIterator() -> AsyncIterator {
        let policy: Hearing<Element>.Feed.BufferingPolicy = waiting.map { .bufferingNewest($0) } ?? .unbounded
        let (heard, feed) = AsyncThrowingStream<Element, any Error>.makeStream(bufferingPolicy: policy)
        let hearing = Hearing(feed)
        feed.onTermination = { _ in hearing.letGo() }
        begin(hearing)
        return AsyncIterator(heard: heard.makeAsyncIterator())
    }
}
