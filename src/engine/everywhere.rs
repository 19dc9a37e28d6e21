//! Which paths are taken, in whatever branch or work tree: what a new id or file must not be.
//! Never: reads a file; what it could not look at, it tells.

#[cfg(test)]
mod tests;

use std::path::Path;

use crate::base::path;
use crate::engine::Engine;
use crate::engine::error::{Class, EngineError};
use crate::source::everywhere::{self, Content};
use crate::source::index;

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

    /// Refuses a path at which no file lies only because git leaves it out of the work tree.
    pub(crate) fn refuse_left_out(&self, path: &str) -> Result<(), EngineError> {
        let whole = format!("{}{path}", self.origin.prefix());
        let is_out = index::leaves_out(self.origin.place(), &whole);
        if !is_out.map_err(|error| EngineError::from_source(&error))? {
            return Ok(());
        }
        let message = format!("git tracks {path}, and it is left out of the work tree");
        let hint = match path::folder_of(&whole) {
            "" => "take it in with `git sparse-checkout disable`".to_owned(),
            folder => format!("take it in with `git sparse-checkout add {folder}`"),
        };
        Err(EngineError {
            class: Class::No,
            ..EngineError::environment("left-out", message)
        }
        .path(Path::new(path))
        .hint(format!("{hint}, or choose another name")))
    }
}
