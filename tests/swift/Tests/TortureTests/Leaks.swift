import LumbraGenerated
import Support
import XCTest

/// A test after which no object of the core may be alive.
class LeakCheckedTestCase: XCTestCase {
    override func tearDown() async throws {
        // The core lets go of what it holds on threads of its own.
        do {
            try await until("the last object") { liveObjects() == 0 }
        } catch {
            XCTFail("\(liveObjects()) objects are alive")
        }
    }
}
