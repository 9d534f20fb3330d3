import LumbraGenerated

/// One wearable: takes commands, and tells how it is. A command that was taken is carried through whatever becomes of the call; the
/// snapshot tells what came of it.
public final class Device: Sendable {
    let handle: Handle<LumbraGenerated.Device>

    init(_ handle: LumbraGenerated.Device) {
        // Somebody holds it now: the core ends the link of a handle that was never used.
        _ = handle.info()
        self.handle = Handle(handle)
    }

    /// Which wearable.
    public var info: DeviceInfo {
        get throws(LumbraError) { try handle.call { $0.info() } }
    }

    /// How it is: now, and after every change, at most ten a second; a slow loop misses what is old. Show it as it is; while it isn't
    /// `certain`, it is old. ``DeviceModel`` is the same for a view.
    public var snapshots: Updates<Snapshot> {
        Updates(waiting: 1) { [handle] hearing in
            do throws(LumbraError) {
                hearing.begun(try handle.call { try $0.observe(observer: SnapshotListener(hearing)) })
            } catch {
                hearing.failed(error)
            }
        }
    }

    /// What happens as long as the sequence is iterated, one thing after the other.
    public var events: Updates<DeviceEvent> {
        Updates(waiting: nil) { [handle] hearing in
            do throws(LumbraError) {
                hearing.begun(try handle.call { try $0.observeEvents(observer: EventListener(hearing)) })
            } catch {
                hearing.failed(error)
            }
        }
    }

    /// How it is at this very moment.
    public func now() throws(LumbraError) -> Snapshot {
        try handle.call { $0.snapshot() }
    }

    /// Waits until there is a link on which the wearable's state is known. When there is none in time, the error is why the last attempt
    /// failed; when that is something that waiting does not heal, such as a lost bond or Bluetooth that is off, it is told at the second
    /// attempt.
    public func connected(withinMs: UInt64 = 45_000) async throws(LumbraError) -> Snapshot {
        try await handle.callUntilCancelled { handle, cancel in
            try await handle.connected(withinMs: withinMs, cancel: cancel)
        }
    }

    /// Starts a session, at zero. Screening, dose, battery and every limit are checked first.
    public func start(_ request: SessionRequest) async throws(LumbraError) -> CommandResult {
        try await handle.call { try await $0.start(request: request) }
    }

    /// Sets the absolute intensity of every channel, in mA.
    public func setIntensity(targetsMa: [Double]) async throws(LumbraError) -> CommandResult {
        try await handle.call { try await $0.setIntensity(targetsMa: targetsMa) }
    }

    /// Ramps to zero and waits.
    public func pause() async throws(LumbraError) -> CommandResult {
        try await handle.call { try await $0.pause() }
    }

    /// Goes on with a paused session, from zero.
    public func resume() async throws(LumbraError) -> CommandResult {
        try await handle.call { try await $0.resume() }
    }

    /// Ramps to zero and ends the session. Overtakes everything else, and is repeated until the wearable has taken it, even when this
    /// call is cancelled; `CommandResult.unknown` means that it has not been confirmed yet.
    public func stop() async throws(LumbraError) -> CommandResult {
        try await handle.call { try await $0.stop() }
    }

    /// Clears faults whose cause is gone.
    public func clearFaults() async throws(LumbraError) -> CommandResult {
        try await handle.call { try await $0.clearFaults() }
    }

    /// Lets the wearable blink and vibrate, to tell which one it is.
    public func identify() async throws(LumbraError) -> CommandResult {
        try await handle.call { try await $0.identify() }
    }

    /// Starts the posture stream; it is started anew after a lost link.
    public func startPosture() async throws(LumbraError) -> CommandResult {
        try await handle.call { try await $0.startPosture() }
    }

    /// Ends the posture stream.
    public func stopPosture() async throws(LumbraError) -> CommandResult {
        try await handle.call { try await $0.stopPosture() }
    }

    /// When and how the wearable nudges: from 5 to 60 degrees off upright, held for 1 to 600 s, with this strength in percent.
    public func setNudge(
        enabled: Bool,
        thresholdDeg: Double,
        delayS: UInt32,
        strengthPercent: UInt8
    ) async throws(LumbraError) -> CommandResult {
        try await handle.call { handle in
            try await handle.setNudge(
                enabled: enabled, thresholdDeg: thresholdDeg, delayS: delayS, strengthPercent: strengthPercent)
        }
    }

    /// Learns what upright is for this person, who must sit or stand upright and keep still for five seconds.
    public func calibrate() async throws(LumbraError) -> Neutral {
        try await handle.callUntilCancelled { handle, cancel in
            try await handle.calibrate(cancel: cancel)
        }
    }

    /// Fetches what the wearable has stored; gives how many records came. They are safe here before they are deleted there. Cancelled, it
    /// ends the transfer.
    public func fetchRecords() async throws(LumbraError) -> UInt32 {
        try await handle.callUntilCancelled { handle, cancel in
            try await handle.fetchRecords(cancel: cancel)
        }
    }

    /// Cuts the link; the core no longer looks for this wearable. A session that runs is left to the wearable, which pauses it after its
    /// grace time.
    public func disconnect() async throws(LumbraError) {
        try await handle.call { try await $0.disconnect() }
    }

    /// Lets go of this handle; everything fails with ``LumbraError/Closed`` afterwards. The link stays: ``disconnect()`` cuts it.
    public func close() {
        handle.close()
    }
}
