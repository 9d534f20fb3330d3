import LumbraKit

/// The plan and its exercises.
func exercises(_ verb: String, _ given: Arguments, _ lumbra: Lumbra) async throws(LumbraError) -> JSON {
    switch verb {
    case "plan":
        guard let plan = try await lumbra.plan() else { return .object([:]) }
        var stage = JSON.null
        if case .own(let own) = plan.source { stage = plain(own) }
        let paused = plan.exercises.filter { $0.pausedSinceDay != nil }.count
        return .object([
            "stage": stage, "activities": plain(plan.exercises.map(\.activity)), "paused": .number(Double(paused)),
        ])
    case "begin_plan":
        try await lumbra.beginOwnPlan()
        return .object([:])
    case "follow_review":
        return .object(["stage": plain(try await lumbra.followReview())])
    case "end_plan":
        try await lumbra.endOwnPlan()
        return .object([:])
    case "exercises_today":
        let today = try await lumbra.exercisesToday()
        return .object(["offered": .bool(today.session != nil), "mornings_open": .number(Double(today.morningsOpen))])
    case "exercise_done":
        let report = ExerciseReport(
            painBefore: try given.optionalInteger("pain_before"), worstDuring: try given.optionalInteger("worst_during"),
            stopped: try given.optionalString("stopped").map { $0 == "numb_or_weak" ? .numbOrWeak : .other })
        return kept(try await lumbra.exerciseDone(activity: try given.string("activity"), report: report))
    case "exercise_skipped":
        let reason: ExerciseSkip = try given.string("reason") == "no_time" ? .noTime : .other
        return kept(try await lumbra.exerciseSkipped(activity: try given.string("activity"), reason: reason))
    case "exercise_agreed":
        return kept(try await lumbra.exerciseAgreed(activity: try given.string("activity")))
    case "morning":
        return kept(try await lumbra.morningAfter(pain: try given.integer("score")))
    case "exercise_log":
        return .array(
            try await lumbra.exerciseLog().map {
                .object(["activity": .string($0.activity), "what": .string(caseName($0.event))])
            })
    default:
        let (exercise, language) = (try given.string("exercise"), try given.string("language"))
        let drawn = try exerciseDrawing(exercise: exercise, language: language).svg.hasPrefix("<svg")
        return .object(["name": .string(try exercisePage(exercise: exercise, language: language).name), "drawn": .bool(drawn)])
    }
}

private func kept(_ kept: ExerciseKept) -> JSON {
    .object([
        "kept": .number(Double(kept.entryIds.count)), "changes": .number(Double(kept.changes.count)),
        "not_again_today": .bool(kept.notAgainToday),
    ])
}
