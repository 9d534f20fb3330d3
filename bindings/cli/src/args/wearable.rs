//! The command line of `lumbra wearable`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum WearableCommand {
    /// Serve the virtual wearable on a socket, or on a Bluetooth adapter as a real peripheral.
    ///
    /// With --socket PATH it is there for `--radio socket:PATH`, or for a program that puts it on the air. Its
    /// passkey is printed at the start, as on a label.
    ///
    /// With --adapter NAME (Linux) any phone or computer in reach finds it, pairs with it, and sees a wearable: it is
    /// advertised and served by the system's bluetoothd, on the adapter that `bluetoothctl list` shows, such as
    /// hci0. bluetoothd makes up a passkey for each pairing: it is printed when somebody pairs, and typed
    /// there. Therapy control is out of reach without it. While it is served, the adapter takes pairings
    /// exactly when the wearable is in pairing mode, and no other program answers them. It needs the right to use
    /// bluetoothd: root, or the group `bluetooth`.
    ///
    /// It starts in pairing mode, for a minute. The signal USR1 holds its button for three seconds: that stops a
    /// session, or enters pairing mode anew. Ctrl-C ends it.
    Serve {
        #[command(flatten)]
        on: ServeOn,
        /// Write every change of the current that really flows to this file, a JSON object a line.
        #[arg(long, value_name = "FILE")]
        flows: Option<PathBuf>,
        /// What is random follows from this number.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Its serial number.
        #[arg(long, default_value = "LB1-000001")]
        serial: String,
    },
}

/// Where the virtual wearable is served: one of them.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct ServeOn {
    /// Serve on this Unix socket, one JSON object a line.
    #[arg(long, value_name = "PATH")]
    pub(crate) socket: Option<PathBuf>,
    /// Serve on this Bluetooth adapter, such as `hci0`.
    #[arg(long, value_name = "NAME")]
    pub(crate) adapter: Option<String>,
}
