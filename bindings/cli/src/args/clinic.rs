//! The command line of `lumbra clinic` and `lumbra sync`.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum ClinicCommand {
    /// Connect your clinic: prints an address to open in a browser, and waits until the browser comes back.
    Connect {
        /// The address of its FHIR server, such as <https://clinic.example/fhir>.
        base: String,
        /// The id that the clinic's system knows this app by.
        #[arg(long, value_name = "ID", default_value = "lumbra")]
        client_id: String,
        /// The port on this machine that the browser comes back to; a free one when left out.
        #[arg(long, value_name = "PORT", default_value_t = 0)]
        port: u16,
        /// How long to wait for the browser.
        #[arg(long, value_name = "SECONDS", default_value_t = 300)]
        seconds: u64,
    },
    /// Show how it stands with the clinic: what waits, what was refused and why, what of its plan is not followed.
    Status,
    /// Forget the clinic. What was done stays here; its plans are followed no more, their caps stay.
    Forget,
}

/// What is known of the moment.
#[derive(Clone, Copy, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct SyncArgs {
    /// As an app in the background does: what was tried not long ago, or costs money, waits.
    #[arg(long)]
    pub(crate) background: bool,
    /// The network costs money.
    #[arg(long)]
    pub(crate) metered: bool,
    /// The battery is low.
    #[arg(long)]
    pub(crate) battery_low: bool,
    /// Send once more what the clinic's server has refused: it may have been mended there.
    #[arg(long)]
    pub(crate) retry_refused: bool,
    /// How long to wait for each answer of the clinic's server.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) timeout: u64,
}
