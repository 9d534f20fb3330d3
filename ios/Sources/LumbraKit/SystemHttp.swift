import Dispatch
import Foundation
import LumbraGenerated

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// ``Http`` by `URLSession`, with the system's own certificates and proxies. It follows no redirect, caches nothing and keeps no cookies.
public final class SystemHttp: Http {
    /// One that keeps nothing of what passes through it.
    public init() {}

    /// Sends a request and waits for the whole answer, on a thread of the core's.
    public func send(
        method: HttpMethod,
        url: String,
        headers: [HttpHeader],
        body: Data,
        bodyMax: UInt64,
        timeoutMs: UInt64
    ) throws -> HttpResponse {
        guard let address = URL(string: url), ["http", "https"].contains(address.scheme?.lowercased()), address.host != nil
        else { throw HttpError.BadAddress }
        let seconds = max(0.001, Double(timeoutMs) / 1_000)
        var request = URLRequest(url: address, cachePolicy: .reloadIgnoringLocalCacheData, timeoutInterval: seconds)
        request.httpMethod =
            switch method {
            case .get: "GET"
            case .post: "POST"
            case .put: "PUT"
            }
        request.httpShouldHandleCookies = false
        // As it is: what is unpacked on the way has no length that could tell whether it came whole.
        request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
        for header in headers {
            request.setValue(header.value, forHTTPHeaderField: header.name)
        }
        if method != .get {
            request.httpBody = body
        }
        let exchange = Exchange(bodyMax: Int(clamping: bodyMax))
        let session = URLSession(configuration: configuration(seconds), delegate: exchange, delegateQueue: nil)
        defer { session.invalidateAndCancel() }
        session.dataTask(with: request).resume()
        return try exchange.wait(seconds).get()
    }

    private func configuration(_ seconds: Double) -> URLSessionConfiguration {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.urlCache = nil
        configuration.urlCredentialStorage = nil
        configuration.httpCookieStorage = nil
        configuration.httpShouldSetCookies = false
        configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
        configuration.timeoutIntervalForRequest = seconds
        configuration.timeoutIntervalForResource = seconds
        return configuration
    }
}

/// One request and what comes of it; the first end counts.
private final class Exchange: NSObject, URLSessionDataDelegate, Sendable {
    private struct State {
        var response: HTTPURLResponse?
        var body = Data()
        var tooLarge = false
        var ended: Result<HttpResponse, HttpError>?
    }

    private let bodyMax: Int
    private let state = Locked(State())
    private let semaphore = DispatchSemaphore(value: 0)

    init(bodyMax: Int) {
        self.bodyMax = bodyMax
    }

    /// Waits for the end; one that does not come in time may have been carried out.
    func wait(_ seconds: Double) -> Result<HttpResponse, HttpError> {
        guard semaphore.wait(timeout: .now() + seconds) == .success else { return .failure(.Lost) }
        return state.with { $0.ended } ?? .failure(.Lost)
    }

    func urlSession(
        _ session: URLSession,
        task: URLSessionTask,
        willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest,
        completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        // A redirect is an answer like any other: a token goes nowhere else.
        completionHandler(nil)
    }

    func urlSession(
        _ session: URLSession,
        dataTask: URLSessionDataTask,
        didReceive response: URLResponse,
        completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
    ) {
        let response = response as? HTTPURLResponse
        state.with { $0.response = response }
        completionHandler(response == nil ? .cancel : .allow)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let tooLarge = state.with { state in
            state.tooLarge = state.tooLarge || data.count > bodyMax - state.body.count
            if !state.tooLarge { state.body.append(data) }
            return state.tooLarge
        }
        if tooLarge { dataTask.cancel() }
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        let first = state.with { state in
            guard state.ended == nil else { return false }
            state.ended = outcome(state, error)
            return true
        }
        if first { semaphore.signal() }
    }

    private func outcome(_ state: State, _ error: (any Error)?) -> Result<HttpResponse, HttpError> {
        if state.tooLarge { return .failure(.TooLarge) }
        if let error { return .failure(meaning(error, begun: state.response != nil)) }
        guard let response = state.response else { return .failure(.Lost) }
        // Not every system tells that an answer has ended early.
        let told = response.expectedContentLength
        let hasBody = response.statusCode != 204 && response.statusCode != 304
        if hasBody, told > 0, Int64(state.body.count) < told { return .failure(.Truncated) }
        let headers = response.allHeaderFields.map { HttpHeader(name: "\($0.key)", value: "\($0.value)") }
        return .success(HttpResponse(status: UInt16(clamping: response.statusCode), headers: headers, body: state.body))
    }

    /// What a failure means. Only what is certain counts as never sent.
    private func meaning(_ error: any Error, begun: Bool) -> HttpError {
        switch (error as? URLError)?.code {
        case .timedOut: .Lost
        case .cannotFindHost, .cannotConnectToHost, .dnsLookupFailed, .notConnectedToInternet, .internationalRoamingOff,
            .dataNotAllowed, .callIsActive:
            begun ? .Truncated : .Unreachable
        case .secureConnectionFailed, .serverCertificateHasBadDate, .serverCertificateUntrusted,
            .serverCertificateHasUnknownRoot, .serverCertificateNotYetValid, .clientCertificateRejected,
            .clientCertificateRequired:
            .Untrusted
        case .appTransportSecurityRequiresSecureConnection: .Insecure
        case .badURL, .unsupportedURL: .BadAddress
        default: begun ? .Truncated : .Lost
        }
    }
}
