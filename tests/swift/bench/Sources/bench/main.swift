import Foundation
import LumbraKit

/*
 * What the core costs a shell in Swift. One JSON object a line on stdout; all else on stderr. Name cases to run only those.
 */

let wanted = Set(CommandLine.arguments.dropFirst())
let cases: [(name: String, unit: String, run: () async throws -> Double)] = [
    ("empty_call", "us", { emptyCall() }),
    ("tap_to_frame", "us", tapToFrame),
    ("chart_1825", "us", chart),
    ("bytes_14600", "us", bytes),
    ("observer_cpu_idle", "%", { try await processorShare(observed: false) }),
    ("observer_cpu", "%", { try await processorShare(observed: true) }),
    ("memory_growth", "KiB", memoryGrowth),
    ("live_after_close", "objects", liveAfterClose),
]
for one in cases where wanted.isEmpty || wanted.contains(one.name) {
    FileHandle.standardError.write(Data("\(one.name) ...\n".utf8))
    let value: Double
    do {
        value = try await one.run()
    } catch {
        FileHandle.standardError.write(Data("\(one.name): \(error)\n".utf8))
        exit(1)
    }
    FileHandle.standardOutput.write(Data("{\"case\": \"\(one.name)\", \"value\": \(value), \"unit\": \"\(one.unit)\"}\n".utf8))
}
