import LumbraGenerated

/// What the person wants to do again, step by step. What a clinic's plan is to reach stands in the plan.
extension Lumbra {
    /// The person's own goals, oldest first; what was given up is not among them.
    public func ownGoals() async throws(LumbraError) -> [OwnGoal] {
        try await handle.call { try await $0.ownGoals() }
    }

    /// Keeps what the person wants to do again, in 1 to 200 characters, and gives its identity. `steps`: what comes before it, from the
    /// easiest on, up to nine; the goal itself is the last step.
    public func addGoal(_ goal: String, steps: [String] = []) async throws(LumbraError) -> String {
        try await handle.call { try await $0.addGoal(goal: goal, steps: steps) }
    }

    /// Keeps that the person can do a step of a goal, counted from 0, from today on; or with `reached` false that they can't after all.
    @discardableResult
    public func markGoal(_ goalId: String, step: UInt8, reached: Bool) async throws(LumbraError) -> OwnGoal {
        try await handle.call { try await $0.markGoal(goalId: goalId, step: step, reached: reached) }
    }

    /// Gives a goal up: it is kept, and shown no more.
    public func giveUpGoal(_ goalId: String) async throws(LumbraError) {
        try await handle.call { try await $0.giveUpGoal(goalId: goalId) }
    }
}
