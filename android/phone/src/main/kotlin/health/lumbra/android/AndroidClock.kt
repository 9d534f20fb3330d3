package health.lumbra.android

import health.lumbra.core.WallClock
import java.util.TimeZone

/** The phone's clock and time zone; the core can't see the zone by itself on Android. */
public class AndroidClock : WallClock {
    override fun unixMs(): Long = System.currentTimeMillis()

    override fun utcOffsetS(): Int = TimeZone.getDefault().getOffset(System.currentTimeMillis()) / 1_000
}
