package health.lumbra.core

import health.lumbra.core.generated.VirtualWearable as Handle

/**
 * A wearable in software, worn by a body in software: for a demo mode, and for tests. It takes no current and needs no Bluetooth; it
 * speaks the whole profile. What a person or fate does to it are its functions; [Lumbra.openDemo] opens the core on it, again and
 * again if wanted, as a real wearable outlives the app.
 */
public class VirtualWearable(time: DemoTime) : AutoCloseable {
    internal val handle: Handle = Handle(time)

    /** The name it advertises. */
    public val name: String get() = whileOpen { handle.name() }

    /** The six digits on its label. */
    public val passkey: UInt get() = whileOpen { handle.passkey() }

    /** What is true at the wearable right now. */
    public suspend fun status(): WearableStatus = whileOpen { handle.status() }

    /** Presses its button: a session stops. Held for 3 s without one, it gets ready for pairing. */
    public suspend fun pressButton(heldMs: ULong): Unit = whileOpen { handle.pressButton(heldMs) }

    /** Lets the pads of a channel, counted from 0, sit otherwise. */
    public suspend fun setContact(channel: UInt, contact: Contact): Unit = whileOpen { handle.setContact(channel, contact) }

    /** Takes it out of reach for a time; its link breaks. */
    public suspend fun goOutOfReach(forMs: ULong): Unit = whileOpen { handle.goOutOfReach(forMs) }

    /** Makes the air lose this share of all messages, in thousandths, and delay all others by up to so many milliseconds. */
    public suspend fun disturb(losePerMille: UShort, delayMaxMs: ULong): Unit = whileOpen { handle.disturb(losePerMille, delayMaxMs) }

    /** Restarts it: the output is zero at once, the session is gone, records and settings stay. */
    public suspend fun restart(): Unit = whileOpen { handle.restart() }

    /** Sets its battery, in percent. */
    public suspend fun setBattery(percent: Double): Unit = whileOpen { handle.setBattery(percent) }

    /** Lets it forget the phone, as a factory reset does. */
    public suspend fun forgetBond(): Unit = whileOpen { handle.forgetBond() }

    /** Lets time pass. */
    public suspend fun passTime(ms: ULong): Unit = whileOpen { handle.passTime(ms) }

    /** Switches it off, once no core is open on it any more. */
    override fun close(): Unit = handle.close()
}
