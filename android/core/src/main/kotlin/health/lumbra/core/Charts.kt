package health.lumbra.core

import java.nio.ByteBuffer
import java.nio.ByteOrder

/** The values, one a day; not a number where there is nothing, which is not zero. */
public val Chart.values: DoubleArray
    get() {
        val packed = ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer()
        return DoubleArray(packed.remaining()).also(packed::get)
    }
