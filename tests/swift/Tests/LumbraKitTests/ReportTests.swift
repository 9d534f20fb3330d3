import Foundation
import LumbraKit
import Support
import XCTest

/// What a person looks back on, and takes along to their clinician.
final class ReportTests: XCTestCase {
    func testWhatAClinicianIsGivenIsMadeOnThePhone() async throws {
        let (world, folder) = (try await World(), try Folder())
        let lumbra = world.lumbra
        _ = try await lumbra.addPain(score: 6, context: .diary, note: "on the stairs")
        let today = try await lumbra.today()
        let ann = ReportPerson(name: "Ann Example", bornDay: -3_000)

        let (pdf, bundle, tables) = ("\(folder.path)/report.pdf", "\(folder.path)/bundle.json", "\(folder.path)/tables")
        let report = try await lumbra.writeReport(fromDay: today - 27, toDay: today, file: pdf, person: ann)
        let written = try Data(contentsOf: URL(fileURLWithPath: pdf))
        XCTAssertEqual(report.painEntries, 1)
        XCTAssertEqual(report.bytes, UInt64(written.count))
        XCTAssertTrue(written.starts(with: Data("%PDF-".utf8)))
        let told = try await lumbra.exportBundle(file: bundle, person: ann)
        XCTAssertEqual(told.painEntries, 1)
        XCTAssertTrue(try String(contentsOfFile: bundle, encoding: .utf8).contains("\"birthDate\":\"1961-10-15\""))
        let files = try await lumbra.exportTables(folder: tables).files
        XCTAssertEqual(files.first { $0.name == "pain.csv" }?.rows, 1)
        let rows = try String(contentsOfFile: "\(tables)/pain.csv", encoding: .utf8)
        XCTAssertTrue(rows.contains("on the stairs"))

        let refused = await failure {
            try await lumbra.writeReport(fromDay: today, toDay: today - 1, file: "\(folder.path)/none.pdf")
        }
        guard case .Invalid? = refused else { return XCTFail("\(String(describing: refused))") }
        try await world.end()
    }

    func testInsightsSayWhatIsWanting() async throws {
        let world = try await World()
        let lumbra = world.lumbra
        _ = try await lumbra.addPain(score: 6, context: .diary, note: "")
        let (found, today) = (try await lumbra.insights(days: 30), try await lumbra.today())
        XCTAssertEqual([found.fromDay, found.toDay], [today - 29, today])
        XCTAssertEqual(found.sections.map(\.topic), [.painNow, .links])
        let told = found.sections.flatMap(\.told)
        XCTAssertFalse(told.isEmpty)
        XCTAssertTrue(told.allSatisfy { $0.certainty == .notYet && $0.sentence.contains("ot enough yet") })
        for days: UInt32 in [0, 3_661, .max] {
            let refused = await failure { _ = try await lumbra.insights(days: days) }
            guard case .Invalid? = refused else { return XCTFail("\(String(describing: refused))") }
        }
        try await world.end()
    }
}
