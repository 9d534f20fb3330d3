import LumbraGenerated

/// The core, opened: finds and pairs wearables, keeps the diary. An app opens one and closes it when it ends.
///
/// Every function fails with a ``LumbraError``, of which each case is one thing an app can do about it. Cancelling a task cancels what
/// it waited for in the core, and at the wearable; a command that the core has taken is carried through.
public final class Lumbra: Sendable {
    let handle: Handle<LumbraGenerated.Lumbra>

    private init(_ handle: LumbraGenerated.Lumbra) {
        self.handle = Handle(handle)
    }

    /// Opens the core in a folder of its own, with Bluetooth. Every absent port is the desktop's: a key file, the system's clock, the
    /// core's own radio. Without `http` all works but the way to a clinic; ``SystemHttp`` is the system's.
    public static func open(
        dataDir: String,
        keys: (any KeyStore)? = nil,
        clock: (any WallClock)? = nil,
        radio: (any Radio)? = nil,
        http: (any Http)? = nil
    ) async throws(LumbraError) -> Lumbra {
        Lumbra(
            try await answered {
                try await LumbraGenerated.Lumbra.open(
                    dataDir: dataDir, keys: keys, clock: clock, radio: radio, http: http)
            })
    }

    /// Opens the core on a virtual wearable: for a demo mode, and for tests. All else is as with a real one.
    public static func openDemo(
        dataDir: String,
        wearable: VirtualWearable,
        http: (any Http)? = nil
    ) async throws(LumbraError) -> Lumbra {
        Lumbra(
            try await wearable.handle.call { wearable in
                try await LumbraGenerated.Lumbra.openDemo(dataDir: dataDir, wearable: wearable, http: http)
            })
    }

    /// The files of a damaged database that was set aside when this was opened: tell the person. Empty when all was well.
    public var setAside: [String] {
        get throws(LumbraError) { try handle.call { $0.setAside() } }
    }

    /// Where the data lies.
    public var dataDir: String {
        get throws(LumbraError) { try handle.call { $0.dataDir() } }
    }

    /// Looks for wearables as long as the sequence is iterated. It ends by itself when the radio is gone.
    public func scan() -> Updates<Discovered> {
        // A loop that does not keep up misses a repetition: each wearable is told anew.
        Updates(waiting: 64) { [handle] hearing in
            Task {
                do throws(LumbraError) {
                    hearing.begun(try await handle.call { try await $0.scan(observer: ScanListener(hearing)) })
                } catch {
                    hearing.failed(error)
                }
            }
        }
    }

    /// Pairs with a wearable that is in pairing mode, by the `id` that a scan told, and keeps the link open. `passkey` asks the person
    /// for the six digits on its label; nil cancels. Cancelled, no link is left behind, and `passkey` is cancelled too.
    public func pair(
        id: String,
        name: String? = nil,
        passkey: @escaping @Sendable (_ name: String?) async -> UInt32?
    ) async throws(LumbraError) -> Device {
        let prompt = Prompt(passkey)
        let paired = try await handle.callUntilCancelled { handle, cancel in
            try await handle.pair(id: id, prompt: prompt, name: name, cancel: cancel)
        } afterwards: {
            // Not before: an answer of nil would pass for the person's own.
            prompt.callOff()
        }
        return Device(paired)
    }

    /// The paired wearables.
    public func devices() async throws(LumbraError) -> [DeviceInfo] {
        try await handle.call { try await $0.devices() }
    }

    /// A paired wearable, by its identity, its name, or the only one there is. It is connected to from now on, whenever it is in reach;
    /// its snapshot tells.
    public func device(which: String? = nil) async throws(LumbraError) -> Device {
        Device(try await handle.call { try await $0.device(which: which) })
    }

    /// The same, and waits for the link. When it does not come in time, or the task is cancelled, the attempt ends too.
    public func connect(which: String? = nil, withinMs: UInt64 = 45_000) async throws(LumbraError) -> Device {
        Device(
            try await handle.callUntilCancelled { handle, cancel in
                try await handle.connect(which: which, withinMs: withinMs, cancel: cancel)
            })
    }

    /// Forgets a wearable and its bond; the history stays. Gives a note for the person when the bond must be removed by hand, in the
    /// system's settings.
    public func forget(which: String? = nil) async throws(LumbraError) -> String? {
        try await handle.call { try await $0.forget(which: which) }
    }

    /// Keeps the answers of a screening and says what they come to. `clinicianAgreed`: a clinician has agreed to stimulation in spite of
    /// an answer for which that is enough.
    public func answerScreening(
        _ answers: [String: ScreeningAnswer],
        clinicianAgreed: Bool = false
    ) async throws(LumbraError) -> ScreeningOutcome {
        try await handle.call { try await $0.answerScreening(answers: answers, clinicianAgreed: clinicianAgreed) }
    }

    /// What the newest screening comes to.
    public func screening() async throws(LumbraError) -> ScreeningOutcome {
        try await handle.call { try await $0.screening() }
    }

    /// Sets the person's own cap in mA, for all wearables; nil lifts it.
    public func setOwnCap(limitMa: Double?) async throws(LumbraError) {
        try await handle.call { try await $0.setOwnCap(limitMa: limitMa) }
    }

    /// Keeps a pain entry, 0 to 10. One made just after a session is tied to the newest session.
    public func addPain(
        score: UInt8,
        context: PainContext,
        place: String = "lower-back",
        note: String = ""
    ) async throws(LumbraError) -> PainEntry {
        try await handle.call { try await $0.addPain(score: score, context: context, place: place, note: note) }
    }

    /// The person's day now, in days since 1970-01-01 on their own calendar.
    public func today() async throws(LumbraError) -> Int32 {
        try await handle.call { try await $0.today() }
    }

    /// Keeps a pain entry with all that is said in it. One made just after a session is tied to the newest session. Ask whether it makes a
    /// check of the red flags due.
    public func addPainReport(context: PainContext, report: PainReport) async throws(LumbraError) -> PainEntry {
        try await handle.call { try await $0.addPainReport(context: context, report: report) }
    }

    /// Puts a report in place of what an entry said; the audit keeps what was there before.
    public func editPain(entryId: String, report: PainReport) async throws(LumbraError) -> PainEntry {
        try await handle.call { try await $0.editPain(entryId: entryId, report: report) }
    }

    /// Writes how a day was, in place of what was written about it before; the audit keeps that.
    public func saveWellbeing(localDay: Int32, told: Wellbeing) async throws(LumbraError) -> WellbeingEntry {
        try await handle.call { try await $0.saveWellbeing(localDay: localDay, told: told) }
    }

    /// How a day was, if anything was written about it.
    public func wellbeing(localDay: Int32) async throws(LumbraError) -> WellbeingEntry? {
        try await handle.call { try await $0.wellbeing(localDay: localDay) }
    }

    /// The days from `fromDay` to `toDay`, both included, on which something was written, oldest first.
    public func diaryDays(fromDay: Int32, toDay: Int32) async throws(LumbraError) -> [DiaryDay] {
        try await handle.call { try await $0.diaryDays(fromDay: fromDay, toDay: toDay) }
    }

    /// Keeps a questionnaire; answers that are not complete are refused with what is open.
    public func answerQuestionnaire(
        form: String,
        answers: [String: UInt8]
    ) async throws(LumbraError) -> QuestionnaireEntry {
        try await handle.call { try await $0.answerQuestionnaire(form: form, answers: answers) }
    }

    /// Puts other answers in place of a questionnaire's; the audit keeps those of before.
    public func editQuestionnaire(
        entryId: String,
        answers: [String: UInt8]
    ) async throws(LumbraError) -> QuestionnaireEntry {
        try await handle.call { try await $0.editQuestionnaire(entryId: entryId, answers: answers) }
    }

    /// The questionnaires of the last `days` days, of one form or of all, oldest first.
    public func questionnaires(form: String? = nil, days: UInt32) async throws(LumbraError) -> [QuestionnaireEntry] {
        try await handle.call { try await $0.questionnaires(form: form, days: days) }
    }

    /// Keeps the answers of a check of the red flags, and says where they lead. Unless the screening passes with them, every session under
    /// way is stopped. `clinicianAgreed`: a clinician knows these answers and has agreed to stimulation.
    public func redFlagCheck(
        _ answers: [String: ScreeningAnswer],
        clinicianAgreed: Bool = false
    ) async throws(LumbraError) -> RedFlagCheck {
        try await handle.call { try await $0.redFlagCheck(answers: answers, clinicianAgreed: clinicianAgreed) }
    }

    /// What to tell the person when a check of the red flags is due: until it is answered no session starts. Ask after each pain entry.
    public func redFlagsDue() async throws(LumbraError) -> String? {
        try await handle.call { try await $0.redFlagsDue() }
    }

    /// The history of the last `days` days.
    public func history(days: UInt32) async throws(LumbraError) -> History {
        try await handle.call { try await $0.history(days: days) }
    }

    /// The newest `count` records that were fetched from a wearable, oldest first.
    public func records(which: String? = nil, count: UInt32) async throws(LumbraError) -> [RecordEntry] {
        try await handle.call { try await $0.records(which: which, count: count) }
    }

    /// Every command of the last `days` days with its outcome, oldest first.
    public func commands(days: UInt32) async throws(LumbraError) -> [CommandEntry] {
        try await handle.call { try await $0.commands(days: days) }
    }

    /// The last `days` days of a metric, a value a day; `values` unpacks it.
    public func chart(_ metric: ChartMetric, days: UInt32) async throws(LumbraError) -> Chart {
        try await handle.call { try await $0.chart(metric: metric, days: days) }
    }

    /// How the person wants their posture watched; silent until they have chosen.
    public func postureSettings() async throws(LumbraError) -> PostureSettings {
        try await handle.call { try await $0.postureSettings() }
    }

    /// Keeps how the person wants their posture watched, for all wearables. It holds at once.
    public func setPostureSettings(_ settings: PostureSettings) async throws(LumbraError) {
        try await handle.call { try await $0.setPostureSettings(settings: settings) }
    }

    /// The goal, which grows with success, and how today goes.
    public func postureGoal() async throws(LumbraError) -> PostureGoal {
        try await handle.call { try await $0.postureGoal() }
    }

    /// Sets a goal of the person's own choice, from 30 to 90 percent. It goes on from there.
    public func setPostureGoal(sharePercent: UInt8) async throws(LumbraError) -> PostureGoal {
        try await handle.call { try await $0.setPostureGoal(sharePercent: sharePercent) }
    }

    /// The 24 hours of one day, given in days since 1970-01-01 on the person's own calendar.
    public func hoursOf(localDay: Int32) async throws(LumbraError) -> [HourOfDay] {
        try await handle.call { try await $0.hoursOf(localDay: localDay) }
    }

    /// The 24 hours of the day over the last `months` calendar months, this one included.
    public func hoursOfMonths(_ months: UInt32) async throws(LumbraError) -> [HourOfDay] {
        try await handle.call { try await $0.hoursOfMonths(months: months) }
    }

    /// The last `days` days with posture on which, or `lagDays` after which, there was pain to put beside it.
    public func painBesidePosture(days: UInt32, lagDays: UInt32 = 0) async throws(LumbraError) -> [PainBesidePosture] {
        try await handle.call { try await $0.painBesidePosture(days: days, lagDays: lagDays) }
    }

    /// Writes everything that is known to a file, in clear, for the person to keep. What connected wearables still hold is fetched
    /// first. Cancelled, it ends the transfer and leaves no file.
    public func export(file: String) async throws(LumbraError) -> ExportSummary {
        try await handle.callUntilCancelled { handle, cancel in
            try await handle.export(file: file, cancel: cancel)
        }
    }

    /// Writes an encrypted copy of everything to a file, over what is there, and tells its size in bytes. The passphrase has twelve
    /// characters at least; without it nobody can read the copy, and nobody can recover it. What is under way goes on meanwhile.
    public func backUp(file: String, passphrase: String) async throws(LumbraError) -> UInt64 {
        try await handle.call { try await $0.backUp(file: file, passphrase: passphrase) }
    }

    /// Closes every link and the data; what was asked before is done first. A session that runs is left to the wearable, which pauses it
    /// after its grace time. Everything fails with ``LumbraError/Closed`` afterwards; shutting down again does nothing.
    public func shutDown() async throws(LumbraError) {
        defer { handle.close() }
        do throws(LumbraError) {
            try await handle.call { try await $0.shutDown() }
        } catch .Closed {
            // It is what was wanted.
        }
    }

    /// Shuts down without waiting for it. Where that matters, call ``shutDown()``.
    public func close() {
        handle.close()
    }
}
