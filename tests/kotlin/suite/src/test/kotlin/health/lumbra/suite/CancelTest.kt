package health.lumbra.suite

import health.lumbra.core.Device
import health.lumbra.core.LumbraException
import health.lumbra.core.WearableStatus
import health.lumbra.core.liveObjects
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.yield
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.extension.ExtendWith
import java.nio.file.Files
import java.nio.file.Path

/**
 * Cancelling a coroutine stops the core within one round trip, as is seen at the wearable. In virtual time, on an air that delays
 * every message by up to [DELAY_MS], a round trip takes at most twice that.
 */
@ExtendWith(NothingLeaks::class)
internal class CancelTest {
    @Test
    fun `a cancelled scan`() = inWorld {
        wearable.disturb(0u, DELAY_MS)
        caught({ lumbra.scan().collect {} }, WearableStatus::scanned)
        wearable.passTime(ROUND_TRIP_MS)
        assertFalse(wearable.status().scanned)
    }

    @Test
    fun `a cancelled connect`() = inWorld {
        paired().use { it.disconnect() }
        wearable.passTime(1_000u)
        assertFalse(wearable.status().linked)
        wearable.disturb(0u, DELAY_MS)
        // It would go on for a year, which no machine lets pass during the looks that follow.
        caught({ lumbra.connect(withinMs = YEAR_MS).close() }, WearableStatus::linked) {
            // It was faster: once more.
            lumbra.device().use { it.disconnect() }
            wearable.passTime(ROUND_TRIP_MS)
        }
        wearable.passTime(ROUND_TRIP_MS)
        staysAlone()
    }

    @Test
    fun `a connect that is cancelled while the wearable is not in reach`() = inWorld {
        paired().use { it.disconnect() }
        wearable.goOutOfReach(LONG_MS)
        val connecting = launch(Dispatchers.Default) { lumbra.connect(withinMs = LONG_MS).close() }
        wearable.passTime(20_000u)
        assertTrue(connecting.isActive)
        connecting.cancelAndJoin()
        wearable.passTime(LONG_MS)
        staysAlone()
    }

    @Test
    fun `a pairing that is cancelled while it asks for the passkey`() = inWorld {
        wearable.disturb(0u, DELAY_MS)
        lateinit var pairing: Job
        var linked = false
        pairing = launch(start = CoroutineStart.LAZY) {
            lumbra.pair("virtual") {
                linked = wearable.status().linked
                pairing.cancel()
                wearable.passkey
            }
        }
        pairing.join()
        assertTrue(pairing.isCancelled)
        assertTrue(linked)
        wearable.passTime(ROUND_TRIP_MS)
        staysAlone()
        assertEquals(emptyList<Any>(), lumbra.devices())
    }

    @Test
    fun `a cancelled export`() = inWorld {
        paired().use {
            val file = Path.of(folder, "copy.json")
            remembers()
            val kept = wearable.status().storedRecords
            wearable.disturb(0u, SHORT_DELAY_MS)
            caught({ lumbra.export(file.toString()) }, WearableStatus::sendingRecords) {
                Files.deleteIfExists(file)
                calm(it)
            }
            wearable.passTime(SHORT_ROUND_TRIP_MS)
            staysSilent(it, kept)
            assertEquals(emptyList<Path>(), Files.list(Path.of(folder)).use { all -> all.filter { "copy" in it.toString() }.toList() })
        }
    }

    @Test
    fun `a cancelled transfer of records`() = inWorld {
        paired().use { device ->
            remembers()
            val kept = wearable.status().storedRecords
            wearable.disturb(0u, SHORT_DELAY_MS)
            caught({ device.fetchRecords() }, WearableStatus::sendingRecords) {
                calm(device)
            }
            wearable.passTime(SHORT_ROUND_TRIP_MS)
            staysSilent(device, kept)
        }
    }

    @Test
    fun `a command that was taken is carried through`() = inWorld {
        paired().use { device ->
            wearable.disturb(0u, SHORT_DELAY_MS)
            val before = wearable.status().identified
            var given = 0u
            // Until one was cancelled after the core had taken it, and before the wearable answered.
            do {
                val job = launch { device.identify() }
                given += 1u
                while (job.isActive && device.now().pending == null) yield()
                job.cancelAndJoin()
                wearable.passTime(5_000u)
            } while (!job.isCancelled && given < TRIES.toUInt())
            assertTrue(given < TRIES.toUInt())
            assertEquals(before + given, wearable.status().identified, "${lumbra.commands(1u)}")
        }
    }

    @Test
    fun `a handle that comes just as its coroutine is cancelled is freed`() = inWorld {
        paired().close()
        val before = liveObjects()
        repeat(1_000) { number ->
            val opening = launch(Dispatchers.Default) { lumbra.device().close() }
            val scanning = launch(Dispatchers.Default) { lumbra.scan().collect {} }
            // Earlier and later, so that every moment has its turn.
            repeat(number % 20) { Thread.onSpinWait() }
            if (number % 3 == 0) yield()
            opening.cancelAndJoin()
            scanning.cancelAndJoin()
        }
        wearable.passTime(1u)
        assertEquals(before, eventually({ it == before }, ::liveObjects))
        assertFalse(wearable.status().scanned)
    }

    /** Nobody is linked with the wearable or looks for it, and nothing in the core goes on trying. */
    private suspend fun World.staysAlone() = repeat(60) {
        wearable.status().let { status -> assertEquals(false to false, status.linked to status.scanned, "after $it s") }
        wearable.passTime(1_000u)
    }

    /** No record comes any more, and none is deleted that nobody has. */
    private suspend fun World.staysSilent(device: Device, kept: ULong) {
        assertEquals(0u, device.now().linkLosses, "the link broke: the core fetches all by itself when it is made anew")
        repeat(50) {
            val status = wearable.status()
            assertFalse(status.sendingRecords, "after $it looks")
            assertTrue(status.storedRecords >= kept, "records were deleted that nobody has")
            wearable.passTime(SHORT_ROUND_TRIP_MS)
        }
    }

    /** Lets the wearable remember what takes longer to send than a round trip. What it holds before comes by itself. */
    private suspend fun World.remembers() {
        wearable.passTime(10_000u)
        wearable.remember(480u)
    }

    /** Mends what a bad air has broken, and lets records come together again. */
    private suspend fun World.calm(device: Device) {
        wearable.disturb(0u, 0u)
        device.connected()
        remembers()
        wearable.disturb(0u, SHORT_DELAY_MS)
    }

    /**
     * Cancels what [begin] began while the wearable shows it. Virtual time runs as fast as it can meanwhile, so that it may be over
     * too early: then [again] prepares for another try.
     */
    private suspend fun World.caught(
        begin: suspend () -> Any?,
        shows: (WearableStatus) -> Boolean,
        again: suspend () -> Unit = {},
    ) {
        repeat(TRIES) {
            val job = launch {
                try {
                    begin()
                } catch (_: LumbraException) {
                    // This air may break a link: once more.
                }
            }
            while (job.isActive) {
                if (shows(wearable.status())) {
                    job.cancelAndJoin()
                    if (job.isCancelled) return
                }
            }
            again()
        }
        error("it was never seen under way")
    }

    private companion object {
        const val DELAY_MS: ULong = 500u
        const val ROUND_TRIP_MS: ULong = 1_000u
        const val LONG_MS: ULong = 86_400_000u
        const val YEAR_MS: ULong = 31_536_000_000u

        /** Records come in bursts: a worse air would break the link. */
        const val SHORT_DELAY_MS: ULong = 20u
        const val SHORT_ROUND_TRIP_MS: ULong = 40u
        const val TRIES = 50
    }
}
