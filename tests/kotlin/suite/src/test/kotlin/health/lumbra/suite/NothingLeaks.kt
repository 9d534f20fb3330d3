package health.lumbra.suite

import health.lumbra.core.liveObjects
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.extension.AfterEachCallback
import org.junit.jupiter.api.extension.BeforeEachCallback
import org.junit.jupiter.api.extension.ExtensionContext

/** After every test no more objects of the core are alive than before: not even one that only the garbage collector could have freed. */
internal class NothingLeaks : BeforeEachCallback, AfterEachCallback {
    private var before = 0uL

    override fun beforeEach(context: ExtensionContext) {
        before = liveObjects()
    }

    override fun afterEach(context: ExtensionContext) {
        // Calls that were under way may still end; nothing is collected for it.
        val after = eventually({ it <= before }, ::liveObjects)
        assertEquals(before, after, "objects of the core are alive after ${context.displayName}")
    }
}

/** What [look] gives as soon as it [fits], or what it gave last when that never came: for what other threads bring about. */
internal fun <T> eventually(fits: (T) -> Boolean, look: () -> T, looks: Int = 400): T {
    var seen = look()
    var looked = 0
    while (!fits(seen) && looked < looks) {
        Thread.sleep(25)
        seen = look()
        looked += 1
    }
    return seen
}

/** The same, with the garbage collector asked each time. */
internal fun <T> collected(fits: (T) -> Boolean, look: () -> T): T =
    eventually(fits, {
        System.gc()
        look()
    })
