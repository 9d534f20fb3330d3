package health.lumbra.core

/*
 * What the core hands over: immutable values, enums, sealed results, the one exception, and the ports an app may implement.
 * Their documentation stands at their declarations. Nothing else of the generated package is meant for apps.
 */

public typealias ChannelSnapshot = health.lumbra.core.generated.ChannelSnapshot
public typealias Chart = health.lumbra.core.generated.Chart
public typealias ChartMetric = health.lumbra.core.generated.ChartMetric
public typealias CommandCounts = health.lumbra.core.generated.CommandCounts
public typealias CommandEntry = health.lumbra.core.generated.CommandEntry
public typealias CommandResult = health.lumbra.core.generated.CommandResult
public typealias Contact = health.lumbra.core.generated.Contact
public typealias DayEntry = health.lumbra.core.generated.DayEntry
public typealias DemoTime = health.lumbra.core.generated.DemoTime
public typealias DeviceEvent = health.lumbra.core.generated.DeviceEvent
public typealias DeviceInfo = health.lumbra.core.generated.DeviceInfo
public typealias Discovered = health.lumbra.core.generated.Discovered
public typealias EventKind = health.lumbra.core.generated.EventKind
public typealias ExportSummary = health.lumbra.core.generated.ExportSummary
public typealias History = health.lumbra.core.generated.History
public typealias KeyStore = health.lumbra.core.generated.KeyStore
public typealias LinkState = health.lumbra.core.generated.LinkState
public typealias LogLevel = health.lumbra.core.generated.LogLevel
public typealias LogSink = health.lumbra.core.generated.LogSink
public typealias LumbraException = health.lumbra.core.generated.LumbraException
public typealias Neutral = health.lumbra.core.generated.Neutral
public typealias PainContext = health.lumbra.core.generated.PainContext
public typealias PainEntry = health.lumbra.core.generated.PainEntry
public typealias Phase = health.lumbra.core.generated.Phase
public typealias PortException = health.lumbra.core.generated.PortException
public typealias PostureSnapshot = health.lumbra.core.generated.PostureSnapshot
public typealias ProgrammeInfo = health.lumbra.core.generated.ProgrammeInfo
public typealias RecordEntry = health.lumbra.core.generated.RecordEntry
public typealias ScreeningAnswer = health.lumbra.core.generated.ScreeningAnswer
public typealias ScreeningOutcome = health.lumbra.core.generated.ScreeningOutcome
public typealias ScreeningQuestion = health.lumbra.core.generated.ScreeningQuestion
public typealias SessionEntry = health.lumbra.core.generated.SessionEntry
public typealias SessionRequest = health.lumbra.core.generated.SessionRequest
public typealias SessionSnapshot = health.lumbra.core.generated.SessionSnapshot
public typealias Snapshot = health.lumbra.core.generated.Snapshot
public typealias WallClock = health.lumbra.core.generated.WallClock
public typealias WearableStatus = health.lumbra.core.generated.WearableStatus

/** The version of the core. */
public fun version(): String = health.lumbra.core.generated.version()

/** The major version of the Lumbra GATT profile that the core speaks. */
public fun profileVersion(): UByte = health.lumbra.core.generated.profileVersion()

/** The questions of the screening, in the order to ask them. */
public fun screeningQuestions(): List<ScreeningQuestion> = health.lumbra.core.generated.screeningQuestions()

/** The built-in programmes. */
public fun programmes(): List<ProgrammeInfo> = health.lumbra.core.generated.programmes()

/**
 * Sets where the core's log lines go to, and which: [level] and everything graver. No sink ends it. Lines hold no personal data.
 */
public fun setLogSink(sink: LogSink?, level: LogLevel): Unit = health.lumbra.core.generated.setLogSink(sink, level)

/** How many objects of the core are alive in this process: for an app's own leak check. */
public fun liveObjects(): ULong = health.lumbra.core.generated.liveObjects()
