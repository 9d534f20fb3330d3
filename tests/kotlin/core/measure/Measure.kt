package health.lumbra.measure

import health.lumbra.core.ChartMetric
import health.lumbra.core.Device
import health.lumbra.core.Lumbra
import health.lumbra.core.VirtualWearable
import health.lumbra.core.answered

// Reached by benches alone, through the library's inside.

/** A call of the kind that every command is, which does nothing. */
public suspend fun Lumbra.measureNothing(): Unit = answered { handle.measureNothing() }

/** So many plain bytes, fetched the way a chart is. */
public suspend fun Lumbra.measureBytes(count: UInt): ByteArray = answered { handle.measureBytes(count) }

/** How long a chart takes that stays in Rust, in ns. */
public suspend fun Lumbra.measureChart(metric: ChartMetric, days: UInt): ULong = answered { handle.measureChart(metric, days) }

/** How long it takes from a call in Rust until the wearable hears the frame, in ns. */
public suspend fun Device.measureIdentify(wearable: VirtualWearable): ULong = answered { handle.measureIdentify(wearable.handle) }
