package health.lumbra.core

/** What the last [days] days say about the person's pain, each sentence with how sure it is; at most ten years. */
public suspend fun Lumbra.insights(days: UInt): Insights = answered { handle.insights(days) }

/**
 * Writes the report of a period for the clinician, as PDF of one or two pages, over what is there. Both days, in days since 1970-01-01 on the
 * person's own calendar, belong to it; ten years at the most. It is in clear: for the person to hand over, and to keep safe.
 */
public suspend fun Lumbra.writeReport(fromDay: Int, toDay: Int, file: String, person: ReportPerson = ReportPerson()): ReportSummary =
    answered { handle.writeReport(fromDay, toDay, person.whole(), file.whole()) }

/**
 * Writes everything that is known into a folder, as tables (CSV) in clear, each over what is there. What connected wearables still hold is
 * fetched first. Cancelled, it ends the transfer.
 */
public suspend fun Lumbra.exportTables(folder: String): TablesSummary = answered { handle.exportTables(folder.whole(), null) }

/**
 * Writes everything that is known to a file, as a bundle of FHIR R4 for a clinic's system, in clear, over what is there. What connected
 * wearables still hold is fetched first. Cancelled, it ends the transfer and leaves no file.
 */
public suspend fun Lumbra.exportBundle(file: String, person: ReportPerson = ReportPerson()): ReportSummary =
    answered { handle.exportBundle(person.whole(), file.whole(), null) }

private fun ReportPerson.whole() = copy(name = name?.whole())
