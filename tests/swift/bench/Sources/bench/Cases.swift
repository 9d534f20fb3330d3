import Foundation
import LumbraGenerated
import LumbraKit

/// A core on a virtual wearable, paired, screened and connected.
struct Bench {
    let folder: String
    let wearable: LumbraKit.VirtualWearable
    let lumbra: LumbraKit.Lumbra
    let device: LumbraKit.Device

    init(_ time: LumbraKit.DemoTime) async throws {
        folder = try emptyFolder()
        wearable = try LumbraKit.VirtualWearable(time: time)
        lumbra = try await LumbraKit.Lumbra.openDemo(dataDir: folder, wearable: wearable)
        let passkey = try wearable.passkey
        device = try await lumbra.pair(id: "virtual") { _ in passkey }
        _ = try await device.connected()
        _ = try await lumbra.answerScreening(
            Dictionary(uniqueKeysWithValues: LumbraKit.screeningQuestions().map { ($0.id, .no) }))
    }

    /// Begins an hour's session.
    func runSession() async throws {
        let session = LumbraKit.SessionRequest(programme: "conventional", minutes: 60, skinIntact: true, padUses: 1)
        guard case .confirmed = try await device.start(session),
            case .confirmed = try await device.setIntensity(targetsMa: [4, 4])
        else { throw NotMeasured(why: "no session") }
    }

    func end() async throws {
        try await lumbra.shutDown()
        device.close()
        wearable.close()
        try FileManager.default.removeItem(atPath: folder)
    }
}

/// In memory where there is such a place: the disk is not what is measured.
func emptyFolder() throws -> String {
    let memory = FileManager.default.isWritableFile(atPath: "/dev/shm")
    let base = memory ? "/dev/shm" : FileManager.default.temporaryDirectory.path
    let folder = "\(base)/lumbra-bench-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return folder
}

func emptyCall() -> Double {
    var batch: [Double] = []
    for _ in 0..<200 {
        let began = nowNs()
        for _ in 0..<1_000 { _ = LumbraKit.profileVersion() }
        batch.append(Double(nowNs() - began) / 1_000 / 1_000)
    }
    return median(batch)
}

/// LumbraKit has no such functions: a core of the bare border, beside which its own is measured.
struct Bare {
    let folder: String
    let wearable: LumbraGenerated.VirtualWearable
    let lumbra: LumbraGenerated.Lumbra

    init() async throws {
        folder = try emptyFolder()
        wearable = try LumbraGenerated.VirtualWearable(time: .real)
        lumbra = try await LumbraGenerated.Lumbra.openDemo(dataDir: folder, wearable: wearable)
    }

    func end() async throws {
        try await lumbra.shutDown()
        try FileManager.default.removeItem(atPath: folder)
    }
}

final class Label: LumbraGenerated.PasskeyPrompt {
    let label: UInt32
    init(_ label: UInt32) { self.label = label }
    func passkey(name: String?) throws -> UInt32? { label }
}

/// From before the call until the frame was heard at the wearable, in turn with the same from Rust, and with an awaited call that
/// does nothing. Each after a rest: a command waits until the wearable has shown the one before, which it does every 50 ms at most,
/// and people are slower; whoever rests has to be woken.
func tapToFrame() async throws -> [(String, Double)] {
    let (bench, bare) = (try await Bench(.real), try await Bare())
    let device = try await bare.lumbra.pair(id: "virtual", prompt: Label(try bare.wearable.passkey()))
    let halfACall = emptyCall() / 2
    var (taps, fromRust, empty): ([Double], [Double], [Double]) = ([], [], [])
    for round in 0..<500 {
        try await Task.sleep(nanoseconds: 60_000_000)
        let called = nowNs()
        try await bare.lumbra.measureNothing()
        let emptyNs = nowNs() - called
        try await Task.sleep(nanoseconds: 60_000_000)
        let before = nowNs()
        let outcome = try await bench.device.identify()
        // The answer came back, and then nothing was sent: the last frame is this command's. Anything else would make it later, and longer.
        guard let ago = try bench.wearable.sinceHeardNs() else { throw NotMeasured(why: "nothing was heard") }
        let after = nowNs()
        guard case .confirmed = outcome else { throw NotMeasured(why: "\(outcome)") }
        try await Task.sleep(nanoseconds: 60_000_000)
        let rust = try await device.measureIdentify(wearable: bare.wearable)
        // The first ones fill caches.
        if round >= 100 {
            taps.append(Double(after - Int64(ago) - before) / 1_000 - halfACall)
            fromRust.append(Double(rust) / 1_000)
            empty.append(Double(emptyNs) / 1_000)
        }
    }
    try await bench.end()
    try await bare.end()
    return [
        ("tap_to_frame", median(taps)), ("tap_to_frame_from_rust", median(fromRust)), ("empty_command", median(empty)),
    ]
}

/// A chart across the border, in turn with the same within Rust.
func chart() async throws -> [(String, Double)] {
    let (bench, bare) = (try await Bench(.real), try await Bare())
    var (across, within): ([Double], [Double]) = ([], [])
    var sum = 0.0
    for _ in 0..<500 {
        let began = nowNs()
        let values = try await bench.lumbra.chart(.stimulatedMinutes, days: 1_825).values
        across.append(Double(nowNs() - began) / 1_000)
        guard values.count == 1_825 else { throw NotMeasured(why: "\(values.count) values") }
        sum += values[0]
        within.append(Double(try await bare.lumbra.measureChart(metric: .stimulatedMinutes, days: 1_825)) / 1_000)
    }
    try await bench.end()
    try await bare.end()
    FileHandle.standardError.write(Data("sum \(sum)\n".utf8))
    return [("chart_1825", median(across)), ("chart_1825_within_rust", median(within))]
}

func bytes() async throws -> Double {
    let bare = try await Bare()
    let time = try await medianUs(batches: 40, of: 10) {
        let bytes = try await bare.lumbra.measureBytes(count: 14_600)
        guard bytes.count == 14_600 else { throw NotMeasured(why: "\(bytes.count) bytes") }
    }
    try await bare.end()
    return time
}

/// Percent of one core, in a session.
func processorShare(observed: Bool) async throws -> Double {
    let bench = try await Bench(.real)
    try await bench.runSession()
    var observing: Task<Int, any Error>?
    if observed {
        guard case .confirmed = try await bench.device.startPosture() else { throw NotMeasured(why: "no posture") }
        observing = Task { [device = bench.device] in
            var seen = 0
            for try await _ in device.snapshots { seen += 1 }
            return seen
        }
    }
    try await Task.sleep(nanoseconds: 10_000_000_000)
    let samples = try bench.device.now().posture?.samples ?? 0
    let (began, computed) = (nowNs(), computedNs())
    try await Task.sleep(nanoseconds: 20_000_000_000)
    let share = Double(computedNs() - computed) / Double(nowNs() - began) * 100
    let rate = Double((try bench.device.now().posture?.samples ?? 0) - samples) / 20
    observing?.cancel()
    let seen = try await observing?.value ?? 0
    FileHandle.standardError.write(Data("\(rate) samples a second, \(seen) snapshots in 30 s\n".utf8))
    guard !observed || (rate > 20 && seen > 20) else { throw NotMeasured(why: "\(rate) samples a second, \(seen) snapshots") }
    try await bench.end()
    return share
}

func memoryGrowth() async throws -> Double {
    let bench = try await Bench(.virtual)
    guard case .confirmed = try await bench.device.startPosture() else { throw NotMeasured(why: "no posture") }
    let observing = Task { [device = bench.device] in
        for try await _ in device.snapshots {}
    }
    let listening = Task { [device = bench.device] in
        for try await _ in device.events {}
    }
    // By then the database's cache has its 2 MB: it fills with what it has written.
    for _ in 0..<8 * 60 { try await bench.wearable.passTime(ms: 60_000) }
    try await bench.runSession()
    for _ in 0..<10 { try await bench.wearable.passTime(ms: 60_000) }
    let before = try residentKiB()
    for _ in 0..<50 { try await bench.wearable.passTime(ms: 60_000) }
    let grown = try residentKiB() - before
    observing.cancel()
    listening.cancel()
    _ = try await (observing.value, listening.value)
    try await bench.end()
    return grown
}

func liveAfterClose() async throws -> Double {
    do {
        let bench = try await Bench(.virtual)
        for try await _ in bench.device.snapshots { break }
        try await bench.end()
    }
    // The core lets go of what it holds on threads of its own.
    for _ in 0..<5_000 where LumbraKit.liveObjects() > 0 {
        try await Task.sleep(nanoseconds: 1_000_000)
    }
    return Double(LumbraKit.liveObjects())
}
