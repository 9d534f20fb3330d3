// Stands in for Apple's Security on Linux: the few names that LumbraKit's key store uses, over one place in memory. What can be tried with it
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
nonisolated(unsafe) public var item: [String: Any]?

private func fits(_ query: CFDictionary) -> Bool {
    [kSecClass, kSecAttrService, kSecAttrAccount].allSatisfy { query[$0] as? String == item?[$0] as? String }
}

public func SecItemCopyMatching(_ query: CFDictionary, _ found: UnsafeMutablePointer<CFTypeRef?>?) -> OSStatus {
    if let answer { return answer }
    guard let item, fits(query) else { return errSecItemNotFound }
    if query[kSecReturnData] as? Bool == true { found?.pointee = item[kSecValueData] }
    return errSecSuccess
}

public func SecItemAdd(_ attributes: CFDictionary, _ found: UnsafeMutablePointer<CFTypeRef?>?) -> OSStatus {
    if let answer { return answer }
    if item != nil, fits(attributes) { return errSecDuplicateItem }
    item = attributes
    return errSecSuccess
}

public func SecItemDelete(_ query: CFDictionary) -> OSStatus {
    if let answer { return answer }
    guard item != nil, fits(query) else { return errSecItemNotFound }
    item = nil
    return errSecSuccess
}
