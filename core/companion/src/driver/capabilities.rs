//! From the device: what it can do.

use lumbra_domain::safety::DeviceLimits;
use lumbra_domain::units::{Hertz, Microcoulombs, Microseconds, Milliamps, Seconds};
use lumbra_protocol::Capabilities;
