import Observation

/// A wearable for a view: the newest snapshot, observed. It follows the wearable as long as it lives, and holds nobody else.
@MainActor
@Observable
public final class DeviceModel {
    /// How the wearable is: the newest of at most ten snapshots a second. Show it as it is; while it isn't `certain`, it is old.
    public private(set) var snapshot: Snapshot

    /// Whether no further snapshots come: the wearable was disconnected, or the core shut down.
    public private(set) var ended = false

    /// The wearable, to give commands to.
    public let device: Device

    @ObservationIgnored private var following: Task<Void, Never>?

    /// Begins to follow a wearable.
    public init(_ device: Device) throws(LumbraError) {
        self.device = device
        snapshot = try device.now()
        following = Task { [weak self, snapshots = device.snapshots] in
            do throws(LumbraError) {
                for try await snapshot in snapshots {
                    self?.snapshot = snapshot
                }
            } catch {
                // It was closed meanwhile, which is one way to end.
            }
            self?.ended = true
        }
    }

    deinit {
        following?.cancel()
    }
}
