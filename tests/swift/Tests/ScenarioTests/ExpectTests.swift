import Foundation
import XCTest

/// What fits and what doesn't: the same cases as in Rust.
final class ExpectTests: XCTestCase {
    func testWhatFits() throws {
        for (expected, got) in [
            (#"{}"#, #"{"a": 1}"#),
            (#"{"a": 1}"#, #"{"a": 1.0, "b": 2}"#),
            (#"{"a": null}"#, #"{}"#),
            (#"{"a": {"at_least": 1, "at_most": 2}}"#, #"{"a": 2}"#),
            (#"[{"a": 1}, "x"]"#, #"[{"a": 1, "b": 2}, "x"]"#),
        ] {
            XCTAssertNil(mismatch(try read(expected), try read(got)), "\(expected) \(got)")
        }
    }

    func testWhatDoesNotFit() throws {
        for (expected, got) in [
            (#"{"a": 1}"#, #"{"a": 2}"#),
            (#"{"a": 1}"#, #"{}"#),
            (#"{"a": 1}"#, #"1"#),
            (#"{"a": null}"#, #"{"a": 0}"#),
            (#"{"a": {"at_least": 1}}"#, #"{"a": 0.9}"#),
            (#"{"at_most": 1}"#, #""1""#),
            (#"[1]"#, #"[1, 2]"#),
            (#""x""#, #""y""#),
            (#"true"#, #"1"#),
        ] {
            XCTAssertNotNil(mismatch(try read(expected), try read(got)), "\(expected) \(got)")
        }
    }

    private func read(_ text: String) throws -> JSON {
        try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
    }
}
