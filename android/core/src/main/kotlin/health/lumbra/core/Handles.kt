package health.lumbra.core

import health.lumbra.core.generated.InternalException
import kotlin.coroutines.cancellation.CancellationException

/**
 * Calls the core, and tells every failure as a [LumbraException]. A handle that was closed answers like a core that was shut down:
 * both mean "open it again".
 */
internal inline fun <T> answered(call: () -> T): T =
    try {
        call()
    } catch (cancelled: CancellationException) {
        // An illegal state too, to Java, but the coroutine's own.
        throw cancelled
    } catch (_: IllegalStateException) {
        throw LumbraException.Closed()
    } catch (panic: InternalException) {
        throw LumbraException.Internal("a fault of this software: report it").apply { initCause(panic) }
    }
