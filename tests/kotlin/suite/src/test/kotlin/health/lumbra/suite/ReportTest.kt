package health.lumbra.suite

import health.lumbra.core.InsightCertainty
import health.lumbra.core.InsightTopic
import health.lumbra.core.LumbraException
import health.lumbra.core.PainContext
import health.lumbra.core.ReportPerson
import health.lumbra.core.exportBundle
import health.lumbra.core.exportTables
import health.lumbra.core.insights
import health.lumbra.core.writeReport
import java.nio.file.Path
import kotlin.io.path.exists
import kotlin.io.path.fileSize
import kotlin.io.path.readBytes
import kotlin.io.path.readLines
import kotlin.io.path.readText
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** What a person looks back on, and takes along to their clinician. */
internal class ReportTest {
    @Test
    fun `what a clinician is given is made on the phone`() = inWorld {
        lumbra.addPain(6u, PainContext.DIARY)
        val today = lumbra.today()
        val ann = ReportPerson("Ann Example", -3_000)

        val pdf = Path.of(folder, "report.pdf")
        val report = lumbra.writeReport(today - 27, today, "$pdf", ann)
        assertEquals(1uL to pdf.fileSize().toULong(), report.painEntries to report.bytes)
        assertEquals("%PDF-", String(pdf.readBytes(), 0, 5, Charsets.US_ASCII))
        val bundle = Path.of(folder, "bundle.json")
        assertEquals(1uL, lumbra.exportBundle("$bundle", ann).painEntries)
        assertTrue("\"birthDate\":\"1961-10-15\"" in bundle.readText())
        val tables = Path.of(folder, "tables")
        val pain = lumbra.exportTables("$tables").files.single { it.name == "pain.csv" }
        assertEquals(1uL to 2, pain.rows to tables.resolve(pain.name).readLines().size)

        val none = Path.of(folder, "none.pdf")
        assertTrue(thrown { lumbra.writeReport(today, today - 1, "$none") } is LumbraException.Invalid)
        assertTrue(thrown { lumbra.writeReport(today - 1, today, "$none", ReportPerson("half \uD83D")) } is LumbraException.Invalid)
        assertTrue(!none.exists())
    }

    @Test
    fun `insights say what is wanting`() = inWorld {
        lumbra.addPain(6u, PainContext.DIARY)
        val found = lumbra.insights(30u)
        assertEquals(lumbra.today() - 29 to lumbra.today(), found.fromDay to found.toDay)
        assertEquals(listOf(InsightTopic.PAIN_NOW, InsightTopic.LINKS), found.sections.map { it.topic })
        assertEquals("Pain now", found.sections.first().title)
        val told = found.sections.flatMap { it.told }
        assertTrue(told.isNotEmpty() && told.all { it.certainty == InsightCertainty.NOT_YET && "ot enough yet" in it.sentence }, "$told")
        for (days in listOf(0u, 3_661u, UInt.MAX_VALUE)) assertTrue(thrown { lumbra.insights(days) } is LumbraException.Invalid)
    }
}
