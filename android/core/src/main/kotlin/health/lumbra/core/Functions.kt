package health.lumbra.core

/** The version of the core. */
public fun version(): String = answered { health.lumbra.core.generated.version() }

/** The major version of the Lumbra GATT profile that the core speaks. */
public fun profileVersion(): UByte = answered { health.lumbra.core.generated.profileVersion() }

/** The questions of the screening, in the order to ask them. */
public fun screeningQuestions(): List<ScreeningQuestion> = answered { health.lumbra.core.generated.screeningQuestions() }

/** The questions of a check of the red flags, in the order to ask them. */
public fun redFlagQuestions(): List<ScreeningQuestion> = answered { health.lumbra.core.generated.redFlagQuestions() }

/** The words of the diary. */
public fun diaryWords(): DiaryWords = answered { health.lumbra.core.generated.diaryWords() }

/** The questionnaires there are. */
public fun questionnaireForms(): List<QuestionnaireForm> = answered { health.lumbra.core.generated.questionnaireForms() }

/** All exercises, in the order in which to leaf through them. [language] is a tag such as `de-AT`; any other language is English. */
public fun exerciseNames(language: String): List<ExerciseName> =
    answered { health.lumbra.core.generated.exerciseNames(language.whole()) }

/** What is said of an exercise, by its id, in a language such as `de-AT`; any other language is English. */
public fun exercisePage(exercise: String, language: String): ExercisePage =
    answered { health.lumbra.core.generated.exercisePage(exercise.whole(), language.whole()) }

/** The drawing of an exercise, by its id, with its words in a language such as `de-AT`; any other language is English. */
public fun exerciseDrawing(exercise: String, language: String): ExerciseDrawing =
    answered { health.lumbra.core.generated.exerciseDrawing(exercise.whole(), language.whole()) }

/** The built-in programmes. */
public fun programmes(): List<ProgrammeInfo> = answered { health.lumbra.core.generated.programmes() }

/**
 * Sets where the core's log lines go to, and which: [level] and everything graver. No sink ends it. Lines hold no personal data.
 */
public fun setLogSink(sink: LogSink?, level: LogLevel): Unit =
    answered { health.lumbra.core.generated.setLogSink(sink?.let(::GuardedLogSink), level) }

/** How many objects of the core are alive in this process: for an app's own leak check. */
public fun liveObjects(): ULong = answered { health.lumbra.core.generated.liveObjects() }

/**
 * Brings everything back from a backup, into a folder in which no core is open. Data that is there is an error, unless it is to be replaced;
 * it is set aside then, and these are its files. On any error what was there is as it was. The screening is asked again.
 */
public suspend fun restoreBackup(
    dataDir: String,
    file: String,
    passphrase: String,
    replace: Boolean = false,
    keys: KeyStore? = null,
    clock: WallClock? = null,
): List<String> = answered {
    health.lumbra.core.generated.restoreBackup(
        dataDir.whole(),
        file.whole(),
        passphrase.whole(),
        replace,
        keys?.let(::GuardedKeyStore),
        clock?.let(::GuardedWallClock),
    )
}

/**
 * Destroys the key and removes everything that is stored in a folder in which no core is open: only for a person's explicit wish. What a
 * wearable still remembers, and its bond in the system's settings, stay there.
 */
public suspend fun eraseData(dataDir: String, keys: KeyStore? = null): Unit =
    answered { health.lumbra.core.generated.eraseData(dataDir.whole(), keys?.let(::GuardedKeyStore)) }
