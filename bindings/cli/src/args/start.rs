//! The arguments of `start`.

use clap::Args;
use lumbra::domain::pain::PainScore;
use lumbra::domain::units::{Seconds, SquareCentimetres};

use super::{score, seconds};

#[derive(Debug, Args)]
pub(crate) struct StartArgs {
    /// The programme: conventional, acupuncture-like, burst, brief-intense or modulated. With --prescribed, its name in the plan.
    pub(crate) programme: String,
    /// It is the plan's programme of this name, as it is prescribed.
    #[arg(long)]
    pub(crate) prescribed: bool,
    /// How long, in minutes of stimulation [default: the programme's own, or as long as is prescribed].
    #[arg(long)]
    pub(crate) minutes: Option<u32>,
    /// Area of a pad in cm2.
    #[arg(long, value_name = "CM2", default_value = "25")]
    pub(crate) pad_area: SquareCentimetres,
    /// Which channels to use, from 1 [default: all].
    #[arg(long, value_delimiter = ',', value_name = "N,N")]
    pub(crate) channels: Vec<u8>,
    /// How long the wearable goes on alone when it hears nothing, in seconds.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) grace: Option<Seconds>,
    /// You have looked: the skin under the pads is intact.
    #[arg(long)]
    pub(crate) skin_ok: bool,
    /// How many sessions these pads were used for.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) pad_uses: u16,
    /// Pain just before, 0 to 10.
    #[arg(long, value_name = "SCORE", value_parser = score)]
    pub(crate) pain: Option<PainScore>,
    /// Ask for posture samples too.
    #[arg(long)]
    pub(crate) posture: bool,
}
