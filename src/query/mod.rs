//! The read side: one question a file, answered from one generation of the cache.
//! Gets a generation's folder from `engine` and words from people.
//! Gives the shapes of `view` to `cli` (later to HTTP and MCP).
//! Never: writes, or looks at the work tree.
//! Read next: `view`, then `grammar`.

pub(crate) mod view;
