package health.lumbra.core

/**
 * Calls the core. A handle that was closed answers like a core that was shut down: both mean "open it again".
 */
internal inline fun <T> whileOpen(call: () -> T): T =
    try {
        call()
    } catch (closed: IllegalStateException) {
        // The coroutine's own cancellation is one of these too, and none of ours.
        if (closed is kotlin.coroutines.cancellation.CancellationException) throw closed
        throw LumbraException.Closed()
    }
