//! Sharing: real servers, real clones, and everything that can go wrong between them.
//! Gets a Postgres of its own (`support::pg`), or says that none is installed.
//! Gives verdicts on what the server shows, and on what it must never hold.
//! Never: reaches into the library; what the server holds is read by `psql`.
//! Read next: `server`, then `first`.

mod server;
