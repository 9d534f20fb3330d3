import LumbraGenerated

/// The version of the core.
public func version() -> String {
    LumbraGenerated.version()
}

/// The major version of the Lumbra GATT profile that the core speaks.
public func profileVersion() -> UInt8 {
    LumbraGenerated.profileVersion()
}

/// The questions of the screening, in the order to ask them.
public func screeningQuestions() -> [ScreeningQuestion] {
    LumbraGenerated.screeningQuestions()
}

/// The built-in programmes.
public func programmes() -> [ProgrammeInfo] {
    LumbraGenerated.programmes()
}

/// Sets where the core's log lines go to, and which: `level` and everything graver. No sink ends it. Lines hold no personal data.
public func setLogSink(_ sink: (any LogSink)?, level: LogLevel) throws(LumbraError) {
    try answered { try LumbraGenerated.setLogSink(sink: sink, level: level) }
}

/// How many objects of the core are alive in this process: for an app's own leak check.
public func liveObjects() -> UInt64 {
    LumbraGenerated.liveObjects()
}
