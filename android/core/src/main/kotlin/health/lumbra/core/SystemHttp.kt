package health.lumbra.core

import java.io.IOException
import java.io.InputStream
import java.net.HttpURLConnection
import java.net.MalformedURLException
import java.net.SocketTimeoutException
import java.net.URL
import java.net.UnknownServiceException
import javax.net.ssl.SSLException

/**
 * [Http] by what Java and Android have for it, with the system's own certificates and proxies. It follows no redirect, caches nothing and
 * sends nothing with a body twice.
 */
public class SystemHttp() : Http {
    override fun send(
        method: HttpMethod,
        url: String,
        headers: List<HttpHeader>,
        body: ByteArray,
        bodyMax: ULong,
        timeoutMs: ULong,
    ): HttpResponse {
        val patienceMs = timeoutMs.coerceIn(1u, Int.MAX_VALUE.toULong()).toInt()
        val deadline = Deadline(patienceMs)
        val connection = prepared(method, url, headers, body, patienceMs)
        try {
            connect(connection)
            return exchanged(connection, body, bodyMax, deadline)
        } finally {
            connection.disconnect()
        }
    }

    private fun prepared(
        method: HttpMethod,
        url: String,
        headers: List<HttpHeader>,
        body: ByteArray,
        patienceMs: Int,
    ): HttpURLConnection {
        val opened = try {
            URL(url).openConnection() as? HttpURLConnection
        } catch (_: MalformedURLException) {
            null
        }
        val connection = opened ?: throw HttpException.BadAddress()
        connection.requestMethod = method.name
        connection.instanceFollowRedirects = false
        connection.useCaches = false
        connection.allowUserInteraction = false
        connection.connectTimeout = patienceMs
        connection.readTimeout = patienceMs
        // As it is: what is unpacked on the way has no length that could tell whether it came whole.
        connection.setRequestProperty("Accept-Encoding", "identity")
        for (header in headers) connection.setRequestProperty(header.name, header.value)
        if (method != HttpMethod.GET) {
            connection.doOutput = true
            // A body of known length is never sent twice: without it Java repeats a request by itself when its answer is lost.
            connection.setFixedLengthStreamingMode(body.size)
        }
        return connection
    }

    /** At most the head of a request leaves here, and never its body (Android does so): whatever fails, no server has carried it out. */
    private fun connect(connection: HttpURLConnection): Unit =
        try {
            connection.connect()
        } catch (_: SSLException) {
            throw HttpException.Untrusted()
        } catch (_: UnknownServiceException) {
            // What Android throws for http where the app forbids it.
            throw HttpException.Insecure()
        } catch (_: IOException) {
            throw HttpException.Unreachable()
        } catch (_: SecurityException) {
            // No permission for the network.
            throw HttpException.Unreachable()
        }

    private fun exchanged(
        connection: HttpURLConnection,
        body: ByteArray,
        bodyMax: ULong,
        deadline: Deadline,
    ): HttpResponse {
        val status = try {
            if (connection.doOutput) connection.outputStream.use { it.write(body) }
            connection.responseCode
        } catch (_: IOException) {
            throw HttpException.Lost()
        }
        // What answers is no HTTP.
        if (status !in 100..999) throw HttpException.Lost()
        val headers = connection.headerFields.entries.flatMap { (name, values) ->
            if (name == null) emptyList() else values.map { HttpHeader(name, it) }
        }
        val answer = try {
            if (status >= 400) connection.errorStream else connection.inputStream
        } catch (_: IOException) {
            throw HttpException.Lost()
        }
        val read = answer?.use { read(it, bodyMax, deadline) } ?: ByteArray(0)
        // Java takes an answer that ends early for a whole one.
        val told = connection.contentLengthLong
        if (answer != null && status != 204 && status != 304 && told > read.size) throw HttpException.Truncated()
        return HttpResponse(status.toUShort(), headers, read)
    }

    private fun read(answer: InputStream, bodyMax: ULong, deadline: Deadline): ByteArray {
        // More than this nobody asks for, and an array holds no more.
        val most = bodyMax.coerceAtMost((Int.MAX_VALUE / 4).toULong()).toInt()
        var read = ByteArray(FIRST)
        var length = 0
        while (true) {
            if (deadline.isOver()) throw HttpException.Lost()
            // Always room for more: one byte more than fits shows an answer that is too long.
            if (length == read.size) read = read.copyOf(read.size * 2)
            val some = try {
                answer.read(read, length, read.size - length)
            } catch (_: SocketTimeoutException) {
                throw HttpException.Lost()
            } catch (_: IOException) {
                throw HttpException.Truncated()
            }
            if (some < 0) return read.copyOf(length)
            length += some
            if (length > most) throw HttpException.TooLarge()
        }
    }

    private class Deadline(patienceMs: Int) {
        private val endNs = System.nanoTime() + patienceMs * 1_000_000L

        fun isOver(): Boolean = System.nanoTime() - endNs > 0
    }

    private companion object {
        const val FIRST = 16 * 1024
    }
}
