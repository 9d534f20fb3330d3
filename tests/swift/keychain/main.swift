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
check("on this device alone", items.first?[kSecAttrAccessible] as? String == kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly)
check("it is never replaced", failure { try keys.save(key: Data(count: 32)) } != nil)
check("it is still the first", try keys.load() == key)
check("another place has none", try KeychainKeyStore(account: "other").load() == nil)

let (first, second) = (Data([1]), Data([2]))
check("no secret was ever kept", try keys.loadSecret(name: "clinic-1") == nil)
try keys.deleteSecret(name: "clinic-1")
try keys.saveSecret(name: "clinic-1", secret: first)
try keys.saveSecret(name: "clinic-2", secret: first)
try keys.saveSecret(name: "clinic-1", secret: second)
check("the newest secret of a name comes back", try keys.loadSecret(name: "clinic-1") == second)
check("each name has its own", try keys.loadSecret(name: "clinic-2") == first)
check("the key is not touched", try keys.load() == key)
check(
    "secrets are on this device alone",
    items.allSatisfy { $0[kSecAttrAccessible] as? String == kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly })
let other = KeychainKeyStore(account: "other")
check("another place has none of them", try other.loadSecret(name: "clinic-1") == nil)
try other.saveSecret(name: "clinic-1", secret: first)
try keys.deleteSecret(name: "clinic-1")
check("a deleted secret is gone", try keys.loadSecret(name: "clinic-1") == nil)

for status in [errSecInteractionNotAllowed, errSecNotAvailable, errSecAuthFailed] {
    answer = status
    let results = [
        failure { _ = try keys.load() }, failure { try keys.save(key: key) }, failure { try keys.destroy() },
        failure { _ = try keys.loadSecret(name: "clinic-2") }, failure { try keys.saveSecret(name: "clinic-2", secret: first) },
        failure { try keys.deleteSecret(name: "clinic-2") },
    ]
    for result in results {
        guard case .Unavailable? = result else { check("locked is an error that says so, never nothing", false); break }
    }
}
answer = errSecDecode
guard case .Failed? = failure({ _ = try keys.load() }) else { check("any other failure is an error", false); exit(1) }
answer = nil
items[0][kSecValueData] = "text"
check("what is no data is an error", failure { _ = try keys.load() } != nil)
try keys.destroy()
check("destroyed", try keys.load() == nil)
check("its secrets went with it", try keys.loadSecret(name: "clinic-2") == nil)
check("another key's stayed", try other.loadSecret(name: "clinic-1") == first)
print("ok")
