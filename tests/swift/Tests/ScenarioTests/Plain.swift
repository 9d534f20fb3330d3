import LumbraKit

/// A record of the core as a scenario expects it: its fields under their names in the files, an enum as its case's name.
func plain(_ value: Any) -> JSON {
    switch value {
    case let bool as Bool: return .bool(bool)
    case let string as String: return .string(string)
    case let number as any BinaryInteger: return .number(Double(number))
    case let number as Double: return .number(number)
    default: break
    }
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional:
        return mirror.children.first.map { plain($0.value) } ?? .null
    case .collection:
        return .array(mirror.children.map { plain($0.value) })
    case .enum:
        return .string(caseName(value))
    default:
        let fields = mirror.children.map { (snakeCase($0.label ?? ""), plain($0.value)) }
        return .object(Dictionary(uniqueKeysWithValues: fields))
    }
}

/// What became of a command.
func plain(_ result: CommandResult) -> JSON {
    let outcome = JSON.string(caseName(result))
    return switch result {
    case .confirmed(let command), .unknown(let command): .object(["outcome": outcome, "command": .string(command)])
    case .rejected(let command, let reason):
        .object(["outcome": outcome, "command": .string(command), "reason": .string(reason)])
    }
}

/// What a screening comes to.
func plain(_ screening: ScreeningOutcome) -> JSON {
    let outcome = JSON.string(caseName(screening))
    return switch screening {
    case .passed: .object(["outcome": outcome])
    case .incomplete(let open, _): .object(["outcome": outcome, "open": plain(open)])
    case .locked(let emergency, let because, _):
        .object(["outcome": outcome, "emergency": .bool(emergency), "because": plain(because)])
    }
}

/// A failure.
func plain(_ error: LumbraError) -> JSON {
    let kind = JSON.string(caseName(error))
    if case .Refused(let limit, let asked, let allowed, _, _) = error {
        return .object(["error": kind, "limit": .string(limit), "asked": .string(asked), "allowed": .string(allowed)])
    }
    return .object(["error": kind, "reason": .string("\(error)")])
}

/// The name of an enum's case as the files tell it: `NoSuchDevice(reason: ...)` is `no_such_device`.
func caseName(_ value: Any) -> String {
    // A case with values is reflected with them; one without is described by its name alone.
    snakeCase(Mirror(reflecting: value).children.first?.label ?? "\(value)")
}

private func snakeCase(_ name: String) -> String {
    var snake = ""
    for letter in name {
        if letter.isUppercase && !snake.isEmpty {
            snake.append("_")
        }
        snake += letter.lowercased()
    }
    return snake
}
