//! The command line as a user and a program meet it: words, data, exit codes.
//! Gets a small backlog and command lines.
//! Gives verdicts on what stands on stdout and stderr, and on the exit code.
//! Never: repeats what unit tests of a renderer or of the query language show.
//! Read next: `contract`, then `questions`.

mod contract;
mod questions;
mod sql;
mod usage;
