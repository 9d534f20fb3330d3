import LumbraKit

/// A wearable in virtual time, and a core opened on it.
public final class World: Sendable {
    public let folder: Folder
    public let wearable: VirtualWearable
    public let lumbra: Lumbra

    public convenience init() async throws {
        try await self.init(time: .virtual)
    }

    public init(time: DemoTime) async throws {
        folder = try Folder()
        wearable = try VirtualWearable(time: time)
        lumbra = try await Lumbra.openDemo(dataDir: folder.path, wearable: wearable)
    }

    /// Pairs, and waits for the wearable's state.
    public func pair() async throws -> Device {
        let passkey = try wearable.passkey
        let device = try await lumbra.pair(id: "virtual") { _ in passkey }
        _ = try await device.connected()
        return device
    }

    /// Answers every question of the screening with no.
    public func screen() async throws {
        _ = try await lumbra.answerScreening(
            Dictionary(uniqueKeysWithValues: screeningQuestions().map { ($0.id, .no) }))
    }

    /// Ends everything.
    public func end() async throws {
        try await lumbra.shutDown()
        wearable.close()
    }
}

extension SessionRequest {
    /// A session with intact skin and new pads.
    public static func plain(minutes: UInt32 = 20) -> SessionRequest {
        SessionRequest(programme: "conventional", minutes: minutes, skinIntact: true, padUses: 1)
    }
}
