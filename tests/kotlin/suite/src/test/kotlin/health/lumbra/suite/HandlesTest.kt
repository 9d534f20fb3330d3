package health.lumbra.suite

import health.lumbra.core.ChartMetric
import health.lumbra.core.DemoTime
import health.lumbra.core.Device
import health.lumbra.core.Lumbra
import health.lumbra.core.LumbraException
import health.lumbra.core.PainContext
import health.lumbra.core.PainReport
import health.lumbra.core.PostureMode
import health.lumbra.core.PostureSensitivity
import health.lumbra.core.PostureSettings
import health.lumbra.core.SessionRequest
import health.lumbra.core.Snapshot
import health.lumbra.core.VirtualWearable
import health.lumbra.core.Wellbeing
import health.lumbra.core.Contact
import health.lumbra.core.liveObjects
import health.lumbra.torture.torturePanic
import health.lumbra.torture.torturePanicHere
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.yield
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assertions.fail
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.extension.ExtendWith
import java.util.concurrent.Executors
import kotlin.concurrent.thread

/** Handles: used after their end, closed twice, by the thousand, left to the garbage collector, and on any thread. */
@ExtendWith(NothingLeaks::class)
internal class HandlesTest {
    @Test
    fun `everything that is used after its end says so`() = inWorld {
        val device = paired()
        device.close()
        closed("device", device.calls())
        lumbra.shutDown()
        closed("core", lumbra.calls(wearable))
        val gone = VirtualWearable(DemoTime.VIRTUAL).apply { close() }
        closed("wearable", gone.calls())
    }

    @Test
    fun `a device of a core that was shut down says so`() = inWorld {
        paired().use { device ->
            lumbra.shutDown()
            // What it is, and how it was at last, can still be asked.
            closed("device", device.calls() - setOf("info", "now"))
            assertEquals("LB1-000001", device.info.serial)
            assertEquals(false, device.now().certain)
        }
    }

    @Test
    fun `closing twice, or from both sides, does nothing more`() = inWorld {
        val device = paired()
        repeat(2) { device.close() }
        repeat(2) { lumbra.shutDown() }
        repeat(2) { lumbra.close() }
        val other = VirtualWearable(DemoTime.REAL)
        repeat(2) { other.close() }
    }

    @Test
    fun `a wearable that is closed before its core goes on for it`() = inFolder { folder ->
        runBlocking {
            val wearable = VirtualWearable(DemoTime.VIRTUAL)
            val passkey = wearable.passkey
            Lumbra.openDemo(folder.toString(), wearable).use { lumbra ->
                wearable.close()
                lumbra.pair("virtual") { passkey }.use { assertEquals(1u, it.run { identify(); 1u }) }
            }
        }
    }

    @Test
    fun `ten thousand opened and closed devices`() = inWorld {
        paired().close()
        val before = liveObjects()
        repeat(10_000) { lumbra.device().close() }
        assertEquals(before, eventually({ it == before }, ::liveObjects))
        lumbra.device().use { assertEquals("LB1-000001", it.info.serial) }
    }

    @Test
    fun `three hundred opened and closed cores`() = inFolder { folder ->
        runBlocking {
            VirtualWearable(DemoTime.VIRTUAL).use { wearable ->
                repeat(300) { Lumbra.openDemo(folder.toString(), wearable).use { assertEquals(emptyList<String>(), it.setAside) } }
            }
        }
    }

    @Test
    fun `what nobody closes is collected`() = inFolder { folder ->
        abandon(folder.toString())
        assertEquals(0uL, collected({ it == 0uL }, ::liveObjects))
    }

    @Test
    fun `devices that nobody closes are collected while their core works`() = inWorld {
        paired().close()
        val before = liveObjects()
        forgetDevices(lumbra)
        yield()
        assertTrue(liveObjects() > before)
        assertEquals(before, collected({ it == before }, ::liveObjects))
        lumbra.device().use { assertEquals("confirmed", plain(it.identify()).outcome()) }
    }

    @Test
    fun `a snapshot flow that is held does not need its device`() = inWorld {
        val snapshot = snapshotAlone()
        // Until this is resumed anew, what resumed it holds on to what was called.
        yield()
        val before = liveObjects()
        // The device and its subscription are gone, what the flow told last stays.
        collected({ it < before }, ::liveObjects)
        assertTrue(liveObjects() < before)
        assertEquals("LB1-000001", lumbra.devices().single().serial)
        assertTrue(snapshot.value.channels.isNotEmpty())
    }

    @Test
    fun `a panic becomes an error, and the core goes on`() = inWorld {
        val device = paired()
        device.use {
            repeat(20) {
                val panic = thrown { lumbra.torturePanic() }
                assertTrue(panic is LumbraException.Internal, "$panic")
                val here = thrown { lumbra.torturePanicHere() }
                assertTrue(here is LumbraException.Internal, "$here")
                assertTrue(here!!.message!!.isNotEmpty())
            }
            assertEquals("confirmed", plain(device.identify()).outcome())
            assertEquals(1, lumbra.devices().size)
        }
    }

    @Test
    fun `any thread will do`() = inWorld {
        val pool = Executors.newFixedThreadPool(8)
        try {
            val device = withContext(Dispatchers.IO) { paired() }
            val work = (1..200).map { number ->
                async(Dispatchers.Default) {
                    when (number % 4) {
                        0 -> lumbra.history(30u).sessions.size
                        1 -> lumbra.addPain(5u, PainContext.DIARY).score.toInt()
                        2 -> device.now().channels.size
                        else -> lumbra.device().use { it.info.serial.length }
                    }
                }
            }
            assertTrue(work.awaitAll().all { it >= 0 })
            assertEquals(50, lumbra.history(1u).pain.size)
            val plainThread = pool.submit<String> { runBlocking { lumbra.device().use { it.info.serial } } }
            assertEquals("LB1-000001", plainThread.get())
            // Closed by a thread that has never seen it, while others use it.
            val using = (1..8).map { pool.submit { runBlocking { repeat(50) { thrown { device.identify() } } } } }
            thread { device.close() }.join()
            using.forEach { it.get() }
            assertTrue(thrown { device.identify() } is LumbraException.Closed)
        } finally {
            pool.shutdownNow()
        }
    }

    @Test
    fun `a thread that was interrupted leaves nothing behind`() = inFolder { folder ->
        val wearable = VirtualWearable(DemoTime.VIRTUAL)
        val lumbra = runBlocking { Lumbra.openDemo(folder.toString(), wearable) }
        Thread.currentThread().interrupt()
        // The wait is interrupted, the work is done.
        thrown { lumbra.close() }
        Thread.interrupted()
        assertTrue(runBlocking { thrown { lumbra.devices() } } is LumbraException.Closed)
        wearable.close()
    }

    /** Opens things and forgets them, in a frame of its own so that no reference stays. */
    private fun abandon(folder: String) = runBlocking {
        repeat(10) { number ->
            val wearable = VirtualWearable(if (number % 2 == 0) DemoTime.VIRTUAL else DemoTime.REAL)
            val lumbra = Lumbra.openDemo("$folder/$number", wearable)
            val device = lumbra.pair("virtual") { wearable.passkey }
            device.connected()
        }
        assertTrue(liveObjects() > 0uL)
    }

    // Functions of their own again: a frame holds on to what it was given last.
    private suspend fun forgetDevices(lumbra: Lumbra) = repeat(500) { lumbra.device() }

    private suspend fun World.snapshotAlone(): StateFlow<Snapshot> = paired().snapshot

    private suspend fun closed(what: String, calls: Map<String, suspend () -> Any?>) {
        for ((name, call) in calls) {
            val came = thrown { call() }
            if (came !is LumbraException.Closed) fail<Unit>("$what.$name after its end: $came")
        }
    }
}

/** What is thrown, if anything. */
internal inline fun thrown(call: () -> Any?): Throwable? =
    try {
        call()
        null
    } catch (failure: Throwable) {
        failure
    }

internal fun Device.calls(): Map<String, suspend () -> Any?> = mapOf(
    "info" to { info },
    "now" to { now() },
    "events" to { events.first() },
    "connected" to { connected() },
    "start" to { start(SessionRequest("conventional", 20u, true, 1u)) },
    "setIntensity" to { setIntensity(listOf(1.0, 1.0)) },
    "pause" to { pause() },
    "resume" to { resume() },
    "stop" to { stop() },
    "clearFaults" to { clearFaults() },
    "identify" to { identify() },
    "startPosture" to { startPosture() },
    "stopPosture" to { stopPosture() },
    "setNudge" to { setNudge(true, 20.0, 30u, 50u) },
    "calibrate" to { calibrate() },
    "fetchRecords" to { fetchRecords() },
    "disconnect" to { disconnect() },
)

internal fun Lumbra.calls(wearable: VirtualWearable): Map<String, suspend () -> Any?> = mapOf(
    "setAside" to { setAside },
    "dataDir" to { dataDir },
    "scan" to { scan().toList() },
    "pair" to { pair("virtual") { wearable.passkey } },
    "devices" to { devices() },
    "device" to { device() },
    "connect" to { connect() },
    "forget" to { forget() },
    "answerScreening" to { answerScreening(allNo()) },
    "screening" to { screening() },
    "setOwnCap" to { setOwnCap(null) },
    "addPain" to { addPain(5u, PainContext.DIARY) },
    "today" to { today() },
    "addPainReport" to { addPainReport(PainContext.DIARY, PainReport(5u, listOf("leg:left"))) },
    "editPain" to { editPain("none", PainReport(5u, listOf("leg:left"))) },
    "saveWellbeing" to { saveWellbeing(0, Wellbeing()) },
    "wellbeing" to { wellbeing(0) },
    "diaryDays" to { diaryDays(0, 1) },
    "answerQuestionnaire" to { answerQuestionnaire("peg", emptyMap()) },
    "editQuestionnaire" to { editQuestionnaire("none", emptyMap()) },
    "questionnaires" to { questionnaires(days = 1u) },
    "redFlagCheck" to { redFlagCheck(emptyMap()) },
    "redFlagsDue" to { redFlagsDue() },
    "history" to { history(1u) },
    "records" to { records(count = 1u) },
    "commands" to { commands(1u) },
    "chart" to { chart(ChartMetric.PAIN_MEAN, 1u) },
    "postureSettings" to { postureSettings() },
    "setPostureSettings" to { setPostureSettings(POSTURE) },
    "postureGoal" to { postureGoal() },
    "setPostureGoal" to { setPostureGoal(50u) },
    "hoursOf" to { hoursOf(0) },
    "hoursOfMonths" to { hoursOfMonths(1u) },
    "painBesidePosture" to { painBesidePosture(1u) },
    "export" to { export("copy.json") },
    "backUp" to { backUp("copy", "kettle orbit velvet eleven") },
)

private val POSTURE = PostureSettings(PostureMode.TRACKING, PostureSensitivity.LOW, 30u, 50u, null, null)

internal fun VirtualWearable.calls(): Map<String, suspend () -> Any?> = mapOf(
    "name" to { name },
    "passkey" to { passkey },
    "status" to { status() },
    "pressButton" to { pressButton(100u) },
    "setContact" to { setContact(0u, Contact.OFF) },
    "goOutOfReach" to { goOutOfReach(1u) },
    "disturb" to { disturb(0u, 0u) },
    "restart" to { restart() },
    "setBattery" to { setBattery(50.0) },
    "forgetBond" to { forgetBond() },
    "passTime" to { passTime(1u) },
)

private fun kotlinx.serialization.json.JsonElement.outcome(): String =
    (this as kotlinx.serialization.json.JsonObject).getValue("outcome").let { (it as kotlinx.serialization.json.JsonPrimitive).content }
