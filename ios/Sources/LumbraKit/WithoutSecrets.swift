import Foundation
import LumbraGenerated

/// What a key store says that keeps the key alone: no clinic can be connected with it.
extension KeyStore {
    /// Refused with `PortError.Unsupported`.
    public func saveSecret(name: String, secret: Data) throws {
        throw PortError.Unsupported(reason: noSecrets)
    }

    /// Refused with `PortError.Unsupported`.
    public func loadSecret(name: String) throws -> Data? {
        throw PortError.Unsupported(reason: noSecrets)
    }

    /// Refused with `PortError.Unsupported`.
    public func deleteSecret(name: String) throws {
        throw PortError.Unsupported(reason: noSecrets)
    }
}

private let noSecrets = "this key store keeps the key alone"
