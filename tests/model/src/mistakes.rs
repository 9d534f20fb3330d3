//! Design mistakes, one at a time: each a plausible way to build the app wrongly around the same machine. The check must find
//! every one of them, or it would not find them in the machine either.
//!
//! They sit outside of the machine: in what is fed into it, in what is made of its effects, and in what is kept for the next
//! run. `slips` carries them out.

macro_rules! mistakes {
    ($($variant:ident = $name:literal: $what:literal;)+) => {
        /// A design mistake.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Mistake {
            $(#[doc = $what] $variant,)+
        }

        impl Mistake {
            /// All of them.
            pub(crate) const ALL: &[Self] = &[$(Self::$variant,)+];

            /// A short name.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it is.
            pub(crate) const fn what(self) -> &'static str {
                match self { $(Self::$variant => $what,)+ }
            }
        }
    };
}

mistakes! {
    RestoreAfterReconnect = "restore-after-reconnect": "The intensity last asked for is set again after a reconnect.";
    ResumeRestores = "resume-restores": "A resume brings the former intensity back.";
    RepeatAsKeepAlive = "repeat-as-keep-alive": "The last intensity is sent again to keep the session alive.";
    RetryUnknownStart = "retry-unknown-start": "A start whose outcome is unknown is tried again, as a new session.";
    RefusalAsLost = "refusal-as-lost": "A refusal counts as a lost answer: the command is sent again under a new number.";
    SilenceAsFailure = "silence-as-failure": "A command that is not answered in time counts as rejected.";
    ConfirmOnWrite = "confirm-on-write": "A command counts as confirmed when its bytes are written.";
    QueueStop = "queue-stop": "A stop waits until the command before it is answered.";
    StopOnce = "stop-once": "A stop is sent once on a link, and not repeated.";
    InvertedStop = "inverted-stop": "While a stop is open, a running device is taken for a stopped one.";
    ForgetStop = "forget-stop": "A stop that was saved is not taken up after a restart of the app.";
    SendBeforeSave = "send-before-save": "Commands are sent before they are safe on the disk.";
    ReuseNumbers = "reuse-numbers": "After a restart of the app, numbers begin anew instead of after the device's newest.";
    NeverExpire = "never-expire": "Commands that can raise carry no expiry.";
    DoseAsSeen = "dose-as-seen": "A session whose end nobody saw counts as long as it was seen.";
    EndAtLinkLoss = "end-at-link-loss": "A lost link counts as the end of the session.";
    StaleAfterReconnect = "stale-after-reconnect": "After a reconnect the last known state is shown as present.";
    BlindKeepAlive = "blind-keep-alive": "The lease is renewed by a timer, whatever is known of the device.";
    NeverAsk = "never-ask": "The status is never asked for: the app waits until the device speaks.";
    JudgeByAsked = "judge-by-asked": "A new intensity is judged against the one last asked for, not the one reported.";
    ForgetUserCap = "forget-user-cap": "The person's own cap is not put into the envelope.";
    IgnoreScreening = "ignore-screening": "A start is approved with a screening that does not pass.";
}
