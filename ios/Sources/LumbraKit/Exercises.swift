import LumbraGenerated

/// The plan in force, what is due today, and what was done of it.
extension Lumbra {
    /// The plan in force: the clinic's, or else the person's own; nil when there is none.
    public func plan() async throws(LumbraError) -> Plan? {
        try await handle.call { try await $0.plan() }
    }

    /// Which stimulation the plans let be started today, and the least of their caps.
    public func prescriptions() async throws(LumbraError) -> StimulationPrescriptions {
        try await handle.call { try await $0.prescriptions() }
    }

    /// Begins the staged plan for people without a clinic, at its first stage. Refused while a plan is in force.
    public func beginOwnPlan() async throws(LumbraError) {
        try await handle.call { try await $0.beginOwnPlan() }
    }

    /// Goes to the stage that the review of the person's own plan comes to, and tells which. Refused when it comes to staying.
    @discardableResult
    public func followReview() async throws(LumbraError) -> PlanStage {
        try await handle.call { try await $0.followReview() }
    }

    /// Ends the person's own plan; a clinic's is theirs to end.
    public func endOwnPlan() async throws(LumbraError) {
        try await handle.call { try await $0.endOwnPlan() }
    }

    /// What there is to do today. Nothing is offered while red flags stand in the way. Refused when no plan is in force.
    public func exercisesToday() async throws(LumbraError) -> ExercisesToday {
        try await handle.call { try await $0.exercisesToday() }
    }

    /// Keeps that an exercise of the plan was done; without a report, as it was asked for.
    public func exerciseDone(activity: String, report: ExerciseReport? = nil) async throws(LumbraError) -> ExerciseKept {
        // Not as the default itself: that would need the generated module in every app.
        let report = report ?? ExerciseReport()
        return try await handle.call { try await $0.exerciseDone(activity: activity, report: report) }
    }

    /// Keeps that an exercise of the plan was skipped.
    public func exerciseSkipped(activity: String, reason: ExerciseSkip) async throws(LumbraError) -> ExerciseKept {
        try await handle.call { try await $0.exerciseSkipped(activity: activity, reason: reason) }
    }

    /// Keeps that a clinician has looked, and agrees to going on with a paused exercise.
    public func exerciseAgreed(activity: String) async throws(LumbraError) -> ExerciseKept {
        try await handle.call { try await $0.exerciseAgreed(activity: activity) }
    }

    /// Keeps the pain of this morning, 0 to 10, for every exercise of the day before that nobody has told it of; there may be none.
    public func morningAfter(pain: UInt8) async throws(LumbraError) -> ExerciseKept {
        try await handle.call { try await $0.morningAfter(pain: pain) }
    }

    /// Everything that was done or skipped of the plan in force, oldest first.
    public func exerciseLog() async throws(LumbraError) -> [ExerciseEntry] {
        try await handle.call { try await $0.exerciseLog() }
    }
}
