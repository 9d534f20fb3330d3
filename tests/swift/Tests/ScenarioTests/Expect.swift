/// What differs between what is expected and what came; nil when it fits. An object fits when every field that is expected does,
/// whatever else there is; `{"at_least": a, "at_most": b}` fits numbers; a list fits element by element; a field that is absent is null.
func mismatch(_ expected: JSON, _ got: JSON) -> String? {
    switch (expected, got) {
    case (.object(let range), .number(let number))
    where !range.isEmpty && range.keys.allSatisfy({ $0 == "at_least" || $0 == "at_most" }):
        if case .number(let least)? = range["at_least"], number < least {
            return "\(got) is not within \(expected)"
        }
        if case .number(let most)? = range["at_most"], number > most {
            return "\(got) is not within \(expected)"
        }
        return nil
    case (.object(let fields), .object):
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
            if let why = mismatch(value, got[name]) {
                return "\(name): \(why)"
            }
        }
        return nil
    case (.array(let items), .array(let there)) where items.count == there.count:
        for (index, pair) in zip(items, there).enumerated() {
            if let why = mismatch(pair.0, pair.1) {
                return "[\(index)]: \(why)"
            }
        }
        return nil
    case (.number(let number), .number(let there)):
        return abs(number - there) < 1e-9 ? nil : "\(got) instead of \(expected)"
    default:
        return expected == got ? nil : "\(got) instead of \(expected)"
    }
}
