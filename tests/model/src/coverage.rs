//! Whether the check has looked where it should: what was met, counted, and never none.

macro_rules! marks {
    ($($mark:ident = $what:literal;)+) => {
        /// What one state, or the step into it, shows.
        // Independent facts, each counted by itself.
        #[allow(clippy::struct_excessive_bools)]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub(crate) struct Marks {
            $(#[doc = $what] pub(crate) $mark: bool,)+
        }

        /// In how many distinct states each was met.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub(crate) struct Coverage {
            $(#[doc = $what] pub(crate) $mark: usize,)+
        }

        impl Coverage {
            /// Counts one state.
            pub(crate) const fn count(&mut self, marks: Marks) {
                $(self.$mark += marks.$mark as usize;)+
            }

            /// Name, meaning and count of each.
            pub(crate) fn rows(&self) -> Vec<(&'static str, &'static str, usize)> {
                vec![$((stringify!($mark), $what, self.$mark),)+]
            }
        }
    };
}

marks! {
    ran = "a session runs";
    flowed = "current flows";
    stop_open = "a stop is open";
    unknown = "an outcome is unknown";
    two_commands = "two commands are on their way";
    unsaved = "a command waits for the disk";
    uncertain = "what is known of the device is old";
    restored = "a restarted app has not yet found out what it left open";
    lease_over = "the device has paused because the app was silent";
    completed = "a session has ended by itself";
    refused = "the device refuses a command";
    doubted = "a command is not answered in time";
    overtaken = "a stop overtakes a command that is not sent yet";
    repeated = "a stop or a pause is repeated";
    dropped = "the app cuts a silent link";
    not_saved = "a command is not sent because it could not be saved";
    too_late = "a command is not sent because saving took too long";
}

impl Coverage {
    /// What was never met: a check that has not been there proves nothing about it.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        self.rows().into_iter().filter(|(_, _, count)| *count == 0).map(|(_, what, _)| what).collect()
    }
}
