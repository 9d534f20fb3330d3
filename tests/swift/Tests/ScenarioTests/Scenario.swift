import Foundation

/// A scenario.
struct Scenario: Decodable {
    /// What it is about.
    let about: String
    /// Its steps, in order.
    let steps: [JSON]
}

/// Why a scenario failed.
struct Failed: Error, CustomStringConvertible {
    let description: String
}

/// The folder of the scenarios.
let scenarios = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../../scenarios").standardized

/// Plays a scenario of the folder.
func play(_ name: String) async throws {
    let text = try Data(contentsOf: scenarios.appendingPathComponent("\(name).json"))
    let scenario = try JSONDecoder().decode(Scenario.self, from: text)
    guard !scenario.about.isEmpty, !scenario.steps.isEmpty else { throw Failed(description: "there is nothing to play") }
    let player = try Player()
    for (index, step) in scenario.steps.enumerated() {
        guard case .object(var given) = step, case .string(let verb)? = given.removeValue(forKey: "do") else {
            throw Failed(description: "step \(index + 1) has no verb")
        }
        let expected = given.removeValue(forKey: "expect") ?? .object([:])
        let got = await player.step(verb, Arguments(given))
        // A step that fails, and isn't expected to, has failed.
        let surprise = got["error"] != .null && expected["error"] == .null
        if let why = surprise ? "it failed" : mismatch(expected, got) {
            throw Failed(description: "step \(index + 1) (\(verb)): \(why); it gave \(got)")
        }
    }
    await player.end()
}
