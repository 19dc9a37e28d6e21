//! Which paths are taken, in whatever branch or work tree: what a new item must not be called.
//! Never: reads a file; what it could not look at, it tells.

#[cfg(test)]
mod tests;

use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::source::everywhere::{self, Content};

impl Engine {
    /// Calls `seen` with the path of each file that may belong to an item, below `folder` (all where
    /// empty), in the commits of all local branches, remote-tracking refs and stashes, and in HEAD,
    /// index and files of all work trees of the repository. Paths are relative to our root; some come
    /// more than once. Gives a line for each part that could not be looked at: there may be more.
    pub(crate) fn paths_everywhere(
        &self,
        folder: &str,
        seen: &mut dyn FnMut(&str, Content<'_>),
    ) -> Result<Vec<String>, EngineError> {
        let prefix = self.origin.prefix();
        let folder = format!("{prefix}{folder}");
        let wanted = |name: &str| self.presets().wants_file(name);
        everywhere::paths(
            self.origin.place(),
            self.origin.head().as_deref(),
            folder.trim_end_matches('/'),
            &wanted,
            &mut |path, content| seen(path.strip_prefix(&*prefix).unwrap_or(path), content),
        )
        .map_err(|error| EngineError::from_source(&error))
    }
}
