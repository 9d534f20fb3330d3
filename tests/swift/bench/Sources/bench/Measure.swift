import Foundation

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Nanoseconds of the monotonic clock.
func nowNs() -> Int64 {
    nanoseconds(CLOCK_MONOTONIC)
}

/// Nanoseconds that all threads of this process have computed.
func computedNs() -> Int64 {
    nanoseconds(CLOCK_PROCESS_CPUTIME_ID)
}

private func nanoseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// KiB of this process in memory.
func residentKiB() throws -> Double {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    guard let kib = line?.split(separator: " ").dropFirst().first.flatMap({ Double($0) }) else {
        throw NotMeasured(why: "the system does not tell the memory")
    }
    return kib
}

func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
}

/// Median of a call's time in microseconds, over batches.
func medianUs(batches: Int, of count: Int, _ call: () async throws -> Void) async rethrows -> Double {
    var batch: [Double] = []
    for _ in 0..<batches {
        let began = nowNs()
        for _ in 0..<count { try await call() }
        batch.append(Double(nowNs() - began) / Double(count) / 1_000)
    }
    return median(batch)
}

/// Something went otherwise than a measurement needs.
struct NotMeasured: Error {
    let why: String
}
