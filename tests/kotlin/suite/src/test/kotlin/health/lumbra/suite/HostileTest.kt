package health.lumbra.suite

import health.lumbra.core.ChartMetric
import health.lumbra.core.Contact
import health.lumbra.core.DemoTime
import health.lumbra.core.Device
import health.lumbra.core.ExerciseDose
import health.lumbra.core.ExerciseReport
import health.lumbra.core.ExerciseSkip
import health.lumbra.core.Lumbra
import health.lumbra.core.LumbraException
import health.lumbra.core.Medication
import health.lumbra.core.PainContext
import health.lumbra.core.PainReport
import health.lumbra.core.PostureMode
import health.lumbra.core.PostureSensitivity
import health.lumbra.core.PostureSettings
import health.lumbra.core.QuietTime
import health.lumbra.core.ScreeningAnswer
import health.lumbra.core.SessionRequest
import health.lumbra.core.VirtualWearable
import health.lumbra.core.Wellbeing
import health.lumbra.core.beginClinic
import health.lumbra.core.beginOwnPlan
import health.lumbra.core.exerciseAgreed
import health.lumbra.core.exerciseDone
import health.lumbra.core.exerciseDrawing
import health.lumbra.core.exerciseLog
import health.lumbra.core.exerciseNames
import health.lumbra.core.exercisePage
import health.lumbra.core.exerciseSkipped
import health.lumbra.core.finishClinic
import health.lumbra.core.liveObjects
import health.lumbra.core.morningAfter
import health.lumbra.core.plan
import health.lumbra.core.questionnaireForms
import health.lumbra.core.redFlagQuestions
import java.lang.reflect.Modifier
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assertions.fail
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory

/**
 * Huge, empty and hostile values in every argument of every function: each gives a result or a [LumbraException], and the core goes on as
 * before. What lawfully takes long, as to let all of time pass, must end when it is cancelled.
 */
internal class HostileTest {
    @TestFactory
    fun functions(): List<DynamicTest> =
        attacks.map { (name, attack) ->
            dynamicTest(name) {
                val before = liveObjects()
                inWorld { Attacked(this, paired()).use { it.under(name, attack) } }
                assertEquals(before, eventually({ it <= before }, ::liveObjects), "objects of the core are alive after it")
            }
        }

    @Test
    fun `every function that takes anything is attacked`() {
        val taking = listOf(Lumbra::class, Lumbra.Companion::class, Device::class, VirtualWearable::class).flatMap { type ->
            type.java.declaredMethods
                .filter { Modifier.isPublic(it.modifiers) && !it.isSynthetic && '$' !in it.name }
                // A suspending function takes its continuation too.
                .filter { method -> method.parameterTypes.any { it.name != "kotlin.coroutines.Continuation" } }
                .map { it.name.substringBefore('-') }
        }
        assertTrue(taking.size >= 20, "$taking")
        assertEquals(emptySet<String>(), taking.toSet() - attacks.keys.map { it.substringBefore(' ') }.toSet())
    }

    /** What an attack has at hand. */
    private class Attacked(world: World, val device: Device) : AutoCloseable {
        val wearable: VirtualWearable = world.wearable
        val lumbra: Lumbra = world.lumbra
        val folder: String = world.folder

        suspend fun under(name: String, attack: suspend Attacked.(suspend (Any?, suspend () -> Any?) -> Unit) -> Unit) {
            attack { value, call -> tried("$name(${value.toString().take(40)})", call) }
            // Still there, and right.
            if (name == "forget") return
            assertEquals("LB1-000001", lumbra.devices().single().serial)
            assertEquals("LB1-000001", device.info.serial)
            wearable.status()
        }

        private suspend fun tried(what: String, call: suspend () -> Any?) {
            try {
                val result = withTimeout(PATIENCE_MS) { call() }
                if (result is AutoCloseable) result.close()
            } catch (failure: LumbraException) {
                // A fault of the software is no answer to a wrong value.
                if (failure is LumbraException.Internal) fail<Unit>("$what: $failure", failure)
            } catch (_: TimeoutCancellationException) {
                // It takes long, and has ended now that it was cancelled.
            } catch (failure: Throwable) {
                if (failure is CancellationException) throw failure
                fail<Unit>("$what: $failure", failure)
            }
        }

        override fun close() = device.close()
    }

    private companion object {
        /** How long something may go on before it is cancelled. */
        const val PATIENCE_MS = 2_000L

        val texts = listOf(
            "", " ", "\u0000", "a\u0000b", "\n", "\uD800", "\uDFFF\uD800", "🦶".repeat(10_000), "x".repeat(3_000_000),
            "' OR 1=1; DROP TABLE sessions; --", "%s%n%p", "{}", "..", "/", "../../..", "\u202Eabc", "ﷺ\u0301", "virtual", "LB1-000001",
            "null", "-1", "\u001B[2J", "C:\\CON", "/dev/null/x", "/proc/self/mem", "\uFFFF",
        )
        val doubles = listOf(
            Double.NaN, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, -0.0, 0.0, Double.MIN_VALUE, -Double.MIN_VALUE,
            Double.MAX_VALUE, -Double.MAX_VALUE, 1e-320, 0.049999, 4.05, 1e9, -1.0, 2147483648.0, 9.3e18,
        )
        val bytes = listOf<UByte>(0u, 1u, 10u, 11u, 100u, 101u, UByte.MAX_VALUE)
        val shorts = listOf<UShort>(0u, 1u, 999u, 1_000u, 1_001u, UShort.MAX_VALUE)
        val ints = listOf(0u, 1u, 2u, 3_660u, 0x7FFF_FFFFu, 0x8000_0000u, UInt.MAX_VALUE - 1u, UInt.MAX_VALUE)
        val longs = listOf(0uL, 1uL, ULong.MAX_VALUE / 1_000_000uL, 0x7FFF_FFFF_FFFF_FFFFuL, ULong.MAX_VALUE - 1uL, ULong.MAX_VALUE)
        val which: List<String?> = texts + null

        val request = SessionRequest("conventional", 20u, true, 1u)

        val attacks: Map<String, suspend Attacked.(suspend (Any?, suspend () -> Any?) -> Unit) -> Unit> = mapOf(
            "open" to { tried -> for (it in texts - "/" - ".." - "../../.." - " ") tried(it) { Lumbra.open("$folder/at/$it") } },
            "openDemo" to { tried ->
                for (it in texts) tried(it) { Lumbra.openDemo(if (it.length < 2) it else "$folder/at/$it", wearable) }
            },
            "pair" to { tried ->
                for (it in texts) tried(it) { lumbra.pair(it) { wearable.passkey } }
                for (it in which) tried(it) { lumbra.pair("virtual", it) { wearable.passkey } }
                for (it in ints + listOf(null, 999_999u, 1_000_000u)) tried(it) { lumbra.pair("virtual") { _ -> it } }
            },
            "device" to { tried -> for (it in which) tried(it) { lumbra.device(it) } },
            "connect" to { tried ->
                for (it in which) tried(it) { lumbra.connect(it, 100u) }
                wearable.goOutOfReach(3_600_000u)
                for (it in longs) tried(it) { lumbra.connect(null, it) }
                wearable.passTime(3_700_000u)
            },
            "forget" to { tried ->
                for (it in texts) tried(it) { lumbra.forget(it) }
                tried(null) { lumbra.forget() }
                tried(null) { lumbra.forget() }
            },
            "answerScreening" to { tried ->
                for (answer in ScreeningAnswer.entries) {
                    for (it in texts) tried(it) { lumbra.answerScreening(mapOf(it to answer)) }
                    tried(answer) { lumbra.answerScreening(allNo().mapValues { answer }, true) }
                }
                tried("none") { lumbra.answerScreening(emptyMap()) }
                tried("many") { lumbra.answerScreening((1..50_000).associate { "$it" to ScreeningAnswer.NO }) }
            },
            "setOwnCap" to { tried -> for (it in doubles + null) tried(it) { lumbra.setOwnCap(it) } },
            "addPain" to { tried ->
                for (it in bytes) tried(it) { lumbra.addPain(it, PainContext.DIARY) }
                for (context in PainContext.entries) tried(context) { lumbra.addPain(5u, context) }
                for (it in texts) tried(it) { lumbra.addPain(5u, PainContext.DIARY, place = it) }
                for (it in texts) tried(it) { lumbra.addPain(5u, PainContext.DIARY, note = it) }
                // What was taken is given back as it was.
                val notes = lumbra.history(1u).pain.map { it.note }.filter { it.isNotBlank() }
                assertTrue(notes.isNotEmpty() && texts.containsAll(notes), "$notes")
            },
            "addPainReport" to { tried ->
                val report = PainReport(5u, listOf("leg:left"))
                for (it in bytes) tried(it) { lumbra.addPainReport(PainContext.DIARY, report.copy(score = it)) }
                for (it in bytes) tried(it) { lumbra.addPainReport(PainContext.DIARY, report.copy(worst = it, average = it)) }
                for (it in texts) tried(it) { lumbra.addPainReport(PainContext.DIARY, report.copy(sites = listOf(it))) }
                for (it in texts) tried(it) { lumbra.addPainReport(PainContext.DIARY, report.copy(qualities = listOf(it))) }
                for (it in texts) tried(it) { lumbra.addPainReport(PainContext.DIARY, report.copy(note = it)) }
                tried("no place") { lumbra.addPainReport(PainContext.DIARY, report.copy(sites = emptyList())) }
                tried("places") { lumbra.addPainReport(PainContext.DIARY, report.copy(sites = List(100_000) { "leg:left" })) }
            },
            "editPain" to { tried ->
                val entry = lumbra.addPainReport(PainContext.DIARY, PainReport(5u, listOf("neck")))
                for (it in texts) tried(it) { lumbra.editPain(it, PainReport(5u, listOf("neck"))) }
                for (it in texts) tried(it) { lumbra.editPain(entry.entryId, PainReport(5u, listOf("neck"), note = it)) }
            },
            "saveWellbeing" to { tried ->
                val today = lumbra.today()
                for (it in ints) tried(it) { lumbra.saveWellbeing(it.toInt(), Wellbeing()) }
                for (it in shorts) tried(it) { lumbra.saveWellbeing(today, Wellbeing(stiffnessMin = it, sleepMin = it)) }
                for (it in bytes) tried(it) { lumbra.saveWellbeing(today, Wellbeing(sleepQuality = it)) }
                for (it in texts) tried(it) { lumbra.saveWellbeing(today, Wellbeing(activity = it)) }
                for (it in texts) tried(it) { lumbra.saveWellbeing(today, Wellbeing(triggers = listOf(it))) }
                for (it in texts) tried(it) { lumbra.saveWellbeing(today, Wellbeing(note = it)) }
                for (it in texts) tried(it) { lumbra.saveWellbeing(today, Wellbeing(medications = listOf(Medication(it, it)))) }
                tried("medications") {
                    lumbra.saveWellbeing(today, Wellbeing(medications = List(100_000) { Medication("a", "b") }))
                }
            },
            "wellbeing" to { tried -> for (it in ints) tried(it) { lumbra.wellbeing(it.toInt()) } },
            "diaryDays" to { tried ->
                for (from in ints) for (to in ints) tried("$from $to") { lumbra.diaryDays(from.toInt(), to.toInt()) }
            },
            "answerQuestionnaire" to { tried ->
                for (it in texts) tried(it) { lumbra.answerQuestionnaire(it, emptyMap()) }
                for (it in texts) tried(it) { lumbra.answerQuestionnaire("peg", mapOf(it to 1u.toUByte())) }
                for (form in questionnaireForms()) {
                    for (it in bytes) tried(it) { lumbra.answerQuestionnaire(form.form, form.items.associate { item -> item.id to it }) }
                }
            },
            "editQuestionnaire" to { tried -> for (it in texts) tried(it) { lumbra.editQuestionnaire(it, emptyMap()) } },
            "questionnaires" to { tried ->
                for (it in texts) tried(it) { lumbra.questionnaires(it, 1u) }
                for (it in ints) tried(it) { lumbra.questionnaires(null, it) }
            },
            "redFlagCheck" to { tried ->
                for (answer in ScreeningAnswer.entries) {
                    for (it in texts) tried(it) { lumbra.redFlagCheck(mapOf(it to answer)) }
                    tried(answer) { lumbra.redFlagCheck(redFlagQuestions().associate { it.id to answer }, true) }
                }
            },
            "exerciseDone" to { tried ->
                lumbra.beginOwnPlan()
                val breathing = checkNotNull(lumbra.plan()).exercises.first()
                for (it in texts) tried(it) { lumbra.exerciseDone(it) }
                for (it in bytes) tried(it) { lumbra.exerciseDone(breathing.activity, ExerciseReport(painBefore = it, worstDuring = it)) }
                val doses = shorts.flatMap {
                    listOf(
                        ExerciseDose.Minutes(it), ExerciseDose.Repetitions(listOf(it)), ExerciseDose.Holds(listOf(it), it),
                        ExerciseDose.Repetitions(List(it.toInt()) { 1u }),
                    )
                }
                for (it in doses) tried(it) { lumbra.exerciseDone(breathing.activity, ExerciseReport(it)) }
                assertTrue(lumbra.exerciseLog().isNotEmpty())
            },
            "exerciseSkipped" to { tried ->
                lumbra.beginOwnPlan()
                for (it in texts) tried(it) { lumbra.exerciseSkipped(it, ExerciseSkip.OTHER) }
            },
            "exerciseAgreed" to { tried ->
                lumbra.beginOwnPlan()
                for (it in texts) tried(it) { lumbra.exerciseAgreed(it) }
            },
            "morningAfter" to { tried ->
                lumbra.beginOwnPlan()
                for (it in bytes) tried(it) { lumbra.morningAfter(it) }
            },
            "exercisePage" to { tried ->
                for (it in texts) tried(it) { exercisePage(it, "en") }
                for (it in texts) tried(it) { exerciseDrawing(it, "en") }
                for (it in texts) tried(it) { exercisePage("bridge", it) }
                for (it in texts) tried(it) { exerciseNames(it) }
            },
            "beginClinic" to { tried ->
                for (it in texts) tried(it) { lumbra.beginClinic(it, "lumbra", "app:/back") }
                for (it in texts) tried(it) { lumbra.beginClinic("https://clinic.example/fhir", it, it) }
            },
            "finishClinic" to { tried -> for (it in texts) tried(it) { lumbra.finishClinic(it) } },
            "history" to { tried -> for (it in ints) tried(it) { lumbra.history(it) } },
            "records" to { tried ->
                wearable.passTime(600_000u)
                device.fetchRecords()
                for (it in which) tried(it) { lumbra.records(it, 10u) }
                for (it in ints) tried(it) { lumbra.records(null, it) }
            },
            "commands" to { tried -> for (it in ints) tried(it) { lumbra.commands(it) } },
            "chart" to { tried ->
                for (metric in ChartMetric.entries) for (it in ints) tried("$metric $it") { lumbra.chart(metric, it) }
            },
            "setPostureSettings" to { tried ->
                val settings = PostureSettings(PostureMode.TRAINING, PostureSensitivity.HIGH, 30u, 50u, null, null)
                for (it in shorts) tried(it) { lumbra.setPostureSettings(settings.copy(delayS = it)) }
                for (it in bytes) tried(it) { lumbra.setPostureSettings(settings.copy(strengthPercent = it)) }
                for (it in bytes) tried(it) { lumbra.setPostureSettings(settings.copy(breakAfterMin = it)) }
                for (from in shorts) for (to in shorts) {
                    tried("$from $to") { lumbra.setPostureSettings(settings.copy(quiet = QuietTime(from, to))) }
                }
            },
            "setPostureGoal" to { tried -> for (it in bytes) tried(it) { lumbra.setPostureGoal(it) } },
            "hoursOf" to { tried -> for (it in ints) tried(it) { lumbra.hoursOf(it.toInt()) } },
            "hoursOfMonths" to { tried -> for (it in ints) tried(it) { lumbra.hoursOfMonths(it) } },
            "painBesidePosture" to { tried ->
                for (it in ints) tried(it) { lumbra.painBesidePosture(it) }
                for (it in ints) tried(it) { lumbra.painBesidePosture(30u, it) }
            },
            "backUp" to { tried ->
                for (it in texts) tried(it) { lumbra.backUp("$folder/copies/$it", "kettle orbit velvet eleven") }
                for (it in texts) tried(it) { lumbra.backUp("$folder/copy", it) }
            },
            "export" to { tried ->
                for (it in texts - "/proc/self/mem") tried(it) { lumbra.export(it) }
                for (it in texts) tried(it) { lumbra.export("$folder/copies/$it") }
                tried("the folder") { lumbra.export(folder) }
            },
            "connected" to { tried ->
                wearable.goOutOfReach(3_600_000u)
                for (it in longs) tried(it) { device.connected(it) }
                wearable.passTime(3_700_000u)
            },
            "start" to { tried ->
                for (it in texts) tried(it) { device.start(request.copy(programme = it)) }
                for (it in ints) tried(it) { device.start(request.copy(minutes = it)) }
                for (it in shorts) tried(it) { device.start(request.copy(padUses = it, skinIntact = false)) }
                for (it in ints) tried(it) { device.start(request.copy(graceS = it, minutes = 90u)) }
                for (it in texts) tried(it) { device.start(request.copy(painBefore = it)) }
                for (it in doubles) tried(it) { device.start(request.copy(padAreasCm2 = listOf(it, 25.0))) }
                for (size in listOf(1, 3, 100_000)) tried(size) { device.start(request.copy(padAreasCm2 = List(size) { 25.0 })) }
                for (size in listOf(1, 2, 3)) tried(size) { device.start(request.copy(padAreasCm2 = List(size) { null })) }
                device.stop()
                wearable.passTime(5_000u)
                assertTrue(wearable.status().highestMa.all { it == 0.0 })
            },
            "setIntensity" to { tried ->
                device.start(request)
                for (size in listOf(0, 1, 3, 100_000)) tried(size) { device.setIntensity(List(size) { 1.0 }) }
                for (it in doubles) tried(it) { device.setIntensity(listOf(it, 0.0)) }
                for (it in doubles) tried(it) { device.setIntensity(listOf(0.0, it)) }
                wearable.passTime(10_000u)
                // Nothing beyond what is allowed in one step ever flows, whatever was asked for.
                assertTrue(wearable.status().highestMa.all { it <= 5.0 }, "${wearable.status()}")
                device.stop()
            },
            "setNudge" to { tried ->
                for (it in doubles) tried(it) { device.setNudge(true, it, 30u, 50u) }
                for (it in ints) tried(it) { device.setNudge(true, 20.0, it, 50u) }
                for (it in bytes) tried(it) { device.setNudge(false, 20.0, 30u, it) }
            },
            "pressButton" to { tried -> for (it in longs) tried(it) { wearable.pressButton(it) } },
            "setContact" to { tried ->
                for (contact in Contact.entries) for (it in ints) tried("$it $contact") { wearable.setContact(it, contact) }
            },
            "goOutOfReach" to { tried ->
                for (it in longs) tried(it) { wearable.goOutOfReach(it) }
                wearable.passTime(5_000u)
            },
            "disturb" to { tried ->
                for (it in shorts) {
                    tried(it) { wearable.disturb(it, 0u) }
                    tried(it) { device.identify() }
                }
                for (it in longs) {
                    tried(it) { wearable.disturb(0u, it) }
                    tried(it) { device.identify() }
                }
                wearable.disturb(0u, 0u)
                wearable.passTime(60_000u)
            },
            "setBattery" to { tried ->
                for (it in doubles) {
                    tried(it) { wearable.setBattery(it) }
                    wearable.passTime(1_000u)
                    tried(it) { device.start(request) }
                    tried(it) { device.stop() }
                }
            },
            "remember" to { tried -> for (it in ints) tried(it) { wearable.remember(it) } },
            "passTime" to { tried -> for (it in longs) tried(it) { wearable.passTime(it) } },
        )
    }
}
