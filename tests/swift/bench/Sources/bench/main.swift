import Foundation
import LumbraKit

/*
 * What the core costs a shell in Swift. One JSON object a line on stdout; all else on stderr. Name cases to run only those.
 */

let wanted = Set(CommandLine.arguments.dropFirst())
let cases: [(name: String, unit: String, run: () async throws -> [(String, Double)])] = [
    ("empty_call", "us", { [("empty_call", emptyCall())] }),
    ("tap_to_frame", "us", tapToFrame),
    ("chart_1825", "us", chart),
    ("bytes_14600", "us", { [("bytes_14600", try await bytes())] }),
    ("observer_cpu_idle", "%", { [("observer_cpu_idle", try await processorShare(observed: false))] }),
    ("observer_cpu", "%", { [("observer_cpu", try await processorShare(observed: true))] }),
    ("memory_growth", "KiB", { [("memory_growth", try await memoryGrowth())] }),
    ("live_after_close", "objects", { [("live_after_close", try await liveAfterClose())] }),
]
for one in cases where wanted.isEmpty || wanted.contains(one.name) {
    FileHandle.standardError.write(Data("\(one.name) ...\n".utf8))
    let figures: [(String, Double)]
    do {
        figures = try await one.run()
    } catch {
        FileHandle.standardError.write(Data("\(one.name): \(error)\n".utf8))
        exit(1)
    }
    for (name, value) in figures {
        FileHandle.standardOutput.write(Data("{\"case\": \"\(name)\", \"value\": \(value), \"unit\": \"\(one.unit)\"}\n".utf8))
    }
}
