import Foundation
import Glibc
import LumbraKit
import Support
import XCTest

/// A clinic by way of the ports: an app's HTTP that ends at a server in memory, and the system's own against a server on this machine.
final class ClinicTests: XCTestCase {
    private let back = "health.lumbra.app:/back"
    private let asked = SyncHints(userAsked: true)

    func testAClinicIsConnectedToldFollowedAndForgotten() async throws {
        let (clinic, keys, folder) = (LittleClinic(), Secrets(), try Folder())
        let lumbra = try await Lumbra.open(dataDir: folder.path, keys: keys, http: clinic)
        let before = try await lumbra.clinicStatus()
        XCTAssertNil(before)
        try await connect(lumbra)
        XCTAssertEqual(keys.secrets.value.count, 1)
        let states = Task {
            var heard: [ClinicState] = []
            for try await state in lumbra.clinicStates() { heard.append(state) }
            return heard
        }

        _ = try await lumbra.addPain(score: 6, context: .diary, note: "on the stairs")
        let report = try await lumbra.syncClinic(asked)
        XCTAssertEqual(report.outcome, .done)
        XCTAssertEqual(report.told, 1)
        XCTAssertEqual(clinic.told.value.count, 1)
        XCTAssertTrue(clinic.told.value.values.allSatisfy { $0.contains("on the stairs") })
        let plan = try await lumbra.plan()
        guard case .clinic? = plan?.source else { return XCTFail("\(String(describing: plan))") }
        XCTAssertEqual(plan?.exercises.map(\.exercise), ["bridge"])
        let again = try await lumbra.syncClinic(SyncHints(userAsked: false)).outcome
        guard case .tooSoon = again else { return XCTFail("\(again)") }

        let retried = try await lumbra.retryRefused()
        XCTAssertEqual(retried, 0)
        let status = try await lumbra.clinicStatus()
        XCTAssertEqual(status?.base, "https://clinic.example/fhir")
        XCTAssertNotNil(status?.lastGoodMs)
        try await lumbra.forgetClinic()
        XCTAssertTrue(clinic.asked.value.contains("POST https://clinic.example/auth/revoke"))
        XCTAssertTrue(keys.secrets.value.isEmpty)
        let (gone, noPlan) = (try await lumbra.clinicStatus(), try await lumbra.plan())
        XCTAssertNil(gone)
        XCTAssertNil(noPlan)
        // The sequence ends by itself.
        let heard = try await states.value
        XCTAssertTrue(heard.contains { $0.phase == .idle })
        let refused = await failure { _ = try await lumbra.syncClinic(self.asked) }
        guard case .Invalid? = refused else { return XCTFail("\(String(describing: refused))") }
        try await lumbra.shutDown()
    }

    func testAGoalIsReachedStepByStepAndGivenUp() async throws {
        let folder = try Folder()
        let lumbra = try await Lumbra.open(dataDir: folder.path, keys: Secrets(), http: LittleClinic())
        let goal = try await lumbra.addGoal("dig the garden", steps: ["weed a bed"])
        for step: UInt8 in 0...1 { try await lumbra.markGoal(goal, step: step, reached: true) }
        let own = try await lumbra.ownGoals()
        XCTAssertEqual(own.map(\.goalId), [goal])
        XCTAssertEqual(own.first?.steps.map(\.text), ["weed a bed", "dig the garden"])
        XCTAssertEqual(own.first?.reached, true)
        let refused = await failure { try await lumbra.markGoal(goal, step: 2, reached: true) }
        guard case .Invalid? = refused else { return XCTFail("\(String(describing: refused))") }
        try await lumbra.giveUpGoal(goal)
        let left = try await lumbra.ownGoals()
        XCTAssertEqual(left, [])
        try await lumbra.shutDown()
    }

    func testNothingIsSentWhereNoSignInCanBeKept() async throws {
        let (clinic, folder) = (LittleClinic(), try Folder())
        let lumbra = try await Lumbra.open(dataDir: folder.path, keys: KeyAlone(), http: clinic)
        let refused = await failure { try await self.connect(lumbra) }
        guard case .Key? = refused else { return XCTFail("\(String(describing: refused))") }
        XCTAssertEqual(clinic.asked.value, [])
        try await lumbra.shutDown()
    }

    func testWhatABrowserBringsFromElsewhereSignsNobodyIn() async throws {
        let (clinic, keys, folder) = (LittleClinic(), Secrets(), try Folder())
        let lumbra = try await Lumbra.open(dataDir: folder.path, keys: keys, http: clinic)
        let address = try await lumbra.beginClinic(base: "https://clinic.example/fhir", clientId: "lumbra", redirect: back)
        let foreign = await failure { try await lumbra.finishClinic(cameBack: "\(self.back)?code=s3cret&state=another") }
        guard case .Clinic(let reason)? = foreign else { return XCTFail("\(String(describing: foreign))") }
        XCTAssertFalse(reason.contains("s3cret"))
        let late = await failure { try await lumbra.finishClinic(cameBack: self.signedIn(address)) }
        guard case .Invalid? = late else { return XCTFail("\(String(describing: late))") }
        XCTAssertTrue(keys.secrets.value.isEmpty)
        try await lumbra.shutDown()
    }

    func testWhateverAnAppsHttpThrowsTheSyncEndsAndSaysSo() async throws {
        let (clinic, keys, folder) = (LittleClinic(), Secrets(), try Folder())
        let lumbra = try await Lumbra.open(dataDir: folder.path, keys: keys, http: clinic)
        try await connect(lumbra)
        let failures: [any Error & Sendable] = [
            HttpError.Unreachable, HttpError.Lost, HttpError.Truncated, HttpError.TooLarge, HttpError.Untrusted,
            HttpError.Insecure, HttpError.BadAddress, CancellationError(),
        ]
        for error in failures {
            clinic.failure.change { $0 = error }
            let outcome = try await lumbra.syncClinic(asked).outcome
            guard case .later(let reason) = outcome, !reason.isEmpty else { return XCTFail("\(error): \(outcome)") }
        }
        clinic.failure.change { $0 = nil }
        let outcome = try await lumbra.syncClinic(asked).outcome
        XCTAssertEqual(outcome, .done)
        try await lumbra.shutDown()
    }

    func testTheSystemsHttpGivesAnswersAsTheyAreAndFollowsNoneElsewhere() throws {
        for status in [301, 302, 307, 308] {
            let moved = "HTTP/1.1 \(status) Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 5\r\n\r\nmoved"
            let answer = try ask(try Server(moved), method: .get)
            XCTAssertEqual(Int(answer.status), status)
        }
        let server = try Server("HTTP/1.1 422 No\r\nETag: W/\"3\"\r\nContent-Length: 2\r\n\r\n{}")
        let answer = try ask(server, method: .put, headers: [HttpHeader(name: "If-None-Match", value: "W/\"2\"")], body: "body")
        XCTAssertEqual(answer.status, 422)
        XCTAssertEqual(answer.body, Data("{}".utf8))
        XCTAssertEqual(answer.headers.first { $0.name.lowercased() == "etag" }?.value, "W/\"3\"")
        let heard = server.heard.value
        XCTAssertTrue(heard.hasPrefix("PUT / HTTP/1.1\r\n") && heard.hasSuffix("body"), heard)
        XCTAssertTrue(heard.lowercased().contains("if-none-match: w/\"2\""), heard)
    }

    func testWhatIsMissingOrTooMuchIsAnError() throws {
        let cases: [(String, HttpError)] = [
            ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", .Truncated),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{\"a\":1}\r\n", .Truncated),
            ("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n12345678901", .TooLarge),
            ("HTTP/1.1 200 OK\r\n\r\n12345678901", .TooLarge),
            ("", .Lost),
        ]
        for (bytes, expected) in cases {
            XCTAssertThrowsError(try ask(try Server(bytes), method: .post, body: "body"), bytes) {
                XCTAssertEqual($0 as? HttpError, expected, bytes)
            }
        }
        let fits = try ask(try Server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1234567890"), method: .get)
        XCTAssertEqual(fits.body.count, 10)
    }

    func testWhatWasNotSentIsToldApartFromWhatWas() throws {
        // A port that nobody listens on any more.
        let free = try Server("").close()
        let send = { (url: String) in
            try SystemHttp().send(method: .get, url: url, headers: [], body: Data(), bodyMax: 10, timeoutMs: 3_000)
        }
        XCTAssertThrowsError(try send("http://127.0.0.1:\(free)/")) { XCTAssertEqual($0 as? HttpError, .Unreachable) }
        for address in ["no address", "file:///etc/passwd", "https:///"] {
            XCTAssertThrowsError(try send(address), address) { XCTAssertEqual($0 as? HttpError, .BadAddress, address) }
        }
        let silent = try Server(nil)
        XCTAssertThrowsError(try ask(silent, method: .get, timeoutMs: 1_000)) { XCTAssertEqual($0 as? HttpError, .Lost) }
    }

    private func connect(_ lumbra: Lumbra) async throws {
        let address = try await lumbra.beginClinic(base: "https://clinic.example/fhir/", clientId: "lumbra", redirect: back)
        try await lumbra.finishClinic(cameBack: signedIn(address))
    }

    private func signedIn(_ address: String) -> String {
        let state = URLComponents(string: address)?.queryItems?.first { $0.name == "state" }?.value ?? ""
        return "\(back)?code=good&state=\(state)"
    }

    private func ask(
        _ server: Server,
        method: HttpMethod,
        headers: [HttpHeader] = [],
        body: String = "",
        timeoutMs: UInt64 = 5_000
    ) throws -> HttpResponse {
        defer { _ = server.close() }
        return try SystemHttp().send(
            method: method, url: "http://127.0.0.1:\(server.port)/", headers: headers, body: Data(body.utf8), bodyMax: 10,
            timeoutMs: timeoutMs)
    }
}

/// A clinic's server in memory, as much of it as one person's phone needs.
private final class LittleClinic: Http {
    let asked = Kept<[String]>([])
    let told = Kept<[String: String]>([:])
    let failure = Kept<(any Error & Sendable)?>(nil)

    func send(
        method: HttpMethod,
        url: String,
        headers: [HttpHeader],
        body: Data,
        bodyMax: UInt64,
        timeoutMs: UInt64
    ) throws -> HttpResponse {
        if let failure = failure.value { throw failure }
        let verb = "\(method)".uppercased()
        let path = String(url.prefix { $0 != "?" })
        let text = String(decoding: body, as: UTF8.self)
        asked.change { $0.append("\(verb) \(path)") }
        let bearer = headers.first { $0.name == "Authorization" }?.value
        if path.hasSuffix("/smart-configuration") { return answer(200, configuration) }
        if path.hasSuffix("/auth/token") { return text.contains("code=good") ? answer(200, tokens) : answer(400, "{}") }
        if path.hasSuffix("/auth/revoke") { return answer(200, "") }
        guard bearer == "Bearer access-1" else { return answer(401, "") }
        if path.hasSuffix("/metadata") { return answer(200, metadata) }
        if method == .put {
            told.change { $0[path] = text }
            return answer(201, "{}")
        }
        if path.hasSuffix("/CarePlan") { return answer(200, found(carePlan)) }
        if path.hasSuffix("/ServiceRequest") { return answer(200, found(bridge)) }
        return answer(200, found(nil))
    }

    private func answer(_ status: UInt16, _ body: String) -> HttpResponse {
        HttpResponse(
            status: status, headers: [HttpHeader(name: "Content-Type", value: "application/fhir+json")], body: Data(body.utf8))
    }

    private func found(_ resource: String?) -> String {
        let entries = resource.map { #"{"resource": \#($0)}"# } ?? ""
        return #"{"resourceType": "Bundle", "type": "searchset", "entry": [\#(entries)]}"#
    }

    private let configuration = """
        {"authorization_endpoint": "https://clinic.example/auth/authorize", "token_endpoint": "https://clinic.example/auth/token",
         "revocation_endpoint": "https://clinic.example/auth/revoke", "code_challenge_methods_supported": ["S256"]}
        """
    private let tokens = """
        {"access_token": "access-1", "token_type": "Bearer", "refresh_token": "refresh-1", "patient": "ann"}
        """
    private let metadata = """
        {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": [{"mode": "server", "resource": [
          {"type": "Procedure", "updateCreate": true}, {"type": "Observation", "updateCreate": true},
          {"type": "QuestionnaireResponse", "updateCreate": true}, {"type": "Device", "updateCreate": true}]}]}
        """
    private let bridge = """
        {"resourceType": "ServiceRequest", "id": "bridge", "status": "active", "intent": "order",
         "subject": {"reference": "Patient/ann"},
         "code": {"coding": [{"system": "http://lumbra.health/fhir/CodeSystem/exercises", "code": "bridge"}]}}
        """
    private let carePlan = """
        {"resourceType": "CarePlan", "id": "plan", "status": "active", "intent": "plan",
         "subject": {"reference": "Patient/ann"}, "period": {"start": "2026-01-01"},
         "activity": [{"reference": {"reference": "ServiceRequest/bridge"}}]}
        """
}

/// A key store that keeps the key alone, as the library takes it for granted.
private class KeyAlone: KeyStore, @unchecked Sendable {
    private let key = Kept<Data?>(nil)

    func load() throws -> Data? { key.value }

    func save(key: Data) throws { self.key.change { $0 = key } }

    func destroy() throws { key.change { $0 = nil } }
}

/// A key store with secrets.
private final class Secrets: KeyStore {
    private let key = Kept<Data?>(nil)
    let secrets = Kept<[String: Data]>([:])

    func load() throws -> Data? { key.value }

    func save(key: Data) throws { self.key.change { $0 = key } }

    func destroy() throws { key.change { $0 = nil } }

    func saveSecret(name: String, secret: Data) throws { secrets.change { $0[name] = secret } }

    func loadSecret(name: String) throws -> Data? { secrets.value[name] }

    func deleteSecret(name: String) throws { secrets.change { $0[name] = nil } }
}

/// A server on this machine that answers each request with these bytes; with none, it stays silent.
private final class Server: Sendable {
    let port: UInt16
    let heard = Kept("")
    private let listener: Int32
    private let ended = DispatchSemaphore(value: 0)

    init(_ answer: String?) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 8) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard bound else { throw WaitedForASocket() }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        let (heard, ended) = (heard, ended)
        Thread.detachNewThread {
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else {
                    // Here, and nowhere else: another server could have the number meanwhile.
                    _ = Glibc.close(listener)
                    ended.signal()
                    return
                }
                defer { _ = Glibc.close(connection) }
                var read = ""
                var some = [UInt8](repeating: 0, count: 4_096)
                // The head, and the body where one is told.
                while !(read.contains("\r\n\r\n") && (!read.hasPrefix("P") || read.hasSuffix("body"))) {
                    let count = recv(connection, &some, some.count, 0)
                    guard count > 0 else { break }
                    read += String(decoding: some.prefix(count), as: UTF8.self)
                }
                let whole = read
                heard.change { $0 = whole }
                guard let answer else {
                    // Until the other side gives up.
                    while recv(connection, &some, some.count, 0) > 0 { continue }
                    continue
                }
                let bytes = Array(answer.utf8)
                _ = bytes.withUnsafeBytes { Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                shutdown(connection, Int32(SHUT_WR))
                while recv(connection, &some, some.count, 0) > 0 { continue }
            }
        }
    }

    /// Ends it, and tells its port.
    @discardableResult
    func close() -> UInt16 {
        shutdown(listener, Int32(SHUT_RDWR))
        ended.wait()
        return port
    }
}

private struct WaitedForASocket: Error {}

/// What an app hears of a call that must fail.
func failure(_ body: () async throws -> Void) async -> LumbraError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? LumbraError
    }
}
