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

/// The questions of a check of the red flags, in the order to ask them.
public func redFlagQuestions() -> [ScreeningQuestion] {
    LumbraGenerated.redFlagQuestions()
}

/// The words of the diary.
public func diaryWords() -> DiaryWords {
    LumbraGenerated.diaryWords()
}

/// The questionnaires there are.
public func questionnaireForms() -> [QuestionnaireForm] {
    LumbraGenerated.questionnaireForms()
}

/// All exercises, in the order in which to leaf through them. `language` is a tag such as `de-AT`; any other language is English.
public func exerciseNames(language: String) -> [ExerciseName] {
    LumbraGenerated.exerciseNames(language: language)
}

/// What is said of an exercise, by its id, in a language such as `de-AT`; any other language is English.
public func exercisePage(exercise: String, language: String) throws(LumbraError) -> ExercisePage {
    try answered { try LumbraGenerated.exercisePage(exercise: exercise, language: language) }
}

/// The drawing of an exercise, by its id, with its words in a language such as `de-AT`; any other language is English.
public func exerciseDrawing(exercise: String, language: String) throws(LumbraError) -> ExerciseDrawing {
    try answered { try LumbraGenerated.exerciseDrawing(exercise: exercise, language: language) }
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

/// Brings everything back from a backup, into a folder in which no core is open. Data that is there is an error, unless it is to be replaced;
/// it is set aside then, and these are its files. On any error what was there is as it was. The screening is asked again.
public func restoreBackup(
    dataDir: String,
    file: String,
    passphrase: String,
    replace: Bool = false,
    keys: (any KeyStore)? = nil,
    clock: (any WallClock)? = nil
) async throws(LumbraError) -> [String] {
    try await answered {
        try await LumbraGenerated.restoreBackup(
            dataDir: dataDir, file: file, passphrase: passphrase, replace: replace, keys: keys, clock: clock)
    }
}

/// Destroys the key and removes everything that is stored in a folder in which no core is open: only for a person's explicit wish. What a
/// wearable still remembers, and its bond in the system's settings, stay there.
public func eraseData(dataDir: String, keys: (any KeyStore)? = nil) async throws(LumbraError) {
    try await answered { try await LumbraGenerated.eraseData(dataDir: dataDir, keys: keys) }
}
