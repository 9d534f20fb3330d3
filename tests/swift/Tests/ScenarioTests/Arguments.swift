import LumbraKit

/// A step's arguments.
struct Arguments: Sendable {
    private let given: [String: JSON]

    init(_ given: [String: JSON]) {
        self.given = given
    }

    /// The argument as it stands there.
    func plain(_ name: String) throws(LumbraError) -> JSON {
        guard let value = given[name] else { throw .Invalid(reason: "the step needs '\(name)'") }
        return value
    }

    func string(_ name: String) throws(LumbraError) -> String {
        guard let string = try optionalString(name) else { throw .Invalid(reason: "the step needs '\(name)'") }
        return string
    }

    func optionalString(_ name: String) throws(LumbraError) -> String? {
        switch given[name] {
        case nil, .null?: return nil
        case .string(let string)?: return string
        default: throw .Invalid(reason: "'\(name)' is no text")
        }
    }

    func optionalBool(_ name: String) throws(LumbraError) -> Bool? {
        switch given[name] {
        case nil, .null?: return nil
        case .bool(let bool)?: return bool
        default: throw .Invalid(reason: "'\(name)' is neither true nor false")
        }
    }

    func double(_ name: String) throws(LumbraError) -> Double {
        guard let number = try optionalDouble(name) else { throw .Invalid(reason: "the step needs '\(name)'") }
        return number
    }

    func optionalDouble(_ name: String) throws(LumbraError) -> Double? {
        switch given[name] {
        case nil, .null?: return nil
        case .number(let number)?: return number
        default: throw .Invalid(reason: "'\(name)' is no number")
        }
    }

    func integer<Integer: FixedWidthInteger>(_ name: String) throws(LumbraError) -> Integer {
        guard let number: Integer = try optionalInteger(name) else { throw .Invalid(reason: "the step needs '\(name)'") }
        return number
    }

    func optionalInteger<Integer: FixedWidthInteger>(_ name: String) throws(LumbraError) -> Integer? {
        guard let number = try optionalDouble(name) else { return nil }
        guard let integer = Integer(exactly: number) else { throw .Invalid(reason: "'\(name)' is out of range") }
        return integer
    }

    func doubles(_ name: String) throws(LumbraError) -> [Double] {
        guard case .array(let items) = try plain(name) else { throw .Invalid(reason: "'\(name)' is no list") }
        var numbers: [Double] = []
        for item in items {
            guard case .number(let number) = item else { throw .Invalid(reason: "'\(name)' holds what is no number") }
            numbers.append(number)
        }
        return numbers
    }

    func optionalStrings(_ name: String) throws(LumbraError) -> [String] {
        guard let value = given[name] else { return [] }
        guard case .array(let items) = value else { throw .Invalid(reason: "'\(name)' is no list") }
        var strings: [String] = []
        for item in items {
            guard case .string(let string) = item else { throw .Invalid(reason: "'\(name)' holds what is no text") }
            strings.append(string)
        }
        return strings
    }

    func answers(_ name: String) throws(LumbraError) -> [String: ScreeningAnswer] {
        guard let value = given[name] else { return [:] }
        guard case .object(let fields) = value else { throw .Invalid(reason: "'\(name)' holds no answers") }
        var answers: [String: ScreeningAnswer] = [:]
        for (question, answer) in fields {
            switch answer {
            case .string("yes"): answers[question] = .yes
            case .string("no"): answers[question] = .no
            case .string("unsure"): answers[question] = .unsure
            default: throw .Invalid(reason: "'\(answer)' is no answer")
            }
        }
        return answers
    }
}
