//! How far the check goes: the figures of the modelled session, of the link, and of the search, each with its reason.
//!
//! A bound that cuts behaviour away is a claim. Each says here why what lies beyond it brings nothing new.

use lumbra_domain::therapy::{REPEAT_MS, VALID_FOR_MS};

/// Time goes in slices of this many milliseconds: the engine's own tick while anything is open.
pub(crate) const SLICE_MS: u64 = 250;

/// The session's grace time in seconds: the engine's default, so that the link is cut for silence (8 s) before the
/// lease runs out, as in the field.
pub(crate) const GRACE_S: u32 = 10;
/// Planned stimulation in seconds: short, so that a session also ends by itself within the search.
pub(crate) const PLANNED_S: u32 = 30;
/// How fast output rises, in 0.1 mA a second: 1 mA a slice, the largest step the profile allows.
pub(crate) const RAMP_UP_DMA_PER_S: u16 = 40;
/// How long output takes to zero, in milliseconds.
pub(crate) const RAMP_DOWN_MS: u16 = 500;

/// The device's own maximum, in 0.1 mA.
pub(crate) const DEVICE_CAP_DMA: u16 = 150;
/// The clinician's cap, in 0.1 mA.
pub(crate) const CLINICIAN_CAP_DMA: u16 = 120;
/// The person's own cap, in 0.1 mA. The lowest, so that it alone decides: forgotten, there is room above it.
pub(crate) const USER_CAP_DMA: u16 = 80;
/// What may flow at most, in 0.1 mA, worked out apart from the envelope.
pub(crate) const LEAST_CAP_DMA: u16 = USER_CAP_DMA;
/// The most by which a person's wish may raise at once, in 0.1 mA. The device itself would take more.
pub(crate) const MAX_RISE_DMA: u16 = 50;
/// What the device itself would take as one rise, in 0.1 mA.
pub(crate) const DEVICE_RISE_DMA: u16 = 200;

/// What a person asks for, in 0.1 mA: low, one rise from zero, the cap, and above the cap.
pub(crate) const WISHES_DMA: [u16; 4] = [20, 50, 80, 110];

/// A frame to the device lives this long, in milliseconds. An order that can raise is dead after [`VALID_FOR_MS`] by its
/// own expiry; what is older than this can only end output, whenever it comes.
pub(crate) const DOWN_AGE_MS: u64 = 4_000;
const _: () = assert!(DOWN_AGE_MS > VALID_FOR_MS + SLICE_MS, "a raising frame must be able to come too late");
/// A value to the app lives this long, in milliseconds: longer than the app waits for an answer (2 s), so that answers
/// come after their command is doubted. It is the greatest trip.
pub(crate) const UP_AGE_MS: u64 = 2_500;
/// How old the first status of a slow connection is, in milliseconds: the engine reads it, and then subscribes.
pub(crate) const SLOW_CONNECT_MS: u64 = 1_500;
/// Frames on their way to the device at once: an order, a stop, and a keep-alive or a second copy. The oldest gives way.
pub(crate) const DOWN_AT_ONCE: usize = 3;
/// Values on their way to the app at once: two reports that can overtake each other, and an answer between them.
pub(crate) const UP_AT_ONCE: usize = 3;

/// How many misfortunes a path may have: a cut, a slow connection, a crash, a reboot, the button, a pad that lifts, a second copy of a frame,
/// a disk that fails, a screening withdrawn. Losses, delays and overtaking are free. Each root adds its own past to them.
pub(crate) const MISFORTUNES: u8 = 3;

/// Time without a network, in milliseconds: past the repeat (500 ms), past the answer (2 s) and twice past validity,
/// certainty (3 s) and a stop's patience (5 s), past silence (8 s) and the grace time (10 s).
pub(crate) const WAITS_MS: [u16; 3] = [500, 2_500, 11_000];
/// Time with a working network, in milliseconds: none (what is on its way arrives), past the shortest time between two
/// rises and a stop's bound, and past the grace time, so that keep-alives must have held the session.
pub(crate) const RUNS_MS: [u16; 3] = [0, 1_500, 12_000];

/// From a person's stop to zero over a working link, in milliseconds: one repeat, in case the first frame was lost; the
/// ramp down; and the slice in which the repeat falls due. The trip is nothing on a working link.
pub(crate) const STOP_LINKED_MS: u64 = REPEAT_MS + RAMP_DOWN_MS as u64 + SLICE_MS;
/// From a person's stop to zero whatever the link does, in milliseconds: a frame that was already on its way may renew the
/// lease as long as it lives; then the grace time and the ramp down.
pub(crate) const STOP_ALONE_MS: u64 = DOWN_AGE_MS + GRACE_S as u64 * 1_000 + RAMP_DOWN_MS as u64 + 2 * SLICE_MS;

/// How long a command may stay open on a working link, in milliseconds. One that can raise and was lost is told as not
/// delivered by the first status after its expiry (3 s), and a status is asked for when none came for 2 s; and some slices.
pub(crate) const OPEN_MS: u64 = VALID_FOR_MS + 2_000 + 4 * SLICE_MS;

/// Steps after a root that `check` takes by itself.
pub(crate) const DEPTH: u32 = 6;
/// Steps after a root within which a design mistake must show.
pub(crate) const MISTAKE_DEPTH: u32 = 8;
/// The least number of distinct states that `check` must have seen at [`DEPTH`].
pub(crate) const LEAST_STATES: usize = 1_000_000;
