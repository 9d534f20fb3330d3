// Stands in for Apple's Security on Linux: the few names that LumbraKit's key store uses, over places in memory. What can be tried with it
// is what the key store makes of the Keychain's answers, not the Keychain.

public typealias OSStatus = Int32
public typealias CFTypeRef = Any
public typealias CFDictionary = [String: Any]

public let errSecSuccess: OSStatus = 0
public let errSecNotAvailable: OSStatus = -25291
public let errSecAuthFailed: OSStatus = -25293
public let errSecDuplicateItem: OSStatus = -25299
public let errSecItemNotFound: OSStatus = -25300
public let errSecInteractionNotAllowed: OSStatus = -25308
public let errSecDecode: OSStatus = -26275

public let kSecClass = "class"
public let kSecClassGenericPassword = "genp"
public let kSecAttrService = "svce"
public let kSecAttrAccount = "acct"
public let kSecAttrAccessible = "pdmn"
public let kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly = "cku"
public let kSecUseDataProtectionKeychain = "nleg"
public let kSecReturnData = "r_Data"
public let kSecMatchLimit = "m_Limit"
public let kSecMatchLimitOne = "m_LimitOne"
public let kSecValueData = "v_Data"

/// What every call answers, when it is not what the Keychain would.
nonisolated(unsafe) public var answer: OSStatus?
/// What the Keychain holds.
nonisolated(unsafe) public var items: [[String: Any]] = []

/// Whether an item is what a query asks for: all that the query names, and whatever else.
private func fits(_ query: CFDictionary, _ item: [String: Any]) -> Bool {
    [kSecClass, kSecAttrService, kSecAttrAccount].allSatisfy { query[$0] == nil || query[$0] as? String == item[$0] as? String }
}

public func SecItemCopyMatching(_ query: CFDictionary, _ found: UnsafeMutablePointer<CFTypeRef?>?) -> OSStatus {
    if let answer { return answer }
    guard let item = items.first(where: { fits(query, $0) }) else { return errSecItemNotFound }
    if query[kSecReturnData] as? Bool == true { found?.pointee = item[kSecValueData] }
    return errSecSuccess
}

public func SecItemAdd(_ attributes: CFDictionary, _ found: UnsafeMutablePointer<CFTypeRef?>?) -> OSStatus {
    if let answer { return answer }
    if items.contains(where: { fits(attributes, $0) }) { return errSecDuplicateItem }
    items.append(attributes)
    return errSecSuccess
}

public func SecItemUpdate(_ query: CFDictionary, _ attributes: CFDictionary) -> OSStatus {
    if let answer { return answer }
    guard items.contains(where: { fits(query, $0) }) else { return errSecItemNotFound }
    items = items.map { fits(query, $0) ? $0.merging(attributes) { _, new in new } : $0 }
    return errSecSuccess
}

public func SecItemDelete(_ query: CFDictionary) -> OSStatus {
    if let answer { return answer }
    guard items.contains(where: { fits(query, $0) }) else { return errSecItemNotFound }
    items.removeAll { fits(query, $0) }
    return errSecSuccess
}
