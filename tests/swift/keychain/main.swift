// Tries the key store on the stand-in. Compiled with LumbraKit's own source of it.

import Foundation
import LumbraGenerated
import Security

typealias KeyStore = LumbraGenerated.KeyStore
typealias PortError = LumbraGenerated.PortError

func check(_ what: String, _ holds: Bool) {
    guard !holds else { return }
    print("FAIL \(what)")
    exit(1)
}

func failure(_ body: () throws -> Void) -> PortError? {
    do {
        try body()
        return nil
    } catch {
        return error as? PortError
    }
}

let keys = KeychainKeyStore()
let key = Data(repeating: 7, count: 32)
check("nothing was ever saved", try keys.load() == nil)
try keys.destroy()
try keys.save(key: key)
check("it comes back", try keys.load() == key)
check("on this device alone", item?[kSecAttrAccessible] as? String == kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly)
check("it is never replaced", failure { try keys.save(key: Data(count: 32)) } != nil)
check("it is still the first", try keys.load() == key)
check("another place has none", try KeychainKeyStore(account: "other").load() == nil)

for status in [errSecInteractionNotAllowed, errSecNotAvailable, errSecAuthFailed] {
    answer = status
    for result in [failure { _ = try keys.load() }, failure { try keys.save(key: key) }, failure { try keys.destroy() }] {
        guard case .Unavailable? = result else { check("locked is an error that says so, never nothing", false); break }
    }
}
answer = errSecDecode
guard case .Failed? = failure({ _ = try keys.load() }) else { check("any other failure is an error", false); exit(1) }
answer = nil
item?[kSecValueData] = "text"
check("what is no data is an error", failure { _ = try keys.load() } != nil)
try keys.destroy()
check("destroyed", try keys.load() == nil)
print("ok")
