package health.lumbra.core

import health.lumbra.core.generated.KeyStore as KeyPort

/**
 * Keeps the database's key where the platform keeps secrets. Without one, it is a file with owner-only rights beside the data. A failure
 * is told as a [PortException].
 */
public interface KeyStore {
    /**
     * The 32 bytes, or nothing when none was ever saved. A key that is there and can't be had right now, as before the first unlock, must
     * be an exception, never nothing.
     */
    public fun load(): ByteArray?

    /** Keeps the key; when it returns, the key must survive a restart. Never called while there is one. */
    public fun save(key: ByteArray)

    /** Destroys the key: what it encrypted is lost for good. Not an error when there is none. */
    public fun destroy()
}

/*
 * The border takes an error, or an exception whose words it can't write down, for an answer without a value. So everything is told as an
 * exception that the port declares; of one that it doesn't declare, the name only: its words may hold anything.
 */

internal inline fun <T> guarded(failed: (String) -> Exception = PortException::Failed, call: () -> T): T =
    try {
        call()
    } catch (failure: Throwable) {
        val declared = failure is PortException || failure is RadioException
        throw if (declared && failure.message.orEmpty().isWhole()) failure else failed(failure.javaClass.simpleName)
    }

internal class GuardedKeyStore(private val keys: KeyStore) : KeyPort {
    override fun load(): ByteArray? = guarded { keys.load() }

    override fun save(key: ByteArray): Unit = guarded { keys.save(key) }

    override fun erase(): Unit = guarded { keys.destroy() }
}

internal class GuardedWallClock(private val clock: WallClock) : WallClock {
    override fun unixMs(): Long = guarded { clock.unixMs() }

    override fun utcOffsetS(): Int = guarded { clock.utcOffsetS() }
}

internal class GuardedLogSink(private val sink: LogSink) : LogSink {
    override fun log(level: LogLevel, target: String, line: String): Unit = guarded { sink.log(level, target, line) }
}
