package health.lumbra.core

/** The person's own goals, oldest first; what was given up is not among them. A clinic's stand in its [plan]. */
public suspend fun Lumbra.ownGoals(): List<OwnGoal> = answered { handle.ownGoals() }

/**
 * Keeps what the person wants to do again, in 1 to 200 characters, and gives its identity. [steps]: what comes before it, from the easiest
 * on, up to nine; the goal itself is the last step.
 */
public suspend fun Lumbra.addGoal(goal: String, steps: List<String> = emptyList()): String =
    answered { handle.addGoal(goal.whole(), steps.map { it.whole() }) }

/** Keeps that the person can do a [step] of a goal, counted from 0, from today on; or with [reached] false that they can't after all. */
public suspend fun Lumbra.markGoal(goalId: String, step: UByte, reached: Boolean): OwnGoal =
    answered { handle.markGoal(goalId.whole(), step, reached) }

/** Gives a goal up: it is kept, and shown no more. */
public suspend fun Lumbra.giveUpGoal(goalId: String): Unit = answered { handle.giveUpGoal(goalId.whole()) }
