import LumbraGenerated

/// What a person looks back on, and takes along to their clinician. Made on the phone, offline.
extension Lumbra {
    /// What the last `days` days say about the person's pain, each sentence with how sure it is; at most ten years.
    public func insights(days: UInt32) async throws(LumbraError) -> Insights {
        try await handle.call { try await $0.insights(days: days) }
    }

    /// Writes the report of a period for the clinician, as PDF of one or two pages, over what is there. Both days, in days since 1970-01-01 on
    /// the person's own calendar, belong to it; ten years at the most. It is in clear: for the person to hand over, and to keep safe.
    @discardableResult
    public func writeReport(
        fromDay: Int32, toDay: Int32, file: String, person: ReportPerson = ReportPerson()
    ) async throws(LumbraError) -> ReportSummary {
        try await handle.call {
            try await $0.writeReport(fromDay: fromDay, toDay: toDay, person: person, file: file)
        }
    }

    /// Writes everything that is known into a folder, as tables (CSV) in clear, each over what is there. What connected wearables still hold
    /// is fetched first. Cancelled, it ends the transfer.
    @discardableResult
    public func exportTables(folder: String) async throws(LumbraError) -> TablesSummary {
        try await handle.callUntilCancelled { handle, cancel in
            try await handle.exportTables(folder: folder, cancel: cancel)
        }
    }

    /// Writes everything that is known to a file, as a bundle of FHIR R4 for a clinic's system, in clear, over what is there. What connected
    /// wearables still hold is fetched first. Cancelled, it ends the transfer and leaves no file.
    @discardableResult
    public func exportBundle(file: String, person: ReportPerson = ReportPerson()) async throws(LumbraError) -> ReportSummary {
        try await handle.callUntilCancelled { handle, cancel in
            try await handle.exportBundle(person: person, file: file, cancel: cancel)
        }
    }
}
