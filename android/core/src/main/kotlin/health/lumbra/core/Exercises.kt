package health.lumbra.core

/** The plan in force: the clinic's, or else the person's own; null when there is none. */
public suspend fun Lumbra.plan(): Plan? = answered { handle.plan() }

/** Which stimulation the plans let be started today, and the least of their caps. */
public suspend fun Lumbra.prescriptions(): StimulationPrescriptions = answered { handle.prescriptions() }

/** Begins the staged plan for people without a clinic, at its first stage. Refused while a plan is in force. */
public suspend fun Lumbra.beginOwnPlan(): Unit = answered { handle.beginOwnPlan() }

/** Goes to the stage that the review of the person's own plan comes to, and tells which. Refused when it comes to staying. */
public suspend fun Lumbra.followReview(): PlanStage = answered { handle.followReview() }

/** Ends the person's own plan; a clinic's is theirs to end. */
public suspend fun Lumbra.endOwnPlan(): Unit = answered { handle.endOwnPlan() }

/** What there is to do today. Nothing is offered while red flags stand in the way. Refused when no plan is in force. */
public suspend fun Lumbra.exercisesToday(): ExercisesToday = answered { handle.exercisesToday() }

/** Keeps that an exercise of the plan was done. */
public suspend fun Lumbra.exerciseDone(activity: String, report: ExerciseReport = ExerciseReport()): ExerciseKept =
    answered { handle.exerciseDone(activity.whole(), report) }

/** Keeps that an exercise of the plan was skipped. */
public suspend fun Lumbra.exerciseSkipped(activity: String, reason: ExerciseSkip): ExerciseKept =
    answered { handle.exerciseSkipped(activity.whole(), reason) }

/** Keeps that a clinician has looked, and agrees to going on with a paused exercise. */
public suspend fun Lumbra.exerciseAgreed(activity: String): ExerciseKept = answered { handle.exerciseAgreed(activity.whole()) }

/** Keeps the pain of this morning, 0 to 10, for every exercise of the day before that nobody has told it of; there may be none. */
public suspend fun Lumbra.morningAfter(pain: UByte): ExerciseKept = answered { handle.morningAfter(pain) }

/** Everything that was done or skipped of the plan in force, oldest first. */
public suspend fun Lumbra.exerciseLog(): List<ExerciseEntry> = answered { handle.exerciseLog() }
