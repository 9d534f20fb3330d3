package health.lumbra.core

import health.lumbra.core.generated.Radio as Port
import health.lumbra.core.generated.RadioSink as Sink

/**
 * Bluetooth as an app brings it, for where the core's own radio does not do. Its calls may block until the system has answered; each is
 * made on a thread of its own. For one wearable there is one request at a time, unless one has not come back within 5 s. UUIDs are
 * written in full, in either case. A failure is told as a [RadioException].
 */
public interface Radio {
    /** Told once, before anything else: where to tell what happens. */
    public fun attach(sink: RadioSink)

    /** Looks for peripherals that advertise this service, and tells the sink of each. */
    public fun startScan(service: String)

    /** Ends the scan. */
    public fun stopScan()

    /**
     * Connects and discovers all characteristics. With [pair] it lets the system ask the person for the passkey; without, it relies on
     * the bond there is. Must end within 60 s, and at once when [disconnect] is called meanwhile.
     */
    public fun connect(id: String, pair: Boolean): RadioLink

    /** Cuts the link, or calls off the attempt to make one; comes back when it is down. Nothing where there is none. */
    public fun disconnect(id: String)

    /** Reads a characteristic. The value must not go to the sink as well. */
    public fun read(id: String, characteristic: String): ByteArray

    /** Writes a characteristic whole; [withResponse] comes back when the wearable has answered. */
    public fun write(id: String, characteristic: String, value: ByteArray, withResponse: Boolean)

    /** Asks for notifications or indications, whichever there are; values go to the sink in their order. */
    public fun subscribe(id: String, characteristic: String)

    /** Removes the bond; [RadioException.Unsupported] where the system can't. */
    public fun removeBond(id: String)
}

/**
 * Takes what the system says of its own accord. May be called on any thread; never blocks, and does nothing once the core is shut
 * down.
 */
public class RadioSink internal constructor(private val handle: Sink) {
    /** A wearable was seen, or seen anew. */
    public fun discovered(discovered: Discovered): Unit = whileOpen {
        discovered.id.whole()
        discovered.name?.whole()
        handle.discovered(discovered)
    }

    /** A notification or indication came. */
    public fun value(id: String, characteristic: String, value: ByteArray): Unit =
        whileOpen { handle.value(id.whole(), characteristic.whole(), value) }

    /** A link is gone, for whatever reason. */
    public fun disconnected(id: String): Unit = whileOpen { handle.disconnected(id.whole()) }

    /** Bluetooth was switched off: every link is gone. */
    public fun switchedOff(): Unit = whileOpen { handle.switchedOff() }

    internal fun close(): Unit = handle.close()

    private inline fun whileOpen(call: () -> Unit): Unit =
        try {
            answered(call)
        } catch (_: LumbraException.Closed) {
            // The system doesn't know that nobody listens any more.
        }
}

/** An app's radio as the core calls it. */
internal class RadioPort(private val radio: Radio) : Port {
    private var sink: RadioSink? = null

    fun close() {
        sink?.close()
    }

    override fun attach(sink: Sink): Unit = RadioSink(sink).let {
        this.sink = it
        told { radio.attach(it) }
    }

    override fun startScan(service: String): Unit = told { radio.startScan(service) }

    override fun stopScan(): Unit = told { radio.stopScan() }

    override fun connect(id: String, pair: Boolean): RadioLink = told { radio.connect(id, pair) }

    override fun disconnect(id: String): Unit = told { radio.disconnect(id) }

    override fun read(id: String, characteristic: String): ByteArray = told { radio.read(id, characteristic) }

    override fun write(id: String, characteristic: String, value: ByteArray, withResponse: Boolean): Unit =
        told { radio.write(id, characteristic, value, withResponse) }

    override fun subscribe(id: String, characteristic: String): Unit = told { radio.subscribe(id, characteristic) }

    override fun removeBond(id: String): Unit = told { radio.removeBond(id) }

    private inline fun <T> told(call: () -> T): T = guarded(RadioException::Failed, call)
}
