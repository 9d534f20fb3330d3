import LumbraGenerated

/// The person's clinic: signing in, and exchanging plans for what was done. HTTP is what the core was opened with, and the sign-in lies in the
/// key store.
extension Lumbra {
    /// Begins to connect a clinic, by its server's FHIR `base`, such as `https://clinic.example/fhir`, and gives the address to open in the
    /// system's browser (`ASWebAuthenticationSession`). `clientId` is what the clinic's system knows this app by, and `redirect` the address
    /// of the app's own that the browser comes back to. Beginning anew forgets what was begun before. Refused, before anything is sent,
    /// where the key store keeps no secrets.
    public func beginClinic(base: String, clientId: String, redirect: String) async throws(LumbraError) -> String {
        try await handle.callUntilCancelled { handle, cancel in
            try await handle.beginClinic(base: base, clientId: clientId, redirect: redirect, cancel: cancel)
        }
    }

    /// Connects the clinic, with the whole address that the browser came back to. A sign-in is good for one try: what does not belong to it
    /// ends it, and it is begun anew. Another clinic must be forgotten first. Cancelled late, it connects all the same: ``clinicStatus()`` tells.
    public func finishClinic(cameBack: String) async throws(LumbraError) {
        try await handle.callUntilCancelled { handle, cancel in
            try await handle.finishClinic(cameBack: cameBack, cancel: cancel)
        }
    }

    /// How it stands with the clinic; nil when none is connected.
    public func clinicStatus() async throws(LumbraError) -> ClinicStatus? {
        try await handle.call { try await $0.clinicStatus() }
    }

    /// Forgets the clinic: at its server if that answers, and here in any case. What was done stays here. Its plans are followed no more;
    /// their caps stay in force.
    public func forgetClinic() async throws(LumbraError) {
        try await handle.callUntilCancelled { handle, cancel in
            try await handle.forgetClinic(cancel: cancel)
        }
    }

    /// Exchanges with the clinic what can be exchanged: plans come, and what was done goes. Cancelled at any point, it goes on at the next
    /// call.
    public func syncClinic(_ hints: SyncHints) async throws(LumbraError) -> SyncReport {
        try await handle.callUntilCancelled { handle, cancel in
            try await handle.syncClinic(hints: hints, cancel: cancel)
        }
    }

    /// Lets what the clinic's server has refused wait again, as after the clinic has mended something there, and gives how many groups that
    /// is. The next sync sends them once more.
    @discardableResult
    public func retryRefused() async throws(LumbraError) -> UInt32 {
        try await handle.call { try await $0.retryRefused() }
    }

    /// What can be seen of syncing, whoever began it, as long as the sequence is iterated: the present state first, then the newest of at
    /// most ten a second. It ends by itself when the clinic is forgotten.
    public func clinicStates() -> Updates<ClinicState> {
        Updates(waiting: 1) { [handle] hearing in
            Task {
                do throws(LumbraError) {
                    hearing.begun(try await handle.call { try await $0.observeClinic(observer: ClinicListener(hearing)) })
                } catch {
                    hearing.failed(error)
                }
            }
        }
    }
}
