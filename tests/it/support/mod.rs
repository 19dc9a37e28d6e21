//! What the tests share.
//! Gets names of fixtures and command lines from the tests.
//! Gives a hermetic `World` with a repository in it, and results that must be looked at.
//! Never: reads the user's HOME or git configuration, depends on the time of day.
//! Read next: `world`, then `run`.

pub(crate) mod answers;
pub(crate) mod pg;
pub(crate) mod run;
pub(crate) mod tree;
pub(crate) mod watcher;
pub(crate) mod world;

pub(crate) use run::Run;
pub(crate) use world::World;
