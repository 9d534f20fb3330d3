import LumbraGenerated

/// A wearable in software, worn by a body in software: for a demo mode, and for tests. It takes no current and needs no Bluetooth; it
/// speaks the whole profile. What a person or fate does to it are its functions; ``Lumbra/openDemo(dataDir:wearable:)`` opens the core on
/// it, again and again if wanted, as a real wearable outlives the app.
public final class VirtualWearable: Sendable {
    let handle: Handle<LumbraGenerated.VirtualWearable>

    /// A new one, switched on and in reach.
    public init(time: DemoTime) throws(LumbraError) {
        handle = Handle(try answered { try LumbraGenerated.VirtualWearable(time: time) })
    }

    /// The name it advertises.
    public var name: String {
        get throws(LumbraError) { try handle.call { $0.name() } }
    }

    /// The six digits on its label.
    public var passkey: UInt32 {
        get throws(LumbraError) { try handle.call { $0.passkey() } }
    }

    /// How long ago the core was last heard at the wearable, in ns; nil before the first time. For a measurement of the way there.
    public func sinceHeardNs() throws(LumbraError) -> UInt64? {
        try handle.call { try $0.sinceHeardNs() }
    }

    /// What is true at the wearable right now.
    public func status() async throws(LumbraError) -> WearableStatus {
        try await handle.call { try await $0.status() }
    }

    /// Presses its button: a session stops. Held for 3 s without one, it gets ready for pairing.
    public func pressButton(heldMs: UInt64) async throws(LumbraError) {
        try await handle.call { try await $0.pressButton(heldMs: heldMs) }
    }

    /// Lets the pads of a channel, counted from 0, sit otherwise.
    public func setContact(channel: UInt32, contact: Contact) async throws(LumbraError) {
        try await handle.call { try await $0.setContact(channel: channel, contact: contact) }
    }

    /// Takes it out of reach for a time; its link breaks.
    public func goOutOfReach(forMs: UInt64) async throws(LumbraError) {
        try await handle.call { try await $0.goOutOfReach(forMs: forMs) }
    }

    /// Makes the air lose this share of all messages, in thousandths, and delay all others by up to so many milliseconds.
    public func disturb(losePerMille: UInt16, delayMaxMs: UInt64) async throws(LumbraError) {
        try await handle.call { try await $0.disturb(losePerMille: losePerMille, delayMaxMs: delayMaxMs) }
    }

    /// Restarts it: the output is zero at once, the session is gone, records and settings stay.
    public func restart() async throws(LumbraError) {
        try await handle.call { try await $0.restart() }
    }

    /// Sets its battery, in percent.
    public func setBattery(percent: Double) async throws(LumbraError) {
        try await handle.call { try await $0.setBattery(percent: percent) }
    }

    /// Lets it forget the phone, as a factory reset does.
    public func forgetBond() async throws(LumbraError) {
        try await handle.call { try await $0.forgetBond() }
    }

    /// Lets it remember so many minutes of wearing that nobody has fetched, as after some time without the phone.
    public func remember(minutes: UInt32) async throws(LumbraError) {
        try await handle.call { try await $0.remember(minutes: minutes) }
    }

    /// Lets time pass.
    public func passTime(ms: UInt64) async throws(LumbraError) {
        try await handle.call { try await $0.passTime(ms: ms) }
    }

    /// Switches it off, once no core is open on it any more.
    public func close() {
        handle.close()
    }
}
