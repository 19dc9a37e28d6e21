//! Whole flows: repositories of every kind, caches in every condition, processes that meet or die.
//! Gets fixtures and repositories made on the spot.
//! Gives verdicts on what the next command answers.
//! Never: looks at how the cache is made inside; `cache_dir` of `status` says where it is.
//! Read next: `conventions`, then `laws`.

mod always;
mod cache;
mod conventions;
mod crash;
mod created;
mod demo;
mod history;
mod hook_places;
mod hooks;
mod ids;
mod laws;
mod level;
mod limits;
mod matrix;
mod merge_driver;
mod merge_setup;
mod merges;
pub(crate) mod model;
mod places;
mod reach;
mod replays;
mod resolving;
mod together;
mod watch;
mod watch_limits;
mod writing;
mod writing_found;
mod writing_killed;
mod writing_places;
mod writing_safe;
