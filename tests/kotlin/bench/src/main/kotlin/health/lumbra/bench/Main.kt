package health.lumbra.bench

import health.lumbra.core.ChartMetric
import health.lumbra.core.CommandResult
import health.lumbra.core.DemoTime
import health.lumbra.core.Device
import health.lumbra.core.Lumbra
import health.lumbra.core.ScreeningAnswer
import health.lumbra.core.SessionRequest
import health.lumbra.core.VirtualWearable
import health.lumbra.core.liveObjects
import health.lumbra.core.profileVersion
import health.lumbra.core.screeningQuestions
import health.lumbra.core.values
import health.lumbra.measure.measureBytes
import health.lumbra.measure.measureChart
import health.lumbra.measure.measureIdentify
import health.lumbra.measure.measureNothing
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import java.lang.management.ManagementFactory
import java.nio.file.Files
import java.nio.file.Path
import java.util.Locale
import kotlin.io.path.exists
import kotlin.io.path.readLines

/** Measures, and prints a JSON object a line. */
fun main() {
    val emptyUs = emptyCall()
    told("empty_call", emptyUs, "us")
    withCore(DemoTime.REAL) { wearable, lumbra ->
        paired(lumbra, wearable).use { tapToFrame(lumbra, it, wearable, emptyUs) }
        chart(lumbra)
        told("bytes_14600", each(500) { lumbra.measureBytes(14_600u).also { check(it.size == 14_600) } }, "us")
    }
    withCore(DemoTime.REAL) { wearable, lumbra ->
        paired(lumbra, wearable).use { session(it) }
        told("observer_cpu_idle", cpuPercent(), "percent")
    }
    withCore(DemoTime.REAL) { wearable, lumbra ->
        paired(lumbra, wearable).use { device ->
            session(device)
            confirmed(device.startPosture())
            var seen = 0
            val collecting = launch(Dispatchers.Default) { device.snapshot.collect { seen += 1 } }
            told("observer_cpu", cpuPercent(), "percent")
            collecting.cancelAndJoin()
            check(seen >= 30) { "only $seen snapshots were collected" }
            check(checkNotNull(device.now().posture).samples >= 500uL) { "posture did not come at 25 Hz" }
        }
    }
    withCore(DemoTime.VIRTUAL) { wearable, lumbra -> told("memory_growth", memoryGrowth(lumbra, wearable), "KiB") }
    told("live_after_close", liveObjects().toDouble(), "objects")
}

/** The cost of a call that does nothing. */
private fun emptyCall(): Double {
    repeat(20_000) { profileVersion() }
    return median(
        List(200) {
            val began = System.nanoTime()
            repeat(BATCH) { profileVersion() }
            (System.nanoTime() - began) / 1_000.0 / BATCH
        },
    )
}

/**
 * From before the call until its frame has reached the wearable, in turn with the same from Rust, and with an awaited call that does
 * nothing. Each after a rest: a command waits until the wearable has shown the one before, which it does every 50 ms at most, and
 * people are slower; whoever rests has to be woken.
 */
private suspend fun tapToFrame(lumbra: Lumbra, device: Device, wearable: VirtualWearable, emptyUs: Double) {
    suspend fun once(): Double {
        val before = System.nanoTime()
        confirmed(device.identify())
        val after = System.nanoTime()
        val ago = checkNotNull(wearable.sinceHeardNs()).toLong()
        // The wearable was asked half a call after `after`.
        return (after - ago - before) / 1_000.0 + emptyUs / 2
    }
    suspend fun fromRust(): Double = device.measureIdentify(wearable).toDouble() / 1_000
    suspend fun empty(): Double {
        val began = System.nanoTime()
        lumbra.measureNothing()
        return (System.nanoTime() - began) / 1_000.0
    }
    suspend fun round() =
        listOf(::empty, ::once, ::fromRust).map { measured ->
            delay(REST_MS)
            measured()
        }
    repeat(100) { round() }
    val rounds = List(400) { round() }
    told("empty_command", median(rounds.map { it[0] }), "us")
    told("tap_to_frame", median(rounds.map { it[1] }), "us")
    told("tap_to_frame_from_rust", median(rounds.map { it[2] }), "us")
}

/** A chart across the border, in turn with the same within Rust. */
private suspend fun chart(lumbra: Lumbra) {
    suspend fun once(): Double {
        val began = System.nanoTime()
        val values = lumbra.chart(ChartMetric.STIMULATED_MINUTES, 1_825u).values
        val took = (System.nanoTime() - began) / 1_000.0
        check(values.size == 1_825)
        return took
    }
    suspend fun fromRust(): Double = lumbra.measureChart(ChartMetric.STIMULATED_MINUTES, 1_825u).toDouble() / 1_000
    repeat(500) { once() to fromRust() }
    val pairs = List(500) { once() to fromRust() }
    told("chart_1825", median(pairs.map { it.first }), "us")
    told("chart_1825_within_rust", median(pairs.map { it.second }), "us")
}

private suspend fun each(times: Int, work: suspend () -> Any): Double {
    repeat(times) { work() }
    return median(
        List(times) {
            val began = System.nanoTime()
            work()
            (System.nanoTime() - began) / 1_000.0
        },
    )
}

/** How much of one core this process takes, over 20 s after 10 s of warm-up. */
private suspend fun cpuPercent(): Double {
    val system = ManagementFactory.getOperatingSystemMXBean() as com.sun.management.OperatingSystemMXBean
    delay(10_000)
    val (began, used) = System.nanoTime() to system.processCpuTime
    delay(20_000)
    return 100.0 * (system.processCpuTime - used) / (System.nanoTime() - began)
}

/** What is held after an hour of a session in virtual time, less what was after ten minutes. */
private suspend fun CoroutineScope.memoryGrowth(lumbra: Lumbra, wearable: VirtualWearable): Double =
    paired(lumbra, wearable).use { device ->
        var seen = 0L
        val watching = launch(Dispatchers.Default) { device.snapshot.collect { seen += 1 } }
        val listening = launch(Dispatchers.Default) { device.events.collect { seen += 1 } }
        confirmed(device.startPosture())
        // By then what an hour repeats is compiled, and the database's cache has its 2 MB: it fills with what it has written.
        repeat(8 * 60) { wearable.passTime(MINUTE_MS) }
        session(device)
        wearable.passTime(10u * MINUTE_MS)
        val early = heldKib()
        repeat(50) { wearable.passTime(MINUTE_MS) }
        val late = heldKib()
        check(seen > 0)
        check(checkNotNull(device.now().posture).samples > 60_000uL)
        watching.cancelAndJoin()
        listening.cancelAndJoin()
        late - early
    }

/** What is resident, with a heap that is resident as a whole (-Xms, AlwaysPreTouch), and what the heap really holds. */
private fun heldKib(): Double {
    repeat(3) {
        System.gc()
        Thread.sleep(200)
    }
    val runtime = Runtime.getRuntime()
    val heapKib = (runtime.totalMemory() - runtime.freeMemory()) / 1_024.0
    val line = Path.of("/proc/self/status").readLines().single { it.startsWith("VmRSS:") }
    val residentKib = line.filter(Char::isDigit).toDouble()
    System.err.println("heap $heapKib KiB, resident $residentKib KiB")
    return residentKib + heapKib
}

private fun withCore(time: DemoTime, work: suspend CoroutineScope.(VirtualWearable, Lumbra) -> Unit): Unit = runBlocking {
    // In memory where there is such a place, so that no disk is measured.
    val memory = Path.of("/dev/shm")
    val folder = if (memory.exists()) Files.createTempDirectory(memory, "lumbra") else Files.createTempDirectory("lumbra")
    try {
        VirtualWearable(time).use { wearable ->
            val lumbra = Lumbra.openDemo(folder.toString(), wearable)
            try {
                work(wearable, lumbra)
            } finally {
                lumbra.shutDown()
            }
        }
    } finally {
        folder.toFile().deleteRecursively()
    }
}

private suspend fun paired(lumbra: Lumbra, wearable: VirtualWearable): Device {
    val device = lumbra.pair("virtual") { wearable.passkey }
    device.connected()
    lumbra.answerScreening(screeningQuestions().associate { it.id to ScreeningAnswer.NO })
    return device
}

private suspend fun session(device: Device) {
    confirmed(device.start(SessionRequest("conventional", minutes = 60u, skinIntact = true, padUses = 1u)))
    confirmed(device.setIntensity(listOf(4.0, 4.0)))
}

private fun confirmed(result: CommandResult) = check(result is CommandResult.Confirmed) { "$result" }

private fun median(values: List<Double>): Double = values.sorted()[values.size / 2]

private fun told(case: String, value: Double, unit: String) =
    println(String.format(Locale.ROOT, """{"case": "%s", "value": %.3f, "unit": "%s"}""", case, value, unit))

private const val BATCH = 200
private const val MINUTE_MS: ULong = 60_000u
private const val REST_MS = 60L
