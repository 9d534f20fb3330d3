package health.lumbra.suite

import health.lumbra.core.Discovered
import health.lumbra.core.Lumbra
import health.lumbra.core.LumbraException
import health.lumbra.core.Radio
import health.lumbra.core.RadioCharacteristic
import health.lumbra.core.RadioException
import health.lumbra.core.RadioLink
import health.lumbra.core.RadioSink
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.extension.ExtendWith
import java.util.concurrent.ConcurrentLinkedQueue

/** The radio as an app brings it: called as it is promised, and harmless whatever it throws or tells. */
@ExtendWith(NothingLeaks::class)
internal class RadioTest {
    @Test
    fun `a scan of an app's radio begins, tells and ends`() = inFolder { folder ->
        val radio = Told()
        runBlocking {
            Lumbra.open(folder.toString(), radio = radio).use { lumbra ->
                val sink = checkNotNull(radio.sink)
                radio.onScan = { sink.discovered(Discovered("an id", "Lumbra7K", (-60).toShort(), null)) }
                val found = lumbra.scan().first()
                assertEquals(Discovered("an id", "Lumbra7K", (-60).toShort(), null), found)
                eventually({ "stopScan" in it }, { radio.calls.toList() })
                assertTrue(radio.calls.first().startsWith("startScan "), "${radio.calls}")
                assertTrue("stopScan" in radio.calls, "${radio.calls}")
            }
        }
        // The system may go on telling when the core is long shut.
        val sink = checkNotNull(radio.sink)
        sink.discovered(Discovered("an id", null, null, null))
        sink.disconnected("an id")
        sink.switchedOff()
        sink.value("an id", UUID, ByteArray(3))
    }

    @Test
    fun `what an app's radio throws is told as what it means`() = inFolder { folder ->
        val failures = listOf(
            RadioException.Off() to LumbraException.BluetoothOff::class,
            RadioException.NoAdapter() to LumbraException.NoAdapter::class,
            RadioException.NoPermission() to LumbraException.PermissionDenied::class,
            RadioException.Failed("half a character: \uD800") to LumbraException.OutOfReach::class,
            IllegalStateException("not declared") to LumbraException.OutOfReach::class,
            StackOverflowError() to LumbraException.OutOfReach::class,
        )
        for ((number, it) in failures.withIndex()) {
            val (failure, expected) = it
            val radio = Told().apply { onScan = { throw failure } }
            runBlocking {
                Lumbra.open("$folder/$number", radio = radio).use { lumbra ->
                    val came = thrown { lumbra.scan().toList() }
                    assertEquals(expected, came?.let { it::class }, "$failure: $came")
                }
            }
        }
    }

    @Test
    fun `a link of nonsense is an error and no pairing`() = inFolder { folder ->
        val nothing = RadioLink(244u, emptyList())
        val links = listOf(
            nothing,
            nothing.copy(maxValueLen = 0u),
            nothing.copy(maxValueLen = UInt.MAX_VALUE),
            nothing.copy(characteristics = listOf(characteristic("no UUID", "\uD800"))),
            nothing.copy(characteristics = List(10_000) { characteristic(UUID, UUID) }),
        )
        for ((number, link) in links.withIndex()) {
            val radio = Told().apply { onConnect = { link } }
            runBlocking {
                Lumbra.open("$folder/$number", radio = radio).use { lumbra ->
                    val came = thrown { lumbra.pair("an id") { 1u }.close() }
                    assertTrue(came is LumbraException && came !is LumbraException.Internal, "$number: $came")
                    assertEquals(emptyList<Any>(), lumbra.devices())
                }
            }
        }
    }

    @Test
    fun `a sink takes hostile values`() = inFolder { folder ->
        val radio = Told()
        runBlocking {
            Lumbra.open(folder.toString(), radio = radio).use {
                val sink = checkNotNull(radio.sink)
                for (text in listOf("", "\u0000", "\uD800", "x".repeat(1_000_000), UUID)) {
                    val came = listOf(
                        thrown { sink.discovered(Discovered(text, text, Short.MIN_VALUE, true)) },
                        thrown { sink.value(text, UUID, ByteArray(1_000_000)) },
                        thrown { sink.value("an id", text, ByteArray(0)) },
                        thrown { sink.disconnected(text) },
                    )
                    assertTrue(came.all { it is LumbraException.Invalid? }, "$came")
                }
                assertNull(thrown { sink.value("an id", UUID.uppercase(), ByteArray(0)) })
                repeat(10_000) { sink.switchedOff() }
            }
        }
    }

    private fun characteristic(service: String, uuid: String) =
        RadioCharacteristic(service, uuid, read = true, write = true, writeWithoutResponse = true, notify = true, indicate = true)

    /** Notes what it is asked for. */
    private class Told : Radio {
        val calls = ConcurrentLinkedQueue<String>()

        @Volatile
        var sink: RadioSink? = null
        var onScan: () -> Unit = {}
        var onConnect: () -> RadioLink = { throw RadioException.NotFound() }

        override fun attach(sink: RadioSink) {
            this.sink = sink
        }

        override fun startScan(service: String) {
            calls += "startScan $service"
            onScan()
        }

        override fun stopScan() {
            calls += "stopScan"
        }

        override fun connect(id: String, pair: Boolean): RadioLink {
            calls += "connect"
            return onConnect()
        }

        override fun disconnect(id: String) {
            calls += "disconnect"
        }

        override fun read(id: String, characteristic: String): ByteArray = throw RadioException.Disconnected()

        override fun write(id: String, characteristic: String, value: ByteArray, withResponse: Boolean): Unit =
            throw RadioException.Disconnected()

        override fun subscribe(id: String, characteristic: String): Unit = throw RadioException.Disconnected()

        override fun removeBond(id: String): Unit = throw RadioException.Unsupported()
    }

    private companion object {
        const val UUID = "0000180f-0000-1000-8000-00805f9b34fb"
    }
}
