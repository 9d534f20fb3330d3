package health.lumbra.core

import health.lumbra.core.generated.EventObserver
import health.lumbra.core.generated.SnapshotObserver
import health.lumbra.core.generated.Subscription
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.callbackFlow
import health.lumbra.core.generated.Device as Handle

/**
 * One wearable: takes commands, and tells how it is. A command that was taken is carried through whatever becomes of the call;
 * the snapshot tells what came of it.
 */
public class Device private constructor(
    internal val handle: Handle,
    private val latest: MutableStateFlow<Snapshot>,
    private val subscription: Subscription,
) : AutoCloseable {

    /** Which wearable. */
    public val info: DeviceInfo get() = answered { handle.info() }

    /** How it is: the newest of at most ten snapshots a second. Show it as it is; while it isn't `certain`, it is old. */
    public val snapshot: StateFlow<Snapshot> = latest.asStateFlow()

    /** What happens as long as the flow is collected, one thing after the other. */
    public val events: Flow<DeviceEvent> = callbackFlow {
        val observer = object : EventObserver {
            override fun onEvent(event: DeviceEvent) {
                trySend(event)
            }
        }
        val subscription = answered { handle.observeEvents(observer) }
        awaitClose { subscription.close() }
    }.buffer(Channel.UNLIMITED)

    /** How it is at this very moment. */
    public fun now(): Snapshot = answered { handle.snapshot() }

    /**
     * Waits until there is a link on which the wearable's state is known. When there is none in time, the exception is why the last
     * attempt failed; when that is something that waiting does not heal, such as a lost bond or Bluetooth that is off, it is told at
     * the second attempt.
     */
    public suspend fun connected(withinMs: ULong = 45_000u): Snapshot = answered { handle.connected(withinMs, null) }

    /** Starts a session, at zero. Screening, dose, battery and every limit are checked first. */
    public suspend fun start(request: SessionRequest): CommandResult = answered {
        request.programme.whole()
        request.painBefore?.whole()
        handle.start(request)
    }

    /** Sets the absolute intensity of every channel, in mA. */
    public suspend fun setIntensity(targetsMa: List<Double>): CommandResult = answered { handle.setIntensity(targetsMa) }

    /** Ramps to zero and waits. */
    public suspend fun pause(): CommandResult = answered { handle.pause() }

    /** Goes on with a paused session, from zero. */
    public suspend fun resume(): CommandResult = answered { handle.resume() }

    /**
     * Ramps to zero and ends the session. Overtakes everything else, and is repeated until the wearable has taken it, even when this
     * call is cancelled; [CommandResult.Unknown] means that it has not been confirmed yet.
     */
    public suspend fun stop(): CommandResult = answered { handle.stop() }

    /** Clears faults whose cause is gone. */
    public suspend fun clearFaults(): CommandResult = answered { handle.clearFaults() }

    /** Lets the wearable blink and vibrate, to tell which one it is. */
    public suspend fun identify(): CommandResult = answered { handle.identify() }

    /** Starts the posture stream; it is started anew after a lost link. */
    public suspend fun startPosture(): CommandResult = answered { handle.startPosture() }

    /** Ends the posture stream. */
    public suspend fun stopPosture(): CommandResult = answered { handle.stopPosture() }

    /**
     * When and how the wearable nudges: from 5 to 60 degrees off upright, held for 1 to 600 s, with this strength in percent.
     */
    public suspend fun setNudge(
        enabled: Boolean,
        thresholdDeg: Double,
        delayS: UInt,
        strengthPercent: UByte,
    ): CommandResult = answered { handle.setNudge(enabled, thresholdDeg, delayS, strengthPercent) }

    /** Learns what upright is for this person, who must sit or stand upright and keep still for five seconds. */
    public suspend fun calibrate(): Neutral = answered { handle.calibrate(null) }

    /**
     * Fetches what the wearable has stored; gives how many records came. They are safe here before they are deleted there. Cancelled,
     * it ends the transfer.
     */
    public suspend fun fetchRecords(): UInt = answered { handle.fetchRecords(null) }

    /**
     * Cuts the link; the core no longer looks for this wearable. A session that runs is left to the wearable, which pauses it after
     * its grace time.
     */
    public suspend fun disconnect(): Unit = answered { handle.disconnect() }

    /** Lets go of this handle. The link stays: [disconnect] cuts it. */
    override fun close() {
        subscription.close()
        handle.close()
    }

    /** Holds the state alone, so that a device which nobody holds can be collected. */
    private class Latest(private val state: MutableStateFlow<Snapshot>) : SnapshotObserver {
        override fun onSnapshot(snapshot: Snapshot) {
            state.value = snapshot
        }
    }

    internal companion object {
        /** Takes over a handle. */
        internal fun of(handle: Handle): Device =
            try {
                answered {
                    val latest = MutableStateFlow(handle.snapshot())
                    Device(handle, latest, handle.observe(Latest(latest)))
                }
            } catch (failure: LumbraException) {
                handle.close()
                throw failure
            }
    }
}
