#if canImport(Security)
import Foundation
import Security

/// Keeps the database's key in the Keychain: on this device alone, and out of reach until it was unlocked once after a restart. So the
/// core can log a session while the screen is locked, and a stolen backup holds no key.
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
        var query = place
        query[kSecReturnData as String] = true
        query[kSecMatchLimit as String] = kSecMatchLimitOne
        var found: CFTypeRef?
        let status = SecItemCopyMatching(query as CFDictionary, &found)
        switch status {
        case errSecSuccess:
            guard let key = found as? Data else {
                throw PortError.Failed(reason: "the Keychain gave something else than data")
            }
            return key
        case errSecItemNotFound:
            return nil
        default:
            throw failure(status)
        }
    }

    /// Keeps the key. One that is there is never replaced: that would destroy the data it opens.
    public func save(key: Data) throws {
        var item = place
        item[kSecValueData as String] = key
        item[kSecAttrAccessible as String] = kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly
        let status = SecItemAdd(item as CFDictionary, nil)
        guard status == errSecSuccess else { throw failure(status) }
    }

    /// Destroys the key, and with it the data for good. Not an error when there is none.
    public func destroy() throws {
        let status = SecItemDelete(place as CFDictionary)
        guard status == errSecSuccess || status == errSecItemNotFound else { throw failure(status) }
    }

    private var place: [String: Any] {
        [
            kSecClass as String: kSecClassGenericPassword,
            kSecAttrService as String: service,
            kSecAttrAccount as String: account,
            // macOS has an older Keychain beside this one, which knows no protection classes.
            kSecUseDataProtectionKeychain as String: true,
        ]
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
