//! What a partial clone lacks of a commit is fetched before it is published: a file that cannot be read is
//! not one that is gone.
//! Never: fetches what is withheld by its path, or what is no candidate.

use std::ffi::OsStr;
use std::time::Duration;

use crate::base::hash;
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::model::file::Found;
use crate::source::git;

/// A remote that has not given so many objects by then is given up.
const PATIENCE: Duration = Duration::from_secs(600);
/// So many ids fit a command line everywhere.
const AT_ONCE: usize = 400;

impl Engine {
    /// Sees to it that the trees of a commit and its kanban.toml are here; git fetches what it finds missing.
    pub(super) fn complete_trees(&self, commit: &str) -> Result<(), EngineError> {
        if self.promisor()?.is_none() {
            return Ok(());
        }
        self.asked(
            "read the commit",
            &["ls-tree", "-r", "-t", "--name-only", commit],
        )?;
        let config = format!("{commit}:{}kanban.toml", self.origin.prefix());
        // There may be none.
        drop(self.asked("read kanban.toml", &["cat-file", "-e", &config]));
        Ok(())
    }

    /// Sees to it that the content of these files is here.
    ///
    /// # Errors
    /// Where it is not, and the remote does not give it.
    pub(super) fn complete<'a>(
        &self,
        files: impl Iterator<Item = &'a Found> + Clone,
    ) -> Result<(), EngineError> {
        let missing = self.missing(files.clone())?;
        if missing.is_empty() {
            return Ok(());
        }
        if let Some(remote) = self.promisor()? {
            for ids in missing.chunks(AT_ONCE) {
                let mut arguments =
                    vec!["-c", "fetch.negotiationAlgorithm=noop", "fetch", "--quiet"];
                arguments.extend([
                    "--no-tags",
                    "--no-write-fetch-head",
                    "--recurse-submodules=no",
                ]);
                arguments.extend(["--filter=blob:none", &remote]);
                arguments.extend(ids.iter().map(String::as_str));
                let arguments: Vec<&OsStr> = arguments.into_iter().map(OsStr::new).collect();
                // Whether it helped is seen by what is missing then.
                drop(git::run(self.origin.place(), &[], &arguments, PATIENCE));
            }
        }
        let missing = self.missing(files)?;
        if missing.is_empty() {
            return Ok(());
        }
        Err(EngineError::environment(
            "incomplete-clone",
            format!(
                "{} files of the commit are not in this clone",
                missing.len()
            ),
        )
        .hint("nothing was published; fetch them: `git fetch --refetch`"))
    }

    /// Ids of what is not here, each once.
    fn missing<'a>(
        &self,
        files: impl Iterator<Item = &'a Found>,
    ) -> Result<Vec<String>, EngineError> {
        let Some(objects) = self.origin.commits() else {
            return Ok(Vec::new());
        };
        let objects = objects.map_err(|error| EngineError::from_source(&error))?;
        let files = files.filter(|found| !self.origin.is_laid_over(&found.path));
        let ids = files.filter_map(|found| found.oid.as_deref());
        let mut missing: Vec<String> = ids.filter(|id| !objects.holds(id)).map(hash::hex).collect();
        missing.sort_unstable();
        missing.dedup();
        Ok(missing)
    }

    /// The remote that has promised to give what a partial clone lacks.
    fn promisor(&self) -> Result<Option<String>, EngineError> {
        let named = self.asked(
            "read the remotes",
            &["config", "--get", "extensions.partialclone"],
        )?;
        if named.is_some() {
            return Ok(named);
        }
        let pattern = [
            "config",
            "--name-only",
            "--get-regexp",
            r"^remote\..*\.promisor$",
        ];
        let found = self
            .asked("read the remotes", &pattern)?
            .unwrap_or_default();
        let name = |line: &str| {
            let name = line.strip_prefix("remote.")?.strip_suffix(".promisor")?;
            Some(name.to_owned())
        };
        Ok(found.lines().find_map(name))
    }
}
