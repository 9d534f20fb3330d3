//! The way to a clinic: plans come down, what was done goes up. FHIR R4 over REST, signed in with SMART App Launch.
//!
//! # Where to look
//!
//! | you want | look at |
//! |---|---|
//! | to read or write a resource; the codes | [`fhir`] |
//! | what a clinician has prescribed, as plain values | [`plan`] |
//! | how facts are packed, and what an answer means | [`upload`] |
//! | what is asked of the clinic, and how far it was read | [`download`] |
//! | to sign in, and tokens | [`smart`] |
//! | what is kept between runs (a port) | [`ledger`] |
//! | to send a request (a port) | [`http`] |
//! | to run it | [`engine`] |
//! | a transport in Rust, feature `transport` | `transport` |
//! | a clinic and a phone's memory for tests, feature `test-support` | `support` |
//!
//! What a clinic must write so that it is understood is told in `profiles/README.md`, with the profiles beside it.
//!
//! # How a fact goes up
//!
//! The core makes a resource of it ([`fhir::build`]), freezes its bytes ([`upload::Entry`]), and queues it with what belongs to it as one
//! [`upload::Group`], in the transaction that stores the fact. [`engine::Sync::run`] packs groups into transactions, sends them, and marks
//! each entry acked or dead. A lost answer, a crash or a second attempt sends the same bytes under the same name again, and it is still
//! one resource. What the server will not have is dead, with the server's words, for the person to see; the rest goes on.
//!
//! # How a plan comes down
//!
//! [`engine::Sync::run`] searches for what has changed since the watermark, keeps it as the bytes it came in, and looks once a day for
//! what is gone. [`plan::read`] makes plans of what is kept. It guesses nothing: what is not understood is a [`plan::Problem`], and a
//! programme without a readable cap is none. The plan belongs to the clinic: there is no type with which the phone could write one.
//!
//! # What is promised
//!
//! - No bytes from outside can make it panic; size, depth, number of entries and pages are bounded.
//! - The token goes to the clinic's origin and nowhere else; no redirect is followed; https is required, but for this machine itself.
//! - No token, name or fact is in an error, a log or a debug form.
//! - The phone's clock decides nothing. Waiting goes by the monotonic clock, everything else by the server's.
//! - One run at a time, one refresh at a time, and each may end at any moment without loss. One thing can't be mended: when the answer to
//!   a refresh is lost, or the process dies before it is saved, and the server takes the old token no more, the person must sign in again.
//!
//! ```
//! use lumbra_sync::plan::{PlanStatus, read};
//! use lumbra_sync::fhir::Fetched;
//!
//! let plan = br#"{"resourceType":"CarePlan","id":"p","status":"active","intent":"plan","subject":{"reference":"Patient/ann"}}"#;
//! let kept = Fetched::read(plan)?.into_iter().collect::<Vec<_>>();
//! assert_eq!(read(&kept, "ann").plans[0].status, PlanStatus::Active);
//! assert!(read(&kept, "bob").plans.is_empty(), "another person's plan is not read");
//! # Ok::<(), lumbra_sync::fhir::ParseError>(())
//! ```

pub mod download;
pub mod engine;
pub mod fhir;
pub mod http;
pub mod ledger;
pub mod plan;
pub mod smart;
#[cfg(any(test, feature = "test-support"))]
pub mod support;
#[cfg(feature = "transport")]
pub mod transport;
pub mod upload;
