package health.lumbra.core

import health.lumbra.core.generated.PasskeyPrompt
import health.lumbra.core.generated.ScanObserver
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.callbackFlow
import kotlinx.coroutines.runBlocking
import kotlin.coroutines.CoroutineContext
import health.lumbra.core.generated.Lumbra as Handle

/**
 * The core, opened: finds and pairs wearables, keeps the diary. An app opens one and closes it when it ends.
 *
 * Every function fails with a [LumbraException], of which each kind is one thing an app can do about it. Cancelling a coroutine
 * cancels what it waited for in the core, and at the wearable; a command that the core has taken is carried through.
 */
public class Lumbra private constructor(internal val handle: Handle, private val radio: RadioPort?) : AutoCloseable {
    /** The files of a damaged database that was set aside when this was opened: tell the person. Empty when all was well. */
    public val setAside: List<String> get() = answered { handle.setAside() }

    /** Where the data lies. */
    public val dataDir: String get() = answered { handle.dataDir() }

    /** Looks for wearables as long as the flow is collected. It ends by itself when the radio is gone. */
    public fun scan(): Flow<Discovered> = callbackFlow {
        val observer = object : ScanObserver {
            override fun onDiscovered(discovered: Discovered) {
                // A collector that does not keep up misses a repetition: each wearable is told anew.
                trySend(discovered)
            }

            override fun onEnded() {
                close()
            }
        }
        val subscription = answered { handle.scan(observer) }
        awaitClose { subscription.close() }
    }

    /**
     * Pairs with a wearable that is in pairing mode, by the [id] that a scan told, and keeps the link open. [passkey] asks the person
     * for the six digits on its label, where this was called from; null cancels, and what it throws is thrown here.
     */
    public suspend fun pair(id: String, name: String? = null, passkey: suspend (name: String?) -> UInt?): Device {
        val prompt = Prompt(currentCoroutineContext(), passkey)
        val paired = try {
            answered { handle.pair(id.whole(), prompt, name?.whole(), null) }
        } catch (failure: LumbraException) {
            throw prompt.thrown ?: failure
        }
        return Device.of(paired)
    }

    /** The paired wearables. */
    public suspend fun devices(): List<DeviceInfo> = answered { handle.devices() }

    /**
     * A paired wearable, by its identity, its name, or the only one there is. It is connected to from now on, whenever it is in
     * reach; its snapshot tells.
     */
    public suspend fun device(which: String? = null): Device = Device.of(answered { handle.device(which?.whole()) })

    /** The same, and waits for the link. When it does not come in time, the attempt ends too. */
    public suspend fun connect(which: String? = null, withinMs: ULong = 45_000u): Device =
        Device.of(answered { handle.connect(which?.whole(), withinMs, null) })

    /**
     * Forgets a wearable and its bond; the history stays. Gives a note for the person when the bond must be removed by hand, in the
     * system's settings.
     */
    public suspend fun forget(which: String? = null): String? = answered { handle.forget(which?.whole()) }

    /**
     * Keeps the answers of a screening and says what they come to. [clinicianAgreed]: a clinician has agreed to stimulation in spite
     * of an answer for which that is enough.
     */
    public suspend fun answerScreening(
        answers: Map<String, ScreeningAnswer>,
        clinicianAgreed: Boolean = false,
    ): ScreeningOutcome = answered { handle.answerScreening(answers.mapKeys { it.key.whole() }, clinicianAgreed) }

    /** What the newest screening comes to. */
    public suspend fun screening(): ScreeningOutcome = answered { handle.screening() }

    /** Sets the person's own cap in mA, for all wearables; null lifts it. */
    public suspend fun setOwnCap(limitMa: Double?): Unit = answered { handle.setOwnCap(limitMa) }

    /** Keeps a pain entry, 0 to 10. One made just after a session is tied to the newest session. */
    public suspend fun addPain(
        score: UByte,
        context: PainContext,
        place: String = "lower-back",
        note: String = "",
    ): PainEntry = answered { handle.addPain(score, context, place.whole(), note.whole()) }

    /** The person's day now, in days since 1970-01-01 on their own calendar. */
    public suspend fun today(): Int = answered { handle.today() }

    /**
     * Keeps a pain entry with all that is said in it. One made just after a session is tied to the newest session. Ask whether it makes a
     * check of the red flags due.
     */
    public suspend fun addPainReport(context: PainContext, report: PainReport): PainEntry =
        answered { handle.addPainReport(context, report.whole()) }

    /** Puts a report in place of what an entry said; the audit keeps what was there before. */
    public suspend fun editPain(entryId: String, report: PainReport): PainEntry =
        answered { handle.editPain(entryId.whole(), report.whole()) }

    /** Writes how a day was, in place of what was written about it before; the audit keeps that. */
    public suspend fun saveWellbeing(localDay: Int, told: Wellbeing): WellbeingEntry =
        answered { handle.saveWellbeing(localDay, told.whole()) }

    /** How a day was, if anything was written about it. */
    public suspend fun wellbeing(localDay: Int): WellbeingEntry? = answered { handle.wellbeing(localDay) }

    /** The days from [fromDay] to [toDay], both included, on which something was written, oldest first. */
    public suspend fun diaryDays(fromDay: Int, toDay: Int): List<DiaryDay> = answered { handle.diaryDays(fromDay, toDay) }

    /** Keeps a questionnaire; answers that are not complete are refused with what is open. */
    public suspend fun answerQuestionnaire(form: String, answers: Map<String, UByte>): QuestionnaireEntry =
        answered { handle.answerQuestionnaire(form.whole(), answers.mapKeys { it.key.whole() }) }

    /** Puts other answers in place of a questionnaire's; the audit keeps those of before. */
    public suspend fun editQuestionnaire(entryId: String, answers: Map<String, UByte>): QuestionnaireEntry =
        answered { handle.editQuestionnaire(entryId.whole(), answers.mapKeys { it.key.whole() }) }

    /** The questionnaires of the last [days] days, of one form or of all, oldest first. */
    public suspend fun questionnaires(form: String? = null, days: UInt): List<QuestionnaireEntry> =
        answered { handle.questionnaires(form?.whole(), days) }

    /**
     * Keeps the answers of a check of the red flags, and says where they lead. Unless the screening passes with them, every session under
     * way is stopped. [clinicianAgreed]: a clinician knows these answers and has agreed to stimulation.
     */
    public suspend fun redFlagCheck(answers: Map<String, ScreeningAnswer>, clinicianAgreed: Boolean = false): RedFlagCheck =
        answered { handle.redFlagCheck(answers.mapKeys { it.key.whole() }, clinicianAgreed) }

    /**
     * What to tell the person when a check of the red flags is due: until it is answered no session starts. Ask after each pain entry.
     */
    public suspend fun redFlagsDue(): String? = answered { handle.redFlagsDue() }

    /** The history of the last [days] days. */
    public suspend fun history(days: UInt): History = answered { handle.history(days) }

    /** The newest [count] records that were fetched from a wearable, oldest first. */
    public suspend fun records(which: String? = null, count: UInt): List<RecordEntry> = answered { handle.records(which?.whole(), count) }

    /** Every command of the last [days] days with its outcome, oldest first. */
    public suspend fun commands(days: UInt): List<CommandEntry> = answered { handle.commands(days) }

    /** The last [days] days of a metric, a value a day; [values] unpacks it. */
    public suspend fun chart(metric: ChartMetric, days: UInt): Chart = answered { handle.chart(metric, days) }

    /** How the person wants their posture watched; silent until they have chosen. */
    public suspend fun postureSettings(): PostureSettings = answered { handle.postureSettings() }

    /** Keeps how the person wants their posture watched, for all wearables. It holds at once. */
    public suspend fun setPostureSettings(settings: PostureSettings): Unit = answered { handle.setPostureSettings(settings) }

    /** The goal, which grows with success, and how today goes. */
    public suspend fun postureGoal(): PostureGoal = answered { handle.postureGoal() }

    /** Sets a goal of the person's own choice, from 30 to 90 percent. It goes on from there. */
    public suspend fun setPostureGoal(sharePercent: UByte): PostureGoal = answered { handle.setPostureGoal(sharePercent) }

    /** The 24 hours of one day, given in days since 1970-01-01 on the person's own calendar. */
    public suspend fun hoursOf(localDay: Int): List<HourOfDay> = answered { handle.hoursOf(localDay) }

    /** The 24 hours of the day over the last [months] calendar months, this one included. */
    public suspend fun hoursOfMonths(months: UInt): List<HourOfDay> = answered { handle.hoursOfMonths(months) }

    /** The last [days] days with posture on which, or [lagDays] after which, there was pain to put beside it. */
    public suspend fun painBesidePosture(days: UInt, lagDays: UInt = 0u): List<PainBesidePosture> =
        answered { handle.painBesidePosture(days, lagDays) }

    /**
     * Writes everything that is known to a file, in clear, for the person to keep. What connected wearables still hold is fetched
     * first. Cancelled, it ends the transfer and leaves no file.
     */
    public suspend fun export(file: String): ExportSummary = answered { handle.export(file.whole(), null) }

    /**
     * Writes an encrypted copy of everything to a file, over what is there, and tells its size in bytes. The passphrase has twelve characters
     * at least; without it nobody can read the copy, and nobody can recover it. What is under way goes on meanwhile.
     */
    public suspend fun backUp(file: String, passphrase: String): ULong = answered { handle.backUp(file.whole(), passphrase.whole()) }

    /**
     * Closes every link and the data; what was asked before is done first. A session that runs is left to the wearable, which pauses
     * it after its grace time. Everything fails with [LumbraException.Closed] afterwards; shutting down again does nothing.
     */
    public suspend fun shutDown() {
        try {
            answered { handle.shutDown() }
        } catch (_: LumbraException.Closed) {
            // It is what was wanted.
        } finally {
            handle.close()
            radio?.close()
        }
    }

    /** Shuts down and waits for it, up to some seconds: where that matters, call [shutDown] from a coroutine. */
    override fun close(): Unit = runBlocking { shutDown() }

    public companion object {
        /**
         * Opens the core in a folder of its own, which is made if it isn't there. Every absent port is the desktop's: a key file beside
         * the data, the system's clock, Bluetooth of this machine. Without [http] all works but the way to a clinic.
         */
        public suspend fun open(
            dataDir: String,
            keys: KeyStore? = null,
            clock: WallClock? = null,
            radio: Radio? = null,
            http: Http? = null,
        ): Lumbra {
            val port = radio?.let(::RadioPort)
            val handle = try {
                answered {
                    Handle.open(
                        dataDir.whole(),
                        keys?.let(::GuardedKeyStore),
                        clock?.let(::GuardedWallClock),
                        port,
                        http?.let(::GuardedHttp),
                    )
                }
            } catch (failure: Throwable) {
                port?.close()
                throw failure
            }
            return Lumbra(handle, port)
        }

        /** Opens the core on a virtual wearable: for a demo mode, and for tests. All else is as with a real one. */
        public suspend fun openDemo(dataDir: String, wearable: VirtualWearable, http: Http? = null): Lumbra =
            Lumbra(answered { Handle.openDemo(dataDir.whole(), wearable.handle, http?.let(::GuardedHttp)) }, null)
    }

    private fun PainReport.whole(): PainReport =
        copy(sites = sites.map { it.whole() }, qualities = qualities.map { it.whole() }, note = note.whole())

    private fun Wellbeing.whole(): Wellbeing = copy(
        medications = medications.map { Medication(it.name.whole(), it.dose.whole()) },
        activity = activity?.whole(),
        triggers = triggers.map { it.whole() },
        note = note.whole(),
    )

    /** Asks in the caller's own context, and no longer than the caller waits. */
    private class Prompt(
        private val caller: CoroutineContext,
        private val ask: suspend (name: String?) -> UInt?,
    ) : PasskeyPrompt {
        @Volatile
        var thrown: Throwable? = null

        override fun passkey(name: String?): UInt? =
            try {
                runBlocking(caller) { ask(name) }
            } catch (failure: Throwable) {
                thrown = failure
                null
            }
    }
}
