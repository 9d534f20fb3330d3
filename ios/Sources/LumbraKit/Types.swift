import LumbraGenerated

/*
 * What the core hands over: immutable values, enums, the one error, and the ports an app may implement. Their documentation stands at
 * their declarations. Nothing else of the generated module is meant for apps.
 */

/// One channel of a wearable.
public typealias ChannelSnapshot = LumbraGenerated.ChannelSnapshot
/// One value for each day; `values` unpacks it.
public typealias Chart = LumbraGenerated.Chart
/// What a chart shows, a value a day.
public typealias ChartMetric = LumbraGenerated.ChartMetric
/// What a sync is doing.
public typealias ClinicPhase = LumbraGenerated.ClinicPhase
/// Something of the clinic's plans that is not followed.
public typealias ClinicProblem = LumbraGenerated.ClinicProblem
/// What the clinic's server will not have, or what came from it and can't be read.
public typealias ClinicRefusal = LumbraGenerated.ClinicRefusal
/// What can be seen of syncing at one moment.
public typealias ClinicState = LumbraGenerated.ClinicState
/// How it stands with the clinic, as it is kept.
public typealias ClinicStatus = LumbraGenerated.ClinicStatus
/// What became of commands.
public typealias CommandCounts = LumbraGenerated.CommandCounts
/// A command in the audit.
public typealias CommandEntry = LumbraGenerated.CommandEntry
/// What became of a command.
public typealias CommandResult = LumbraGenerated.CommandResult
/// How pads sit.
public typealias Contact = LumbraGenerated.Contact
/// One day of the person's life.
public typealias DayEntry = LumbraGenerated.DayEntry
/// How time passes for a virtual wearable and for the core that uses it.
public typealias DemoTime = LumbraGenerated.DemoTime
/// Something that happened with a wearable.
public typealias DeviceEvent = LumbraGenerated.DeviceEvent
/// A paired wearable.
public typealias DeviceInfo = LumbraGenerated.DeviceInfo
/// A day of the diary on which something was written.
public typealias DiaryDay = LumbraGenerated.DiaryDay
/// The words of the diary.
public typealias DiaryWords = LumbraGenerated.DiaryWords
/// A wearable in reach.
public typealias Discovered = LumbraGenerated.Discovered
/// What happened.
public typealias EventKind = LumbraGenerated.EventKind
/// How hard an exercise was.
public typealias ExerciseDifficulty = LumbraGenerated.ExerciseDifficulty
/// How much of an exercise.
public typealias ExerciseDose = LumbraGenerated.ExerciseDose
/// The drawing of an exercise.
public typealias ExerciseDrawing = LumbraGenerated.ExerciseDrawing
/// An entry of the exercises' log.
public typealias ExerciseEntry = LumbraGenerated.ExerciseEntry
/// What an entry of the log tells.
public typealias ExerciseEvent = LumbraGenerated.ExerciseEvent
/// What stands over the parts of a page.
public typealias ExerciseHeadings = LumbraGenerated.ExerciseHeadings
/// An exercise to do.
public typealias ExerciseItem = LumbraGenerated.ExerciseItem
/// What was kept of an exercise, and what follows.
public typealias ExerciseKept = LumbraGenerated.ExerciseKept
/// What an exercise is for in a session.
public typealias ExerciseKind = LumbraGenerated.ExerciseKind
/// An exercise by its name.
public typealias ExerciseName = LumbraGenerated.ExerciseName
/// What is said of one exercise.
public typealias ExercisePage = LumbraGenerated.ExercisePage
/// What a person tells of an exercise they have done.
public typealias ExerciseReport = LumbraGenerated.ExerciseReport
/// A day's exercises.
public typealias ExerciseSession = LumbraGenerated.ExerciseSession
/// Why an exercise was skipped.
public typealias ExerciseSkip = LumbraGenerated.ExerciseSkip
/// Why an exercise was stopped early.
public typealias ExerciseStop = LumbraGenerated.ExerciseStop
/// What there is to do today.
public typealias ExercisesToday = LumbraGenerated.ExercisesToday
/// What an export came to.
public typealias ExportSummary = LumbraGenerated.ExportSummary
/// A step on the way to a goal.
public typealias GoalStep = LumbraGenerated.GoalStep
/// What there is to look back on.
public typealias History = LumbraGenerated.History
/// How the seconds of one hour of the day were spent.
public typealias HourOfDay = LumbraGenerated.HourOfDay
/// HTTP as an app brings it.
public typealias Http = LumbraGenerated.Http
/// Why there is no answer.
public typealias HttpError = LumbraGenerated.HttpError
/// A header; there may be a token in it.
public typealias HttpHeader = LumbraGenerated.HttpHeader
/// What is asked for.
public typealias HttpMethod = LumbraGenerated.HttpMethod
/// An answer.
public typealias HttpResponse = LumbraGenerated.HttpResponse
/// A sentence about the person's own days, with its interval or with what is missing.
public typealias Insight = LumbraGenerated.Insight
/// How sure a sentence is.
public typealias InsightCertainty = LumbraGenerated.InsightCertainty
/// What can be said about one thing.
public typealias InsightSection = LumbraGenerated.InsightSection
/// What a section of insights is about.
public typealias InsightTopic = LumbraGenerated.InsightTopic
/// What the person's own days say about their pain.
public typealias Insights = LumbraGenerated.Insights
/// Keeps the database's key where the platform keeps secrets.
public typealias KeyStore = LumbraGenerated.KeyStore
/// What is due and not in the session.
public typealias LeftOutExercise = LumbraGenerated.LeftOutExercise
/// Why something that is due is not in the session.
public typealias LeftOutReason = LumbraGenerated.LeftOutReason
/// The radio link.
public typealias LinkState = LumbraGenerated.LinkState
/// How grave a line of the log is.
public typealias LogLevel = LumbraGenerated.LogLevel
/// Takes the core's log lines.
public typealias LogSink = LumbraGenerated.LogSink
/// A failure, by what an app can do about it.
public typealias LumbraError = LumbraGenerated.LumbraError
/// A medication, as the person writes it.
public typealias Medication = LumbraGenerated.Medication
/// What upright is for this person.
public typealias Neutral = LumbraGenerated.Neutral
/// A goal of the person's own.
public typealias OwnGoal = LumbraGenerated.OwnGoal
/// A day's posture, and the pain of that day or of one after it.
public typealias PainBesidePosture = LumbraGenerated.PainBesidePosture
/// When a pain entry is made.
public typealias PainContext = LumbraGenerated.PainContext
/// A pain entry.
public typealias PainEntry = LumbraGenerated.PainEntry
/// What a person says about their pain at one moment.
public typealias PainReport = LumbraGenerated.PainReport
/// How things are.
public typealias Phase = LumbraGenerated.Phase
/// The plan in force and all that follows from it.
public typealias Plan = LumbraGenerated.Plan
/// What has changed in the plan, and why.
public typealias PlanChange = LumbraGenerated.PlanChange
/// On which days.
public typealias PlanDays = LumbraGenerated.PlanDays
/// Where an exercise of the plan stands.
public typealias PlanExercise = LumbraGenerated.PlanExercise
/// What a clinic's plan is to reach.
public typealias PlanGoal = LumbraGenerated.PlanGoal
/// What the review of a stage comes to.
public typealias PlanReview = LumbraGenerated.PlanReview
/// How often an activity comes.
public typealias PlanSchedule = LumbraGenerated.PlanSchedule
/// Who gave a plan.
public typealias PlanSource = LumbraGenerated.PlanSource
/// A stage of the plan for people without a clinic.
public typealias PlanStage = LumbraGenerated.PlanStage
/// What became of a plan.
public typealias PlanStatus = LumbraGenerated.PlanStatus
/// One week of the plan.
public typealias PlanWeek = LumbraGenerated.PlanWeek
/// A day of the week.
public typealias PlanWeekday = LumbraGenerated.PlanWeekday
/// What a port that an app implements may throw.
public typealias PortError = LumbraGenerated.PortError
/// The goal, and how today goes.
public typealias PostureGoal = LumbraGenerated.PostureGoal
/// Whether the wearable nudges.
public typealias PostureMode = LumbraGenerated.PostureMode
/// How soon a lean is a slouch.
public typealias PostureSensitivity = LumbraGenerated.PostureSensitivity
/// Everything that the person chooses about posture.
public typealias PostureSettings = LumbraGenerated.PostureSettings
/// Posture, now.
public typealias PostureSnapshot = LumbraGenerated.PostureSnapshot
/// A stimulation programme that the plan lets be started.
public typealias PrescribedProgramme = LumbraGenerated.PrescribedProgramme
/// A built-in programme.
public typealias ProgrammeInfo = LumbraGenerated.ProgrammeInfo
/// A questionnaire, answered.
public typealias QuestionnaireEntry = LumbraGenerated.QuestionnaireEntry
/// A questionnaire, to be shown.
public typealias QuestionnaireForm = LumbraGenerated.QuestionnaireForm
/// One item of a questionnaire.
public typealias QuestionnaireItem = LumbraGenerated.QuestionnaireItem
/// From one time of day to another, which may be past midnight.
public typealias QuietTime = LumbraGenerated.QuietTime
/// Bluetooth as an app brings it, where the core's own radio does not do.
public typealias Radio = LumbraGenerated.Radio
/// A characteristic that was discovered, and what it allows.
public typealias RadioCharacteristic = LumbraGenerated.RadioCharacteristic
/// Why the app's Bluetooth can't do something.
public typealias RadioError = LumbraGenerated.RadioError
/// A link that the system has made.
public typealias RadioLink = LumbraGenerated.RadioLink
/// Takes what the system's Bluetooth says of its own accord.
public typealias RadioSink = LumbraGenerated.RadioSink
/// Something the wearable remembered by itself.
public typealias RecordEntry = LumbraGenerated.RecordEntry
/// What a check of the red flags came to.
public typealias RedFlagCheck = LumbraGenerated.RedFlagCheck
/// Where a check of the red flags leads.
public typealias RedFlagRoute = LumbraGenerated.RedFlagRoute
/// Who a report is about, as the person wants it printed.
public typealias ReportPerson = LumbraGenerated.ReportPerson
/// What was written for a clinician.
public typealias ReportSummary = LumbraGenerated.ReportSummary
/// An answer of the screening.
public typealias ScreeningAnswer = LumbraGenerated.ScreeningAnswer
/// What a screening comes to.
public typealias ScreeningOutcome = LumbraGenerated.ScreeningOutcome
/// A question of the screening.
public typealias ScreeningQuestion = LumbraGenerated.ScreeningQuestion
/// A session in the history.
public typealias SessionEntry = LumbraGenerated.SessionEntry
/// A session as the person wants it.
public typealias SessionRequest = LumbraGenerated.SessionRequest
/// The session under way.
public typealias SessionSnapshot = LumbraGenerated.SessionSnapshot
/// Everything about one wearable at one moment.
public typealias Snapshot = LumbraGenerated.Snapshot
/// What all plans say of stimulation.
public typealias StimulationPrescriptions = LumbraGenerated.StimulationPrescriptions
/// What the app knows about the moment of a sync.
public typealias SyncHints = LumbraGenerated.SyncHints
/// How a sync ended.
public typealias SyncOutcome = LumbraGenerated.SyncOutcome
/// What a sync did.
public typealias SyncReport = LumbraGenerated.SyncReport
/// A table that was written.
public typealias TableFile = LumbraGenerated.TableFile
/// What tables were written.
public typealias TablesSummary = LumbraGenerated.TablesSummary
/// Tells the time of day and the person's time zone.
public typealias WallClock = LumbraGenerated.WallClock
/// What is true at a virtual wearable, whatever the app believes.
public typealias WearableStatus = LumbraGenerated.WearableStatus
/// How a day was.
public typealias Wellbeing = LumbraGenerated.Wellbeing
/// How a day was, as it is kept.
public typealias WellbeingEntry = LumbraGenerated.WellbeingEntry
