package health.lumbra.measure

import health.lumbra.core.Lumbra
import health.lumbra.core.answered

/** So many plain bytes, fetched the way a chart is: reached by benches alone, through the library's inside. */
public suspend fun Lumbra.measureBytes(count: UInt): ByteArray = answered { handle.measureBytes(count) }
