package health.lumbra.suite

import health.lumbra.core.DemoTime
import health.lumbra.core.DeviceEvent
import health.lumbra.core.EventKind
import health.lumbra.core.KeyStore
import health.lumbra.core.LogLevel
import health.lumbra.core.LogSink
import health.lumbra.core.Lumbra
import health.lumbra.core.LumbraException
import health.lumbra.core.PainContext
import health.lumbra.core.PortException
import health.lumbra.core.SessionRequest
import health.lumbra.core.Snapshot
import health.lumbra.core.WallClock
import health.lumbra.core.liveObjects
import health.lumbra.core.profileVersion
import health.lumbra.core.setLogSink
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.extension.ExtendWith
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicInteger

/**
 * What an app gives the core to call: throwing, slow, calling back, ending itself from within, and gone. Dispatchers.Unconfined lets
 * a collector run inside the core's own call.
 */
@ExtendWith(NothingLeaks::class)
internal class ObserverTest {
    @Test
    fun `a collector that throws harms nobody else`() = inWorld {
        paired().use { device ->
            val seen = ConcurrentLinkedQueue<DeviceEvent>()
            val steady = launch(Dispatchers.Unconfined) { device.events.collect(seen::add) }
            val failure = CompletableDeferred<Throwable?>()
            launch(Dispatchers.Unconfined) { failure.complete(thrown { device.events.collect { error("thrown inside") } }) }
            session(device, wearable::passTime)
            assertEquals("thrown inside", failure.await()?.message)
            assertTrue(seen.any { it.kind is EventKind.SessionEnded }, "$seen")
            assertEquals(phaseOf(device.now()), "IDLE")
            steady.cancelAndJoin()
        }
    }

    @Test
    fun `a slow collector of events misses none`() = inWorld {
        paired().use { device ->
            val fast = ConcurrentLinkedQueue<DeviceEvent>()
            val hasten = launch(Dispatchers.Unconfined) { device.events.collect(fast::add) }
            val slow = ConcurrentLinkedQueue<DeviceEvent>()
            val before = liveObjects()
            val dawdle = launch(Dispatchers.Default) {
                device.events.collect {
                    delay(20)
                    slow += it
                }
            }
            // Subscribed, before anything happens.
            assertEquals(before + 1u, eventually({ it > before }, ::liveObjects))
            repeat(10) {
                session(device, wearable::passTime)
                wearable.setBattery(100.0)
                wearable.passTime(6uL * 3_600_000u)
            }
            wearable.passTime(1u)
            assertTrue(fast.size >= 20, "$fast")
            assertEquals(fast.toList(), eventually({ it.size == fast.size }, { slow.toList() }))
            hasten.cancelAndJoin()
            dawdle.cancelAndJoin()
        }
    }

    @Test
    fun `a slow collector of snapshots holds up nothing and ends with the newest`() = inWorld {
        paired().use { device ->
            val seen = ConcurrentLinkedQueue<Snapshot>()
            val dawdle = launch(Dispatchers.Default) {
                device.snapshot.collect {
                    Thread.sleep(50)
                    seen += it
                }
            }
            session(device, wearable::passTime)
            wearable.passTime(1_000u)
            val newest = device.now().copy(ageMs = null)
            assertEquals(newest, eventually({ it == newest }, { seen.lastOrNull()?.copy(ageMs = null) }))
            dawdle.cancelAndJoin()
        }
    }

    @Test
    fun `a collector may call the core from within`() = inWorld {
        paired().use { device ->
            val answers = ConcurrentLinkedQueue<Any>()
            val calling = launch(Dispatchers.Unconfined) {
                device.events.take(3).collect {
                    // On the core's thread, within its call: what doesn't wait is answered at once, what waits comes later.
                    answers.add(profileVersion())
                    answers.add(device.now())
                    answers.add(lumbra.devices())
                }
            }
            session(device, wearable::passTime)
            calling.join()
            assertEquals(9, answers.size)
        }
    }

    @Test
    fun `a subscription may be ended from within its call`() = inWorld {
        paired().use { device ->
            val calls = AtomicInteger()
            lateinit var collecting: Job
            collecting = launch(Dispatchers.Unconfined) {
                device.events.collect {
                    calls.incrementAndGet()
                    collecting.cancel()
                }
            }
            session(device, wearable::passTime)
            collecting.join()
            assertEquals(1, calls.get())
            val scanned = lumbra.scan()
            device.disconnect()
            val passing = launch { while (isActive) wearable.passTime(100u) }
            // It ends its flow, and with it the scan, within the very call that brings the first.
            assertEquals("Lumbra7K", withContext(Dispatchers.Unconfined) { scanned.first() }.name)
            passing.cancelAndJoin()
            wearable.passTime(1u)
            assertFalse(wearable.status().scanned)
        }
    }

    @Test
    fun `a device may be closed from within its own snapshot`() = inWorld {
        val device = paired()
        val closing = launch(Dispatchers.Unconfined) { device.snapshot.collect { if (it.session != null) device.close() } }
        device.start(request)
        wearable.passTime(1_000u)
        assertTrue(thrown { device.now() } is LumbraException.Closed)
        closing.cancelAndJoin()
        lumbra.device().use { assertEquals("Confirmed", it.stop()::class.simpleName) }
    }

    @Test
    fun `the core may be closed from within a call of its own`() = inWorld(DemoTime.REAL) {
        val device = paired()
        val closed = CompletableDeferred<Unit>()
        val closing = launch(Dispatchers.Unconfined) {
            device.events.collect {
                lumbra.close()
                closed.complete(Unit)
            }
        }
        device.start(request)
        closed.await()
        assertTrue(thrown { lumbra.devices() } is LumbraException.Closed)
        closing.cancelAndJoin()
        device.close()
    }

    @Test
    fun `no call reaches a subscriber that is gone`() = inWorld {
        paired().use { device ->
            val calls = AtomicInteger()
            val gone = launch(Dispatchers.Unconfined) { device.events.collect { calls.incrementAndGet() } }
            session(device, wearable::passTime)
            val heard = calls.get()
            assertTrue(heard > 0)
            gone.cancelAndJoin()
            wearable.passTime(3_600_000u)
            session(device, wearable::passTime)
            assertEquals(heard, calls.get())
            device.close()
            val last = device.snapshot.value
            wearable.passTime(3_600_000u)
            lumbra.device().use { other -> session(other, wearable::passTime) }
            assertEquals(last, device.snapshot.value)
        }
    }

    @Test
    fun `a key store that fails keeps the data shut, whatever it throws`() {
        val failures: List<() -> ByteArray?> = listOf(
            { throw PortException.Unavailable("locked") },
            { throw PortException.Unavailable("half a character: \uD800") },
            { throw IllegalStateException("not declared") },
            { throw IllegalStateException("half a character: \uD800") },
            { throw StackOverflowError() },
            { throw AssertionError("an error, no exception") },
            { ByteArray(0) },
            { ByteArray(31) },
            { ByteArray(1_000_000) },
        )
        for (failure in failures) {
            inFolder { folder ->
                val saved = AtomicInteger()
                val keys = object : KeyStore {
                    override fun load(): ByteArray? = failure()

                    override fun save(key: ByteArray) {
                        saved.incrementAndGet()
                    }

                    override fun destroy() = error("never called here")
                }
                val came = runBlocking { thrown { Lumbra.open(folder.toString(), keys).close() } }
                assertTrue(came is LumbraException.Key || came is LumbraException.Storage, "$came")
                // What can't be read must never be taken for nothing and replaced.
                assertEquals(0, saved.get())
            }
        }
    }

    @Test
    fun `a key store that can't save fails to open`() = inFolder { folder ->
        for (failure in listOf(PortException.Failed("full"), IllegalArgumentException(), OutOfMemoryError("not really"))) {
            val keys = object : KeyStore {
                override fun load(): ByteArray? = null

                override fun save(key: ByteArray): Unit = throw failure

                override fun destroy() = Unit
            }
            val came = runBlocking { thrown { Lumbra.open(folder.toString(), keys).close() } }
            assertTrue(came is LumbraException.Key, "$failure: $came")
        }
    }

    @Test
    fun `a slow key store that calls the core is waited for`() = inFolder { folder ->
        val keys = MemoryKeys {
            Thread.sleep(100)
            inWorld { paired().close() }
        }
        runBlocking {
            Lumbra.open("$folder/data", keys).use { it.addPain(3u, PainContext.DIARY) }
            assertEquals(32, keys.key?.size)
            Lumbra.open("$folder/data", keys).use { assertEquals(3u.toUByte(), it.history(1u).pain.single().score) }
            keys.key = ByteArray(32)
            val wrong = thrown { Lumbra.open("$folder/data", keys).close() }
            assertTrue(wrong is LumbraException.Key, "$wrong")
        }
    }

    @Test
    fun `a clock tells the time, and one that fails is replaced by the system's`() = inFolder { folder ->
        val keys = MemoryKeys {}
        val then = 1_000_000_000_000L
        runBlocking {
            val clock = clock({ then }, { 3_600 })
            Lumbra.open(folder.toString(), keys, clock).use { assertEquals(then, it.addPain(1u, PainContext.DIARY).atMs) }
            val failing = listOf(
                clock({ error("thrown") }, { throw AssertionError() }),
                clock({ throw StackOverflowError() }, { throw PortException.Failed("") }),
            )
            for (failure in failing) {
                val before = System.currentTimeMillis()
                Lumbra.open(folder.toString(), keys, failure).use { lumbra ->
                    val at = lumbra.addPain(1u, PainContext.DIARY).atMs
                    assertTrue(at in before..System.currentTimeMillis(), "$at")
                }
            }
        }
    }

    @Test
    fun `a clock that tells nonsense ends nothing`() = inFolder { folder ->
        val keys = MemoryKeys {}
        for (time in listOf(Long.MIN_VALUE, -1L, 0L, Long.MAX_VALUE)) {
            for (offset in listOf(Int.MIN_VALUE, -86_400, 0, Int.MAX_VALUE)) {
                runBlocking {
                    val came = thrown {
                        Lumbra.open("$folder/$time", keys, clock({ time }, { offset })).use { lumbra ->
                            lumbra.addPain(1u, PainContext.DIARY)
                            lumbra.history(30u)
                            lumbra.chart(health.lumbra.core.ChartMetric.PAIN_MEAN, 30u)
                            lumbra.export("$folder/copy.json")
                        }
                    }
                    assertTrue(came is LumbraException?, "$time $offset: $came")
                    assertFalse(came is LumbraException.Internal, "$time $offset: $came")
                }
            }
        }
    }

    @Test
    fun `what the passkey prompt throws comes to who paired`() = inWorld {
        for (failure in listOf(IllegalStateException("thrown inside"), NoSuchElementException(), StackOverflowError())) {
            val came = thrown { lumbra.pair("virtual") { throw failure }.close() }
            assertNotNull(came)
            // Coroutines may give a copy that carries both traces.
            assertEquals(failure::class, came!!::class)
            // The wearable hears of the end within a round trip.
            wearable.passTime(1_000u)
            assertFalse(wearable.status().linked)
        }
        assertTrue(thrown { lumbra.pair("virtual") { null }.close() } is LumbraException.Pairing)
        assertTrue(thrown { lumbra.pair("virtual") { UInt.MAX_VALUE }.close() } is LumbraException.Pairing)
        paired().close()
    }

    @Test
    fun `the passkey is asked for where pairing was called from, and may call the core`() = inWorld {
        val here = Thread.currentThread()
        launch(CoroutineName("the caller's")) {
            lumbra.pair("virtual") { name ->
                assertEquals("Lumbra7K", name)
                assertSame(here, Thread.currentThread())
                assertEquals("the caller's", currentCoroutineContext()[CoroutineName]?.name)
                assertEquals(emptyList<Any>(), lumbra.devices())
                delay(10)
                assertTrue(wearable.status().linked)
                wearable.passkey
            }.close()
        }.join()
        assertEquals(1, lumbra.devices().size)
    }

    @Test
    fun `a log sink that throws, dawdles and calls back holds up nothing`() = inWorld {
        val lines = AtomicInteger()
        val inside = CountDownLatch(1)
        val sink = object : LogSink {
            override fun log(level: LogLevel, target: String, line: String) {
                inside.countDown()
                when (lines.incrementAndGet() % 4) {
                    0 -> throw PortException.Failed("thrown")
                    1 -> throw IllegalStateException("not declared")
                    2 -> throw StackOverflowError()
                    else -> Thread.sleep(5)
                }
            }
        }
        setLogSink(sink, LogLevel.DEBUG)
        repeat(20) { tellInTheLog() }
        inside.await()
        val ended = CountDownLatch(1)
        val endsItself = object : LogSink {
            override fun log(level: LogLevel, target: String, line: String) {
                liveObjects()
                setLogSink(null, LogLevel.ERROR)
                ended.countDown()
            }
        }
        setLogSink(endsItself, LogLevel.DEBUG)
        tellInTheLog()
        ended.await()
        // What the first sink was already given may still end.
        val heard = eventually({ false }, { lines.get() }, looks = 8)
        repeat(20) { tellInTheLog() }
        assertEquals(heard, eventually({ it != heard }, { lines.get() }, looks = 8))
        paired().use { device -> assertEquals("Confirmed", device.identify()::class.simpleName) }
    }

    /** Something that the core tells in its log. */
    private suspend fun World.tellInTheLog() {
        val failing = object : KeyStore {
            override fun load(): ByteArray? = throw PortException.Unavailable("locked")

            override fun save(key: ByteArray) = Unit

            override fun destroy() = Unit
        }
        assertTrue(thrown { Lumbra.open("$folder/log", failing).close() } is LumbraException.Key)
    }

    private val request = SessionRequest(programme = "conventional", minutes = 20u, skinIntact = true, padUses = 1u)

    /** A session, from start to its end by hand. */
    private suspend fun session(device: health.lumbra.core.Device, passTime: suspend (ULong) -> Unit) {
        device.start(request)
        device.setIntensity(listOf(2.0, 2.0))
        passTime(5_000u)
        device.pause()
        device.resume()
        device.stop()
        passTime(5_000u)
    }

    private fun phaseOf(snapshot: Snapshot): String = snapshot.phase.name

    private fun clock(time: () -> Long, offset: () -> Int) = object : WallClock {
        override fun unixMs(): Long = time()

        override fun utcOffsetS(): Int = offset()
    }

    private class MemoryKeys(private val first: () -> Unit) : KeyStore {
        @Volatile
        var key: ByteArray? = null

        override fun load(): ByteArray? {
            first()
            return key
        }

        override fun save(key: ByteArray) {
            this.key = key
        }

        override fun destroy() {
            key = null
        }
    }
}
