package health.lumbra.suite

import health.lumbra.core.ClinicPhase
import health.lumbra.core.ClinicState
import health.lumbra.core.HttpException
import health.lumbra.core.HttpHeader
import health.lumbra.core.HttpMethod
import health.lumbra.core.HttpResponse
import health.lumbra.core.KeyStore
import health.lumbra.core.Lumbra
import health.lumbra.core.LumbraException
import health.lumbra.core.PainContext
import health.lumbra.core.PlanSource
import health.lumbra.core.SyncHints
import health.lumbra.core.SyncOutcome
import health.lumbra.core.SystemHttp
import health.lumbra.core.addGoal
import health.lumbra.core.beginClinic
import health.lumbra.core.clinicStates
import health.lumbra.core.clinicStatus
import health.lumbra.core.finishClinic
import health.lumbra.core.forgetClinic
import health.lumbra.core.giveUpGoal
import health.lumbra.core.markGoal
import health.lumbra.core.ownGoals
import health.lumbra.core.plan
import health.lumbra.core.retryRefused
import health.lumbra.core.syncClinic
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.extension.ExtendWith
import java.net.ServerSocket
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.milliseconds
import health.lumbra.core.Http as Port

/** A clinic on this machine, by the system's HTTP and a key store of the app's own. */
@ExtendWith(NothingLeaks::class)
internal class ClinicTest {
    @Test
    fun `a clinic is connected, told, followed and forgotten`() = withClinic { clinic, lumbra, keys ->
        assertNull(lumbra.clinicStatus())
        connect(clinic, lumbra)
        assertEquals(1, keys.secrets.size)
        val states = async(Dispatchers.Default) { lumbra.clinicStates().toList() }

        lumbra.addPain(6u, PainContext.DIARY, note = "on the stairs")
        val report = lumbra.syncClinic(ASKED)
        assertEquals(SyncOutcome.Done, report.outcome)
        assertEquals(1uL to 0uL, report.told to report.waiting)
        assertTrue("on the stairs" in clinic.told.values.single(), "${clinic.told}")
        val plan = checkNotNull(lumbra.plan())
        assertTrue(plan.source is PlanSource.Clinic, "$plan")
        assertEquals("bridge", plan.exercises.single().exercise)
        val again = lumbra.syncClinic(SyncHints(userAsked = false)).outcome
        assertTrue(again is SyncOutcome.TooSoon && again.waitMs > 0u, "$again")

        assertEquals(0u, lumbra.retryRefused())
        val status = checkNotNull(lumbra.clinicStatus())
        assertEquals(clinic.base to 0u, status.base to status.waiting)
        assertNotNull(status.lastGoodMs)

        lumbra.forgetClinic()
        assertTrue("POST /auth/revoke" in clinic.asked, "${clinic.asked}")
        assertEquals(emptyMap<String, ByteArray>(), keys.secrets)
        assertNull(lumbra.clinicStatus())
        assertNull(lumbra.plan())
        val heard: List<ClinicState> = states.await()
        assertTrue(heard.any { it.phase == ClinicPhase.IDLE }, "$heard")
        assertTrue(thrown { lumbra.syncClinic(ASKED) } is LumbraException.Invalid)
        assertTrue(thrown { lumbra.clinicStates().toList() } is LumbraException.Invalid)
    }

    @Test
    fun `a goal is reached step by step, and given up`() = withClinic { _, lumbra, _ ->
        val goal = lumbra.addGoal("dig the garden", listOf("weed a bed"))
        for (step in 0..1) lumbra.markGoal(goal, step.toUByte(), reached = true)
        val own = lumbra.ownGoals().single()
        assertEquals(goal to listOf("weed a bed", "dig the garden"), own.goalId to own.steps.map { it.text })
        assertTrue(own.reached, "$own")
        assertTrue(thrown { lumbra.markGoal(goal, 2u, reached = true) } is LumbraException.Invalid)
        lumbra.giveUpGoal(goal)
        assertEquals(emptyList<Any>(), lumbra.ownGoals())
    }

    @Test
    fun `a key store without secrets connects no clinic, and nothing is sent`() = LittleClinic().use { clinic ->
        inFolder { folder ->
            runBlocking {
                Lumbra.open("$folder/data", KeyAlone(), http = SystemHttp()).use { lumbra ->
                    assertTrue(thrown { lumbra.beginClinic(clinic.base, "lumbra", BACK) } is LumbraException.Key)
                }
            }
        }
        assertEquals(emptyList<String>(), clinic.asked.toList())
    }

    @Test
    fun `what a browser brings from elsewhere signs nobody in`() = withClinic { clinic, lumbra, keys ->
        assertTrue(thrown { lumbra.finishClinic("$BACK?code=good") } is LumbraException.Invalid)
        val address = lumbra.beginClinic(clinic.base, "lumbra", BACK)
        val foreign = thrown { lumbra.finishClinic("$BACK?code=s3cret&state=another") }
        assertTrue(foreign is LumbraException.Clinic && "s3cret" !in "$foreign", "$foreign")
        assertTrue(thrown { lumbra.finishClinic(clinic.signedIn(address, BACK)) } is LumbraException.Invalid)
        assertNull(lumbra.clinicStatus())
        assertEquals(0, keys.secrets.size)
    }

    @Test
    fun `a sync that is cancelled goes on at the next call`() = withClinic { clinic, lumbra, _ ->
        connect(clinic, lumbra)
        lumbra.addPain(6u, PainContext.DIARY)
        clinic.instead = {
            Thread.sleep(300)
            false
        }
        assertNull(withTimeoutOrNull(100.milliseconds) { lumbra.syncClinic(ASKED) })
        clinic.instead = { false }
        val report = eventually({ it.outcome != SyncOutcome.AlreadyRunning }, { runBlocking { lumbra.syncClinic(ASKED) } })
        assertEquals(SyncOutcome.Done, report.outcome)
        assertEquals(1, clinic.told.size)
    }

    @Test
    fun `whatever an app's HTTP throws, the sync ends and says so`() = LittleClinic().use { clinic ->
        val failing = Failing()
        inFolder { folder ->
            runBlocking {
                Lumbra.open("$folder/data", MemoryKeys(), http = failing).use { lumbra ->
                    connect(clinic, lumbra)
                    val failures = listOf(
                        HttpException.Unreachable(), HttpException.Lost(), HttpException.Truncated(), HttpException.TooLarge(),
                        HttpException.Untrusted(), HttpException.Insecure(), HttpException.BadAddress(),
                        IllegalStateException("half a character: \uD800"), StackOverflowError(),
                    )
                    for (failure in failures) {
                        failing.failure = failure
                        val outcome = lumbra.syncClinic(ASKED).outcome
                        assertTrue(outcome is SyncOutcome.Later && outcome.reason.isNotBlank(), "$failure: $outcome")
                    }
                    failing.failure = null
                    failing.header = HttpHeader("X-Half", "\uD800")
                    assertTrue(lumbra.syncClinic(ASKED).outcome is SyncOutcome.Later)
                    failing.header = null
                    assertEquals(SyncOutcome.Done, lumbra.syncClinic(ASKED).outcome)
                }
            }
        }
    }

    @Test
    fun `the system's HTTP gives answers as they are, and follows none elsewhere`() = LittleClinic().use { clinic ->
        for (status in listOf(301, 302, 303, 307, 308)) {
            clinic.instead = {
                it.responseHeaders.add("Location", "${clinic.origin}/elsewhere")
                it.give(status, "moved")
                true
            }
            val answer = ask("${clinic.origin}/here", HttpMethod.POST, "body")
            assertEquals(status.toUShort() to "moved", answer.status to answer.body.decodeToString())
            assertTrue(answer.headers.any { it.name.equals("location", ignoreCase = true) }, "${answer.headers}")
        }
        assertFalse(clinic.asked.any { "elsewhere" in it }, "${clinic.asked}")
        clinic.instead = {
            it.give(422, "${it.requestHeaders.getFirst("If-None-Match")} ${it.requestHeaders.getFirst("Accept-Encoding")}")
            true
        }
        val answer = SystemHttp().send(
            HttpMethod.GET, clinic.base, listOf(HttpHeader("If-None-Match", "W/\"3\"")), ByteArray(0), 1_000u, 5_000u,
        )
        assertEquals("W/\"3\" identity", answer.body.decodeToString())
        assertEquals(422.toUShort(), answer.status)
    }

    @Test
    fun `what is missing or too much is an error`() {
        val cases = listOf(
            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}" to HttpException.Truncated::class,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{\"a\":1}\r\n" to HttpException.Truncated::class,
            "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n12345678901" to HttpException.TooLarge::class,
            "HTTP/1.1 200 OK\r\n\r\n12345678901" to HttpException.TooLarge::class,
            "" to HttpException.Lost::class,
        )
        for ((bytes, expected) in cases) {
            answering(bytes) { origin, asked ->
                val came = runCatching { ask(origin, HttpMethod.POST, "body", bodyMax = 10u) }.exceptionOrNull()
                assertEquals(expected, came?.let { it::class }, bytes)
                // A request that may have been carried out is never sent again.
                assertEquals(1, asked())
            }
        }
        answering("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1234567890") { origin, _ ->
            assertEquals(10, ask(origin, HttpMethod.GET, "", bodyMax = 10u).body.size)
        }
    }

    @Test
    fun `what was not sent is told apart from what was`() {
        val free = ServerSocket(0).use { it.localPort }
        val never = runCatching { ask("http://127.0.0.1:$free/", HttpMethod.GET, "") }.exceptionOrNull()
        assertTrue(never is HttpException.Unreachable, "$never")
        for (address in listOf("no address", "file:///etc/passwd", "gopher://127.0.0.1/")) {
            val came = runCatching { ask(address, HttpMethod.GET, "") }.exceptionOrNull()
            assertTrue(came is HttpException.BadAddress, "$address: $came")
        }
        answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", lateMs = 2_000) { origin, _ ->
            val came = runCatching { ask(origin, HttpMethod.POST, "body", timeoutMs = 200u) }.exceptionOrNull()
            assertTrue(came is HttpException.Lost, "$came")
        }
        answering("no TLS\r\n\r\n") { origin, _ ->
            val came = runCatching { ask(origin.replace("http:", "https:"), HttpMethod.GET, "") }.exceptionOrNull()
            assertTrue(came is HttpException.Untrusted, "$came")
        }
    }

    private suspend fun connect(clinic: LittleClinic, lumbra: Lumbra) {
        val address = lumbra.beginClinic("${clinic.base}/", "lumbra", BACK)
        lumbra.finishClinic(clinic.signedIn(address, BACK))
    }

    private fun withClinic(work: suspend CoroutineScope.(LittleClinic, Lumbra, MemoryKeys) -> Unit): Unit =
        LittleClinic().use { clinic ->
            inFolder { folder ->
                val keys = MemoryKeys()
                runBlocking {
                    Lumbra.open("$folder/data", keys, http = SystemHttp()).use { work(clinic, it, keys) }
                }
            }
        }

    private fun ask(
        url: String,
        method: HttpMethod,
        body: String,
        bodyMax: ULong = 1_000u,
        timeoutMs: ULong = 5_000u,
    ): HttpResponse = SystemHttp().send(method, url, emptyList(), body.encodeToByteArray(), bodyMax, timeoutMs)

    /** A server that reads what it is asked, and answers each connection with these bytes. */
    private fun answering(bytes: String, lateMs: Long = 0, work: (origin: String, asked: () -> Int) -> Unit) {
        ServerSocket(0).use { server ->
            val asked = AtomicInteger()
            thread(isDaemon = true) {
                runCatching {
                    while (true) {
                        server.accept().use { socket ->
                            val read = ByteArray(4_096)
                            if (socket.getInputStream().read(read) > 0) asked.incrementAndGet()
                            Thread.sleep(lateMs)
                            socket.getOutputStream().write(bytes.encodeToByteArray())
                            socket.shutdownOutput()
                            // Closed with something unread, it would be a reset, and not an end.
                            while (socket.getInputStream().read(read) > 0) continue
                        }
                    }
                }
            }
            work("http://127.0.0.1:${server.localPort}/") { asked.get() }
        }
    }

    /** The system's HTTP, which fails when it is told to. */
    private class Failing : Port {
        @Volatile
        var failure: Throwable? = null

        @Volatile
        var header: HttpHeader? = null

        override fun send(
            method: HttpMethod,
            url: String,
            headers: List<HttpHeader>,
            body: ByteArray,
            bodyMax: ULong,
            timeoutMs: ULong,
        ): HttpResponse {
            failure?.let { throw it }
            val answer = SystemHttp().send(method, url, headers, body, bodyMax, timeoutMs)
            return answer.copy(headers = answer.headers + listOfNotNull(header))
        }
    }

    private open class KeyAlone : KeyStore {
        @Volatile
        private var key: ByteArray? = null

        override fun load(): ByteArray? = key

        override fun save(key: ByteArray) {
            this.key = key
        }

        override fun destroy() {
            key = null
        }
    }

    private class MemoryKeys : KeyAlone() {
        val secrets = ConcurrentHashMap<String, ByteArray>()

        override fun saveSecret(name: String, secret: ByteArray) {
            secrets[name] = secret
        }

        override fun loadSecret(name: String): ByteArray? = secrets[name]

        override fun deleteSecret(name: String) {
            secrets.remove(name)
        }
    }

    private companion object {
        const val BACK = "health.lumbra.app:/back"
        val ASKED = SyncHints(userAsked = true)
    }
}
