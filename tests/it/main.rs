//! The one integration binary: what only the whole program can show.
//! Gets the built `kanban`, fixtures/ and repositories made on the spot.
//! Gives verdicts on the command line, on whole flows, on the layout of src/ and on docs/.
//! Never: reaches into the library, sleeps, asserts a duration.
//! Read next: `support::world`, then `cli` and `flow`; `layers` and `docs` hold the house rules.

#![expect(
    clippy::disallowed_methods,
    reason = "a test sets its stage with plain file and process calls"
)]
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set its stage has failed"
)]

mod cli;
mod docs;
mod flow;
mod layers;
mod sharing;
mod support;
