package health.lumbra.suite

import health.lumbra.core.ChartMetric
import health.lumbra.core.Contact
import health.lumbra.core.DemoTime
import health.lumbra.core.Device
import health.lumbra.core.DeviceEvent
import health.lumbra.core.ExerciseEvent
import health.lumbra.core.ExerciseKept
import health.lumbra.core.ExerciseReport
import health.lumbra.core.ExerciseSkip
import health.lumbra.core.ExerciseStop
import health.lumbra.core.Lumbra
import health.lumbra.core.LumbraException
import health.lumbra.core.PainContext
import health.lumbra.core.PlanSource
import health.lumbra.core.PostureMode
import health.lumbra.core.PostureSensitivity
import health.lumbra.core.PostureSettings
import health.lumbra.core.QuietTime
import health.lumbra.core.ScreeningAnswer
import health.lumbra.core.SessionRequest
import health.lumbra.core.VirtualWearable
import health.lumbra.core.beginOwnPlan
import health.lumbra.core.endOwnPlan
import health.lumbra.core.eraseData
import health.lumbra.core.exerciseAgreed
import health.lumbra.core.exerciseDone
import health.lumbra.core.exerciseDrawing
import health.lumbra.core.exerciseLog
import health.lumbra.core.exercisePage
import health.lumbra.core.exerciseSkipped
import health.lumbra.core.exercisesToday
import health.lumbra.core.followReview
import health.lumbra.core.morningAfter
import health.lumbra.core.plan
import health.lumbra.core.restoreBackup
import health.lumbra.core.screeningQuestions
import health.lumbra.core.values
import java.nio.file.Path
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.double
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long

/** One scenario's world, and what its verbs do in it: the Kotlin one of three players. */
internal class Player(private val scope: CoroutineScope, private val folder: Path) {
    private val wearable = VirtualWearable(DemoTime.VIRTUAL)
    private val devices = mutableListOf<Device>()
    private val events = Channel<DeviceEvent>(Channel.UNLIMITED)
    private var listening: Job? = null
    private var lumbra: Lumbra? = null
    private var painBefore: String? = null

    /** Does a step; a failure becomes `{"error": kind}`. */
    suspend fun step(verb: String, given: JsonObject): JsonElement =
        try {
            carryOut(verb, given)
        } catch (failure: LumbraException) {
            plain(failure)
        }

    suspend fun end() {
        listening?.cancelAndJoin()
        devices.forEach(Device::close)
        lumbra?.shutDown()
        wearable.close()
    }

    private suspend fun carryOut(verb: String, given: JsonObject): JsonElement = when (verb) {
        "open" -> {
            lumbra = Lumbra.openDemo(folder.toString(), wearable)
            plain(mapOf("set_aside" to open().setAside.size))
        }
        "shut_down" -> {
            lumbra?.shutDown()
            done
        }
        "scan" -> plain(mapOf("name" to scan()))
        "pair" -> {
            val passkey = given["passkey"]?.jsonPrimitive?.int?.toUInt() ?: wearable.passkey
            val device = open().pair("virtual") { passkey }
            devices += device
            device.connected(10_000u)
            take(device)
        }
        "connect" -> {
            val device = open().connect(withinMs = seconds(given))
            devices += device
            take(device)
        }
        "devices" -> plain(open().devices())
        "forget" -> {
            open().forget()
            done
        }
        "wearable" -> {
            doToWearable(given)
            done
        }
        "status" -> plain(wearable.status())
        "wait" -> {
            wearable.passTime((given.getValue("s").jsonPrimitive.double * 1_000).toULong())
            done
        }
        "snapshot" -> plain(device().now())
        "wait_for" -> waitFor(given)
        "events" -> {
            // What has happened by now has been told when this moment has passed.
            wearable.passTime(1u)
            JsonArray(generateSequence { events.tryReceive().getOrNull() }.map(::plain).toList())
        }
        "screening_questions" -> plain(mapOf("count" to screeningQuestions().size))
        "answer_screening", "screening", "own_cap", "pain", "history", "commands", "records", "chart", "export" ->
            diary(verb, given)
        "posture_settings", "set_posture_settings", "posture_goal", "set_posture_goal", "hours", "pain_beside_posture" ->
            posture(verb, given)
        "plan", "begin_plan", "follow_review", "end_plan", "exercises_today", "exercise_done", "exercise_skipped",
        "exercise_agreed", "morning", "exercise_log", "exercise_page",
        -> exercises(verb, given)
        "back_up", "erase", "restore" -> keep(verb, given)
        else -> command(verb, given)
    }

    private suspend fun diary(verb: String, given: JsonObject): JsonElement = when (verb) {
        "answer_screening" -> {
            val answers = allNo().toMutableMap()
            given["answers"]?.jsonObject?.forEach { (id, it) ->
                answers[id] = ScreeningAnswer.valueOf(it.jsonPrimitive.content.uppercase())
            }
            given["unanswered"]?.jsonArray?.forEach { answers -= it.jsonPrimitive.content }
            plain(open().answerScreening(answers, given["clinician_agreed"]?.jsonPrimitive?.boolean ?: false))
        }
        "screening" -> plain(open().screening())
        "own_cap" -> {
            open().setOwnCap(given["limit_ma"]?.jsonPrimitive?.double)
            done
        }
        "pain" -> {
            val context = PainContext.valueOf(text(given, "context").uppercase())
            val score = given.getValue("score").jsonPrimitive.int.toUByte()
            val place = given["place"]?.jsonPrimitive?.content
            val note = given["note"]?.jsonPrimitive?.content.orEmpty()
            val entry = if (place == null) {
                open().addPain(score, context, note = note)
            } else {
                open().addPain(score, context, place, note)
            }
            if (context == PainContext.BEFORE_SESSION) painBefore = entry.entryId
            plain(entry)
        }
        "history" -> plain(open().history(number(given, "days")))
        "commands" -> plain(open().commands(number(given, "days")))
        "records" -> plain(open().records(count = number(given, "count")))
        "export" -> plain(open().export(folder.resolve("export.json").toString()))
        else -> {
            val chart = open().chart(ChartMetric.valueOf(text(given, "metric").uppercase()), number(given, "days"))
            plain(mapOf("count" to chart.values.size, "last" to chart.values.last().takeUnless(Double::isNaN)))
        }
    }

    private suspend fun posture(verb: String, given: JsonObject): JsonElement = when (verb) {
        "posture_settings" -> plain(open().postureSettings())
        "set_posture_settings" -> {
            val from = given["quiet_from_min"]?.jsonPrimitive?.int?.toUShort()
            val to = given["quiet_to_min"]?.jsonPrimitive?.int?.toUShort()
            val settings = PostureSettings(
                mode = PostureMode.valueOf(text(given, "mode").uppercase()),
                sensitivity = PostureSensitivity.valueOf(text(given, "sensitivity").uppercase()),
                delayS = number(given, "delay_s").toUShort(),
                strengthPercent = number(given, "strength_percent").toUByte(),
                quiet = if (from != null && to != null) QuietTime(from, to) else null,
                breakAfterMin = given["break_after_min"]?.jsonPrimitive?.int?.toUByte(),
            )
            open().setPostureSettings(settings)
            done
        }
        "posture_goal" -> plain(open().postureGoal())
        "set_posture_goal" -> plain(open().setPostureGoal(number(given, "share_percent").toUByte()))
        "hours" -> {
            val hours = open().hoursOfMonths(number(given, "months"))
            val worn = hours.sumOf { it.uprightS + it.slouchedS + it.leaningS + it.lyingS + it.movingS }
            plain(mapOf("count" to hours.size, "worn_s" to worn))
        }
        else -> {
            val lag = given["lag_days"]?.jsonPrimitive?.int?.toUInt() ?: 0u
            plain(open().painBesidePosture(number(given, "days"), lag))
        }
    }

    private suspend fun exercises(verb: String, given: JsonObject): JsonElement = when (verb) {
        "plan" -> {
            val plan = open().plan()
            val stage = (plan?.source as? PlanSource.Own)?.stage
            val paused = plan?.exercises?.count { it.pausedSinceDay != null } ?: 0
            plain(mapOf("stage" to stage, "activities" to plan?.exercises?.map { it.activity }, "paused" to paused))
        }
        "begin_plan" -> {
            open().beginOwnPlan()
            done
        }
        "follow_review" -> plain(mapOf("stage" to open().followReview()))
        "end_plan" -> {
            open().endOwnPlan()
            done
        }
        "exercises_today" -> {
            val today = open().exercisesToday()
            plain(mapOf("offered" to (today.session != null), "mornings_open" to today.morningsOpen))
        }
        "exercise_done" -> {
            val report = ExerciseReport(
                painBefore = given["pain_before"]?.jsonPrimitive?.int?.toUByte(),
                worstDuring = given["worst_during"]?.jsonPrimitive?.int?.toUByte(),
                stopped = given["stopped"]?.jsonPrimitive?.content?.let { ExerciseStop.valueOf(it.uppercase()) },
            )
            kept(open().exerciseDone(text(given, "activity"), report))
        }
        "exercise_skipped" ->
            kept(open().exerciseSkipped(text(given, "activity"), ExerciseSkip.valueOf(text(given, "reason").uppercase())))
        "exercise_agreed" -> kept(open().exerciseAgreed(text(given, "activity")))
        "morning" -> kept(open().morningAfter(number(given, "score").toUByte()))
        "exercise_log" -> plain(
            open().exerciseLog().map {
                val what = when (it.event) {
                    is ExerciseEvent.Done -> "done"
                    is ExerciseEvent.Skipped -> "skipped"
                    is ExerciseEvent.Agreed -> "agreed"
                }
                mapOf("activity" to it.activity, "what" to what)
            },
        )
        else -> {
            val (exercise, language) = text(given, "exercise") to text(given, "language")
            val drawn = exerciseDrawing(exercise, language).svg.startsWith("<svg")
            plain(mapOf("name" to exercisePage(exercise, language).name, "drawn" to drawn))
        }
    }

    private fun kept(kept: ExerciseKept): JsonElement =
        plain(mapOf("kept" to kept.entryIds.size, "changes" to kept.changes.size, "not_again_today" to kept.notAgainToday))

    private suspend fun keep(verb: String, given: JsonObject): JsonElement {
        val file = folder.resolveSibling("${folder.fileName}-backup").toString()
        return when (verb) {
            "back_up" -> plain(mapOf("made" to (open().backUp(file, text(given, "passphrase")) > 0u)))
            "erase" -> {
                eraseData(folder.toString())
                done
            }
            else -> {
                val replace = given["replace"]?.jsonPrimitive?.boolean ?: false
                val setAside = restoreBackup(folder.toString(), file, text(given, "passphrase"), replace)
                plain(mapOf("set_aside" to setAside.size))
            }
        }
    }

    private suspend fun command(verb: String, given: JsonObject): JsonElement {
        val device = device()
        return when (verb) {
            "start" -> {
                val request = SessionRequest(
                    programme = text(given, "programme"),
                    minutes = number(given, "minutes"),
                    skinIntact = given["skin_intact"]?.jsonPrimitive?.boolean ?: true,
                    padUses = given["pad_uses"]?.jsonPrimitive?.int?.toUShort() ?: 1u,
                    graceS = given["grace_s"]?.jsonPrimitive?.int?.toUInt(),
                    painBefore = painBefore.also { painBefore = null },
                )
                plain(device.start(request))
            }
            "set_intensity" ->
                plain(device.setIntensity(given.getValue("targets_ma").jsonArray.map { it.jsonPrimitive.double }))
            "pause" -> plain(device.pause())
            "resume" -> plain(device.resume())
            "stop" -> plain(device.stop())
            "clear_faults" -> plain(device.clearFaults())
            "identify" -> plain(device.identify())
            "start_posture" -> plain(device.startPosture())
            "stop_posture" -> plain(device.stopPosture())
            "calibrate" -> plain(device.calibrate())
            "fetch_records" -> plain(mapOf("fetched" to (device.fetchRecords() > 0u)))
            "disconnect" -> {
                device.disconnect()
                done
            }
            else -> error("there is no verb '$verb'")
        }
    }

    private suspend fun doToWearable(given: JsonObject): Unit = when (val what = text(given, "what")) {
        "press_button" -> wearable.pressButton(given.getValue("held_ms").jsonPrimitive.long.toULong())
        "set_contact" -> wearable.setContact(number(given, "channel"), Contact.valueOf(text(given, "contact").uppercase()))
        "go_out_of_reach" -> wearable.goOutOfReach(given.getValue("for_ms").jsonPrimitive.long.toULong())
        "disturb" -> wearable.disturb(given.getValue("lose_per_mille").jsonPrimitive.int.toUShort(), 0u)
        "set_battery" -> wearable.setBattery(given.getValue("percent").jsonPrimitive.double)
        "restart" -> wearable.restart()
        "forget_bond" -> wearable.forgetBond()
        else -> error("nothing '$what' can be done to a wearable")
    }

    /** Looks every half second whether the snapshot fits; gives the last one. */
    private suspend fun waitFor(given: JsonObject): JsonElement {
        val wanted = given.getValue("snapshot")
        var left = seconds(given).toLong()
        while (true) {
            val snapshot = plain(device().now())
            if (mismatch(wanted, snapshot) == null) return snapshot
            if (left <= 0) return plain(mapOf("error" to "waited in vain", "snapshot" to snapshot))
            wearable.passTime(LOOK_EVERY_MS)
            left -= LOOK_EVERY_MS.toLong()
        }
    }

    /** The name of the first wearable found; time passes meanwhile. */
    private suspend fun scan(): String? = coroutineScope {
        val passing = launch { while (isActive) wearable.passTime(LOOK_EVERY_MS) }
        val found = open().scan().first()
        passing.cancelAndJoin()
        found.name
    }

    private suspend fun take(device: Device): JsonElement {
        listening?.cancelAndJoin()
        // Unconfined: an event is here as soon as the core has told it.
        listening = scope.launch(Dispatchers.Unconfined) { device.events.collect(events::send) }
        return plain(mapOf("model" to device.info.model, "serial" to device.info.serial))
    }

    private fun open(): Lumbra = lumbra ?: throw LumbraException.Closed()

    private fun device(): Device = devices.lastOrNull() ?: throw LumbraException.Closed()

    private fun seconds(given: JsonObject): ULong = (given.getValue("within_s").jsonPrimitive.double * 1_000).toULong()

    private fun text(given: JsonObject, name: String): String = given.getValue(name).jsonPrimitive.content

    private fun number(given: JsonObject, name: String): UInt = given.getValue(name).jsonPrimitive.int.toUInt()

    private companion object {
        const val LOOK_EVERY_MS: ULong = 500u
        val done = JsonObject(emptyMap())
    }
}
