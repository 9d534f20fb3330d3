#if canImport(Security)
import Foundation
import Security

/// Keeps the database's key and secrets in the Keychain: on this device alone, and out of reach until it was unlocked once after a restart.
/// So the core can log a session while the screen is locked, and a stolen backup holds no key.
public final class KeychainKeyStore: KeyStore {
    private let service: String
    private let account: String

    /// A place in the Keychain. Two cores with data of their own need two places.
    public init(service: String = "health.lumbra", account: String = "database-key") {
        self.service = service
        self.account = account
    }

    /// The key, or nil when none was ever saved. A Keychain that is locked, or that fails otherwise, is an error, never nil: nil makes the
    /// core begin anew.
    public func load() throws -> Data? {
        try found(place)
    }

    /// Keeps the key. One that is there is never replaced: that would destroy the data it opens.
    public func save(key: Data) throws {
        var item = place
        item[kSecValueData as String] = key
        item[kSecAttrAccessible as String] = kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly
        let status = SecItemAdd(item as CFDictionary, nil)
        guard status == errSecSuccess else { throw failure(status) }
    }

    /// Destroys the key, and with it the data for good, and then every secret. Not an error when there is none.
    public func destroy() throws {
        try delete(place)
        // By the service alone: all that lie there.
        try delete(item(of: secretsService))
    }

    /// Keeps a secret, in place of what was kept under this name.
    public func saveSecret(name: String, secret: Data) throws {
        var entry = item(of: secretsService)
        entry[kSecAttrAccount as String] = name
        var status = SecItemUpdate(entry as CFDictionary, [kSecValueData as String: secret] as CFDictionary)
        if status == errSecItemNotFound {
            entry[kSecValueData as String] = secret
            entry[kSecAttrAccessible as String] = kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly
            status = SecItemAdd(entry as CFDictionary, nil)
        }
        guard status == errSecSuccess else { throw failure(status) }
    }

    /// The secret of this name, or nil when none is kept; a Keychain that is locked is an error.
    public func loadSecret(name: String) throws -> Data? {
        var query = item(of: secretsService)
        query[kSecAttrAccount as String] = name
        return try found(query)
    }

    /// Deletes a secret. Not an error when there is none.
    public func deleteSecret(name: String) throws {
        var query = item(of: secretsService)
        query[kSecAttrAccount as String] = name
        try delete(query)
    }

    /// Secrets have a service of their own for each key, so that destroying one core's does not take another's.
    private var secretsService: String { "\(service).\(account).secrets" }

    private var place: [String: Any] {
        var place = item(of: service)
        place[kSecAttrAccount as String] = account
        return place
    }

    private func item(of service: String) -> [String: Any] {
        [
            kSecClass as String: kSecClassGenericPassword,
            kSecAttrService as String: service,
            // macOS has an older Keychain beside this one, which knows no protection classes.
            kSecUseDataProtectionKeychain as String: true,
        ]
    }

    private func delete(_ query: [String: Any]) throws {
        let status = SecItemDelete(query as CFDictionary)
        guard status == errSecSuccess || status == errSecItemNotFound else { throw failure(status) }
    }

    private func found(_ query: [String: Any]) throws -> Data? {
        var query = query
        query[kSecReturnData as String] = true
        query[kSecMatchLimit as String] = kSecMatchLimitOne
        var found: CFTypeRef?
        let status = SecItemCopyMatching(query as CFDictionary, &found)
        switch status {
        case errSecSuccess:
            guard let bytes = found as? Data else {
                throw PortError.Failed(reason: "the Keychain gave something else than data")
            }
            return bytes
        case errSecItemNotFound:
            return nil
        default:
            throw failure(status)
        }
    }

    private func failure(_ status: OSStatus) -> PortError {
        switch status {
        case errSecInteractionNotAllowed, errSecNotAvailable, errSecAuthFailed:
            .Unavailable(reason: "the Keychain is locked (\(status))")
        default:
            .Failed(reason: "the Keychain failed (\(status))")
        }
    }
}
#endif
