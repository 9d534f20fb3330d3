package health.lumbra.core

import health.lumbra.core.generated.VirtualWearable as Handle

/**
 * A wearable in software, worn by a body in software: for a demo mode, and for tests. It takes no current and needs no Bluetooth; it
 * speaks the whole profile. What a person or fate does to it are its functions; [Lumbra.openDemo] opens the core on it, again and
 * again if wanted, as a real wearable outlives the app.
 */
public class VirtualWearable(time: DemoTime) : AutoCloseable {
    internal val handle: Handle = answered { Handle(time) }

    /** The name it advertises. */
    public val name: String get() = answered { handle.name() }

    /** The six digits on its label. */
    public val passkey: UInt get() = answered { handle.passkey() }

    /** How long ago the core was last heard at the wearable, in ns: for a measurement of the way there. */
    public fun sinceHeardNs(): ULong? = answered { handle.sinceHeardNs() }

    /** What is true at the wearable right now. */
    public suspend fun status(): WearableStatus = answered { handle.status() }

    /** Presses its button: a session stops. Held for 3 s without one, it gets ready for pairing. */
    public suspend fun pressButton(heldMs: ULong): Unit = answered { handle.pressButton(heldMs) }

    /** Lets the pads of a channel, counted from 0, sit otherwise. */
    public suspend fun setContact(channel: UInt, contact: Contact): Unit = answered { handle.setContact(channel, contact) }

    /** Takes it out of reach for a time; its link breaks. */
    public suspend fun goOutOfReach(forMs: ULong): Unit = answered { handle.goOutOfReach(forMs) }

    /** Makes the air lose this share of all messages, in thousandths, and delay all others by up to so many milliseconds. */
    public suspend fun disturb(losePerMille: UShort, delayMaxMs: ULong): Unit = answered { handle.disturb(losePerMille, delayMaxMs) }

    /** Restarts it: the output is zero at once, the session is gone, records and settings stay. */
    public suspend fun restart(): Unit = answered { handle.restart() }

    /** Sets its battery, in percent. */
    public suspend fun setBattery(percent: Double): Unit = answered { handle.setBattery(percent) }

    /** Lets it forget the phone, as a factory reset does. */
    public suspend fun forgetBond(): Unit = answered { handle.forgetBond() }

    /** Lets it remember so many minutes of wearing that nobody has fetched, as after some time without the phone. */
    public suspend fun remember(minutes: UInt): Unit = answered { handle.remember(minutes) }

    /** Lets time pass. */
    public suspend fun passTime(ms: ULong): Unit = answered { handle.passTime(ms) }

    /** Switches it off, once no core is open on it any more. */
    override fun close(): Unit = handle.close()
}
