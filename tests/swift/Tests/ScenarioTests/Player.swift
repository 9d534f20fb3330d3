import Foundation
import LumbraKit
import Support

/// One scenario's world, and what its verbs do in it: a wearable of its own in virtual time, and an empty data folder. It knows the core
/// as an app does.
final class Player {
    private let folder: Folder
    private let wearable: VirtualWearable
    private var lumbra: Lumbra?
    private var device: Device?
    private var events: Task<[DeviceEvent], any Error>?
    private var painBefore: String?

    init() throws {
        folder = try Folder()
        wearable = try VirtualWearable(time: .virtual)
    }

    /// Does a step; a failure becomes `{"error": kind}`, a refusal with its limit.
    func step(_ verb: String, _ given: Arguments) async -> JSON {
        do throws(LumbraError) {
            return try await carryOut(verb, given)
        } catch {
            return plain(error)
        }
    }

    /// Ends what is open.
    func end() async {
        events?.cancel()
        try? await lumbra?.shutDown()
        device?.close()
        wearable.close()
    }

    private func carryOut(_ verb: String, _ given: Arguments) async throws(LumbraError) -> JSON {
        switch verb {
        case "open":
            let lumbra = try await Lumbra.openDemo(dataDir: folder.path, wearable: wearable)
            self.lumbra = lumbra
            return .object(["set_aside": .number(Double(try lumbra.setAside.count))])
        case "shut_down":
            try await open().shutDown()
            return done
        case "scan":
            return try await scan()
        case "pair":
            let onItsLabel = try wearable.passkey
            let passkey: UInt32 = try given.optionalInteger("passkey") ?? onItsLabel
            let device = try await open().pair(id: "virtual") { _ in passkey }
            _ = try await device.connected(withinMs: 10_000)
            return try take(device)
        case "connect":
            let withinS: UInt64 = try given.integer("within_s")
            return try take(await open().connect(withinMs: withinS * 1_000))
        case "devices":
            return plain(try await open().devices())
        case "forget":
            _ = try await open().forget()
            return done
        case "wearable":
            return try await doToWearable(given)
        case "status":
            return plain(try await wearable.status())
        case "wait":
            try await wearable.passTime(ms: UInt64(try given.double("s") * 1_000))
            return done
        case "snapshot":
            return plain(try inHand().now())
        case "wait_for":
            return try await waitFor(given)
        case "events":
            return try await happened()
        case "screening_questions":
            return .object(["count": .number(Double(screeningQuestions().count))])
        case "answer_screening", "screening", "own_cap", "pain", "history", "commands", "records", "chart", "export":
            return try await diary(verb, given)
        case "posture_settings", "set_posture_settings", "posture_goal", "set_posture_goal", "hours", "pain_beside_posture":
            return try await posture(verb, given)
        case "plan", "begin_plan", "follow_review", "end_plan", "exercises_today", "exercise_done", "exercise_skipped",
            "exercise_agreed", "morning", "exercise_log", "exercise_page":
            return try await exercises(verb, given, open())
        case "back_up", "erase", "restore":
            return try await keep(verb, given)
        default:
            return try await command(verb, given)
        }
    }

    private func diary(_ verb: String, _ given: Arguments) async throws(LumbraError) -> JSON {
        let lumbra = try open()
        switch verb {
        case "answer_screening":
            var answers = Dictionary(uniqueKeysWithValues: screeningQuestions().map { ($0.id, ScreeningAnswer.no) })
            answers.merge(try given.answers("answers")) { _, other in other }
            for question in try given.optionalStrings("unanswered") {
                answers[question] = nil
            }
            let agreed = try given.optionalBool("clinician_agreed") ?? false
            return plain(try await lumbra.answerScreening(answers, clinicianAgreed: agreed))
        case "screening":
            return plain(try await lumbra.screening())
        case "own_cap":
            try await lumbra.setOwnCap(limitMa: try given.optionalDouble("limit_ma"))
            return done
        case "pain":
            let context: PainContext =
                switch try given.string("context") {
                case "before_session": .beforeSession
                case "after_session": .afterSession
                default: .diary
                }
            let entry = try await lumbra.addPain(
                score: try given.integer("score"),
                context: context,
                place: try given.optionalString("place") ?? "lower-back",
                note: try given.optionalString("note") ?? ""
            )
            if context == .beforeSession {
                painBefore = entry.entryId
            }
            return plain(entry)
        case "history":
            return plain(try await lumbra.history(days: try given.integer("days")))
        case "commands":
            return plain(try await lumbra.commands(days: try given.integer("days")))
        case "records":
            return plain(try await lumbra.records(count: try given.integer("count")))
        case "export":
            return plain(try await lumbra.export(file: folder.path + "/export.json"))
        default:
            let metric: ChartMetric =
                switch try given.string("metric") {
                case "pain_mean": .painMean
                case "stimulated_minutes": .stimulatedMinutes
                case "upright_minutes": .uprightMinutes
                default: .slouchedMinutes
                }
            let values = try await lumbra.chart(metric, days: try given.integer("days")).values
            let last = values.last.flatMap { $0.isNaN ? nil : $0 }
            return .object(["count": .number(Double(values.count)), "last": last.map { .number($0) } ?? .null])
        }
    }

    private func posture(_ verb: String, _ given: Arguments) async throws(LumbraError) -> JSON {
        let lumbra = try open()
        switch verb {
        case "posture_settings":
            return plain(try await lumbra.postureSettings())
        case "set_posture_settings":
            let fromMin: UInt16? = try given.optionalInteger("quiet_from_min")
            let toMin: UInt16? = try given.optionalInteger("quiet_to_min")
            let quiet = fromMin.flatMap { from in toMin.map { QuietTime(fromMin: from, toMin: $0) } }
            let sensitivity: PostureSensitivity =
                switch try given.string("sensitivity") {
                case "low": .low
                case "medium": .medium
                default: .high
                }
            try await lumbra.setPostureSettings(
                PostureSettings(
                    mode: try given.string("mode") == "training" ? .training : .tracking,
                    sensitivity: sensitivity,
                    delayS: try given.integer("delay_s"),
                    strengthPercent: try given.integer("strength_percent"),
                    quiet: quiet,
                    breakAfterMin: try given.optionalInteger("break_after_min")
                ))
            return done
        case "posture_goal":
            return plain(try await lumbra.postureGoal())
        case "set_posture_goal":
            return plain(try await lumbra.setPostureGoal(sharePercent: try given.integer("share_percent")))
        case "hours":
            let hours = try await lumbra.hoursOfMonths(try given.integer("months"))
            let worn = hours.map { $0.uprightS + $0.slouchedS + $0.leaningS + $0.lyingS + $0.movingS }.reduce(0, +)
            return .object(["count": .number(Double(hours.count)), "worn_s": .number(Double(worn))])
        default:
            let lag: UInt32 = try given.optionalInteger("lag_days") ?? 0
            return plain(try await lumbra.painBesidePosture(days: try given.integer("days"), lagDays: lag))
        }
    }

    private func keep(_ verb: String, _ given: Arguments) async throws(LumbraError) -> JSON {
        let file = folder.path + "-backup"
        switch verb {
        case "back_up":
            let bytes = try await open().backUp(file: file, passphrase: try given.string("passphrase"))
            return .object(["made": .bool(bytes > 0)])
        case "erase":
            try await eraseData(dataDir: folder.path)
            return done
        default:
            let setAside = try await restoreBackup(
                dataDir: folder.path, file: file, passphrase: try given.string("passphrase"),
                replace: try given.optionalBool("replace") ?? false)
            return .object(["set_aside": .number(Double(setAside.count))])
        }
    }

    private func command(_ verb: String, _ given: Arguments) async throws(LumbraError) -> JSON {
        let device = try inHand()
        switch verb {
        case "start":
            let request = SessionRequest(
                programme: try given.string("programme"),
                minutes: try given.integer("minutes"),
                skinIntact: try given.optionalBool("skin_intact") ?? true,
                padUses: try given.optionalInteger("pad_uses") ?? 1,
                graceS: try given.optionalInteger("grace_s"),
                painBefore: painBefore
            )
            painBefore = nil
            return plain(try await device.start(request))
        case "set_intensity": return plain(try await device.setIntensity(targetsMa: try given.doubles("targets_ma")))
        case "pause": return plain(try await device.pause())
        case "resume": return plain(try await device.resume())
        case "stop": return plain(try await device.stop())
        case "clear_faults": return plain(try await device.clearFaults())
        case "identify": return plain(try await device.identify())
        case "start_posture": return plain(try await device.startPosture())
        case "stop_posture": return plain(try await device.stopPosture())
        case "calibrate": return plain(try await device.calibrate())
        case "fetch_records": return .object(["fetched": .bool(try await device.fetchRecords() > 0)])
        case "disconnect":
            try await device.disconnect()
            return done
        default: throw .Invalid(reason: "there is no verb '\(verb)'")
        }
    }

    private func doToWearable(_ given: Arguments) async throws(LumbraError) -> JSON {
        let what = try given.string("what")
        switch what {
        case "press_button": try await wearable.pressButton(heldMs: try given.integer("held_ms"))
        case "set_contact":
            let contact: Contact =
                switch try given.string("contact") {
                case "good": .good
                case "poor": .poor
                default: .off
                }
            try await wearable.setContact(channel: try given.integer("channel"), contact: contact)
        case "go_out_of_reach": try await wearable.goOutOfReach(forMs: try given.integer("for_ms"))
        case "disturb": try await wearable.disturb(losePerMille: try given.integer("lose_per_mille"), delayMaxMs: 0)
        case "set_battery": try await wearable.setBattery(percent: try given.double("percent"))
        case "restart": try await wearable.restart()
        case "forget_bond": try await wearable.forgetBond()
        default: throw .Invalid(reason: "nothing '\(what)' can be done to a wearable")
        }
        return done
    }

    private func scan() async throws(LumbraError) -> JSON {
        let lumbra = try open()
        let over = Flag()
        let first = Task { () throws(LumbraError) -> JSON in
            defer { over.raise() }
            for try await found in lumbra.scan() {
                return .object(["name": plain(found.name as Any)])
            }
            throw .Closed
        }
        // Virtual time stands still while nobody waits for it.
        while !over.isRaised {
            try await wearable.passTime(ms: 100)
        }
        do {
            return try await first.value
        } catch let error as LumbraError {
            throw error
        } catch {
            throw .Internal(reason: "\(error)")
        }
    }

    /// Looks every half second whether the snapshot fits; gives the last one.
    private func waitFor(_ given: Arguments) async throws(LumbraError) -> JSON {
        let wanted = try given.plain("snapshot")
        let withinMs: UInt64 = try given.integer("within_s") * 1_000
        var waitedMs: UInt64 = 0
        while true {
            let snapshot = plain(try inHand().now())
            if mismatch(wanted, snapshot) == nil {
                return snapshot
            }
            if waitedMs >= withinMs {
                return .object(["error": .string("waited in vain"), "snapshot": snapshot])
            }
            try await wearable.passTime(ms: 500)
            waitedMs += 500
        }
    }

    private func happened() async throws(LumbraError) -> JSON {
        guard let device, let events else { return .array([]) }
        // Time does not pass while the core still has something to tell.
        try await wearable.passTime(ms: 1)
        events.cancel()
        let heard = try? await events.value
        listen(to: device)
        return .array((heard ?? []).map { .string(caseName($0.kind)) })
    }

    private func take(_ device: Device) throws(LumbraError) -> JSON {
        let info = try device.info
        events?.cancel()
        listen(to: device)
        self.device = device
        return .object(["model": .string(info.model), "serial": .string(info.serial)])
    }

    /// Hears events from now on, until the task is cancelled; then it gives them all.
    private func listen(to device: Device) {
        let listening = device.events.makeAsyncIterator()
        events = Task {
            var listening = listening
            var heard: [DeviceEvent] = []
            while let event = try await listening.next() {
                heard.append(event)
            }
            return heard
        }
    }

    private func open() throws(LumbraError) -> Lumbra {
        guard let lumbra else { throw .Closed }
        return lumbra
    }

    private func inHand() throws(LumbraError) -> Device {
        guard let device else { throw .Closed }
        return device
    }
}

private let done = JSON.object([:])
