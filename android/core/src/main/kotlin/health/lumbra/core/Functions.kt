package health.lumbra.core

/** The version of the core. */
public fun version(): String = answered { health.lumbra.core.generated.version() }

/** The major version of the Lumbra GATT profile that the core speaks. */
public fun profileVersion(): UByte = answered { health.lumbra.core.generated.profileVersion() }

/** The questions of the screening, in the order to ask them. */
public fun screeningQuestions(): List<ScreeningQuestion> = answered { health.lumbra.core.generated.screeningQuestions() }

/** The built-in programmes. */
public fun programmes(): List<ProgrammeInfo> = answered { health.lumbra.core.generated.programmes() }

/**
 * Sets where the core's log lines go to, and which: [level] and everything graver. No sink ends it. Lines hold no personal data.
 */
public fun setLogSink(sink: LogSink?, level: LogLevel): Unit =
    answered { health.lumbra.core.generated.setLogSink(sink?.let(::GuardedLogSink), level) }

/** How many objects of the core are alive in this process: for an app's own leak check. */
public fun liveObjects(): ULong = answered { health.lumbra.core.generated.liveObjects() }
