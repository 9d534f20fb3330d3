package health.lumbra.suite

import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpServer
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.URLDecoder
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.Executors

/** A clinic's server on this machine, as much of it as one person's phone needs: sign-in, one plan, and a place for what is told. */
internal class LittleClinic : AutoCloseable {
    /** What was asked, as `GET /fhir/CarePlan`. */
    val asked = ConcurrentLinkedQueue<String>()

    /** What was told, by its path. */
    val told = ConcurrentHashMap<String, String>()

    /** Answers in place of the server, where it gives something. */
    @Volatile
    var instead: (HttpExchange) -> Boolean = { false }

    private val threads = Executors.newCachedThreadPool()
    private val server = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0).apply {
        executor = threads
        createContext("/") { it.use(::answer) }
        start()
    }

    val origin: String = "http://127.0.0.1:${server.address.port}"
    val base: String = "$origin/fhir"

    override fun close() {
        server.stop(0)
        threads.shutdownNow()
    }

    /** The address that the browser comes back with when the person has signed in. */
    fun signedIn(address: String, redirect: String): String {
        val query = address.substringAfter('?').split('&').associate { it.substringBefore('=') to it.substringAfter('=') }
        check(URLDecoder.decode(query.getValue("redirect_uri"), Charsets.UTF_8) == redirect)
        check(query.getValue("code_challenge_method") == "S256")
        return "$redirect?code=good&state=${query.getValue("state")}"
    }

    private fun answer(exchange: HttpExchange) {
        val body = exchange.requestBody.readBytes().decodeToString()
        val path = exchange.requestURI.path
        asked += "${exchange.requestMethod} $path"
        if (instead(exchange)) return
        val resource = path.removePrefix("/fhir/")
        val bearer = exchange.requestHeaders.getFirst("Authorization")
        when {
            path == "/fhir/.well-known/smart-configuration" -> exchange.give(200, configuration())
            path == "/auth/token" && "code=good" in body -> exchange.give(200, TOKENS)
            path == "/auth/token" -> exchange.give(400, """{"error": "invalid_grant"}""")
            path == "/auth/revoke" -> exchange.give(200, "")
            bearer != "Bearer access-1" -> exchange.give(401, "")
            resource == "metadata" -> exchange.give(200, METADATA)
            exchange.requestMethod == "PUT" -> {
                val status = if (told.put(resource, body) == null) 201 else 200
                exchange.give(status, "{}")
            }
            resource == "CarePlan" -> exchange.give(200, found(CARE_PLAN))
            resource == "ServiceRequest" -> exchange.give(200, found(BRIDGE))
            else -> exchange.give(200, found())
        }
    }

    private fun configuration() = """
        {"authorization_endpoint": "$origin/auth/authorize", "token_endpoint": "$origin/auth/token",
         "revocation_endpoint": "$origin/auth/revoke", "code_challenge_methods_supported": ["S256"]}
    """.trimIndent()

    private fun found(vararg resources: String) =
        """{"resourceType": "Bundle", "type": "searchset", "entry": [${resources.joinToString { """{"resource": $it}""" }}]}"""

    private companion object {
        const val TOKENS =
            """{"access_token": "access-1", "token_type": "Bearer", "expires_in": 300, "refresh_token": "refresh-1", "patient": "ann"}"""
        val METADATA = listOf("Procedure", "Observation", "QuestionnaireResponse", "Device")
            .joinToString { """{"type": "$it", "updateCreate": true}""" }
            .let { """{"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": [{"mode": "server", "resource": [$it]}]}""" }
        const val SUBJECT = """"subject": {"reference": "Patient/ann"}"""
        const val BRIDGE = """{"resourceType": "ServiceRequest", "id": "bridge", "status": "active", "intent": "order", $SUBJECT,
            "code": {"coding": [{"system": "http://lumbra.health/fhir/CodeSystem/exercises", "code": "bridge"}]}}"""
        const val CARE_PLAN = """{"resourceType": "CarePlan", "id": "plan", "status": "active", "intent": "plan", $SUBJECT,
            "period": {"start": "2026-01-01"}, "activity": [{"reference": {"reference": "ServiceRequest/bridge"}}]}"""
    }
}

internal fun HttpExchange.give(status: Int, body: String) {
    responseHeaders.add("Content-Type", "application/fhir+json")
    val bytes = body.encodeToByteArray()
    sendResponseHeaders(status, if (bytes.isEmpty()) -1 else bytes.size.toLong())
    responseBody.write(bytes)
}
