package health.lumbra.torture

import health.lumbra.core.Lumbra
import health.lumbra.core.answered

/** A panic on the core's own runtime: reached by tests alone, through the library's inside. */
public suspend fun Lumbra.torturePanic(): Unit = answered { handle.torturePanic() }

/** A panic on the caller's thread. */
public fun Lumbra.torturePanicHere(): Unit = answered { handle.torturePanicHere() }
