package health.lumbra.core

import health.lumbra.core.generated.Http as HttpPort
import health.lumbra.core.generated.KeyStore as KeyPort

/**
 * Keeps the database's key, and named secrets beside it, where the platform keeps secrets. Without one, they are files with owner-only
 * rights beside the data. A failure is told as a [PortException].
 */
public interface KeyStore {
    /**
     * The 32 bytes, or nothing when none was ever saved. A key that is there and can't be had right now, as before the first unlock, must
     * be an exception, never nothing.
     */
    public fun load(): ByteArray?

    /** Keeps the key; when it returns, the key must survive a restart. Never called while there is one. */
    public fun save(key: ByteArray)

    /** Destroys the key, and then every secret: what the key encrypted is lost for good. Not an error when there is none. */
    public fun destroy()

    /**
     * Keeps a secret of up to 16 KiB, such as the sign-in at a clinic, in place of what was kept under this name; when it returns, it must
     * survive a restart, and cut short, the earlier one must be there. A name has up to 64 of the characters a to z, 0 to 9 and `-`. A key
     * store that keeps the key alone leaves this and the other two as they are: no clinic can be connected then.
     */
    public fun saveSecret(name: String, secret: ByteArray): Unit = throw PortException.Unsupported(NO_SECRETS)

    /**
     * The secret of this name, or nothing when none is kept. One that is there and can't be had right now must be an exception, never
     * nothing.
     */
    public fun loadSecret(name: String): ByteArray? = throw PortException.Unsupported(NO_SECRETS)

    /** Deletes a secret. Not an error when there is none. */
    public fun deleteSecret(name: String): Unit = throw PortException.Unsupported(NO_SECRETS)
}

private const val NO_SECRETS = "this key store keeps the key alone"

/**
 * HTTP as an app brings it, for the way to the person's clinic; [SystemHttp] is the system's own. A call may block until the answer is
 * complete; each is made on a thread of its own, one at a time for one exchange.
 *
 * It follows no redirect: a status of 300 to 399 is an answer like any other. It retries nothing, caches nothing, keeps no cookies, adds no
 * credentials of its own, and writes nothing of a request or an answer into a log: there are tokens and a person's data in both. Only
 * `https` comes here, or `http` to this device itself. Why there is no answer is told as an [HttpException]; whatever is not certain, and
 * whatever else is thrown, is [HttpException.Lost].
 */
public interface Http {
    /**
     * Sends a request and gives the answer, whatever its status. [body] is empty for none. An answer of more than [bodyMax] bytes is
     * [HttpException.TooLarge], and one that ends early [HttpException.Truncated]: never a shorter answer. It must be complete within
     * [timeoutMs].
     */
    public fun send(
        method: HttpMethod,
        url: String,
        headers: List<HttpHeader>,
        body: ByteArray,
        bodyMax: ULong,
        timeoutMs: ULong,
    ): HttpResponse
}

/*
 * The border takes an error, or an exception whose words it can't write down, for an answer without a value. So everything is told as an
 * exception that the port declares; of one that it doesn't declare, the name only: its words may hold anything.
 */

internal inline fun <T> guarded(failed: (String) -> Exception = PortException::Failed, call: () -> T): T =
    try {
        call()
    } catch (failure: Throwable) {
        val declared = failure is PortException || failure is RadioException || failure is HttpException
        throw if (declared && failure.message.orEmpty().isWhole()) failure else failed(failure.javaClass.simpleName)
    }

internal class GuardedKeyStore(private val keys: KeyStore) : KeyPort {
    override fun load(): ByteArray? = guarded { keys.load() }

    override fun save(key: ByteArray): Unit = guarded { keys.save(key) }

    override fun erase(): Unit = guarded { keys.destroy() }

    override fun saveSecret(name: String, secret: ByteArray): Unit = guarded { keys.saveSecret(name, secret) }

    override fun loadSecret(name: String): ByteArray? = guarded { keys.loadSecret(name) }

    override fun deleteSecret(name: String): Unit = guarded { keys.deleteSecret(name) }
}

internal class GuardedHttp(private val http: Http) : HttpPort {
    override fun send(
        method: HttpMethod,
        url: String,
        headers: List<HttpHeader>,
        body: ByteArray,
        bodyMax: ULong,
        timeoutMs: ULong,
    ): HttpResponse = guarded({ HttpException.Lost() }) {
        val answer = http.send(method, url, headers, body, bodyMax, timeoutMs)
        // It can't cross the border, and was sent all the same.
        if (answer.headers.any { !it.name.isWhole() || !it.value.isWhole() }) throw HttpException.Lost()
        answer
    }
}

internal class GuardedWallClock(private val clock: WallClock) : WallClock {
    override fun unixMs(): Long = guarded { clock.unixMs() }

    override fun utcOffsetS(): Int = guarded { clock.utcOffsetS() }
}

internal class GuardedLogSink(private val sink: LogSink) : LogSink {
    override fun log(level: LogLevel, target: String, line: String): Unit = guarded { sink.log(level, target, line) }
}
