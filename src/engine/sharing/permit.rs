//! Whether a publication may go ahead, by the commits: ours, the one that is shown, and those that were taken back.
//! Never: asks the remote where that does not decide.

use std::collections::BTreeSet;

use crate::engine::error::EngineError;
use crate::engine::sharing::publish::{Delivering, RULES};
use crate::model::sharing::LineState;
use crate::sync::ancestry::{self, Asked, Kinship, Standing, Verdict};

/// So many commits that were taken back are remembered.
const WITHDRAWN: usize = 20;

impl Delivering<'_> {
    /// How our commit is related to the one that is shown; nothing where none is, or for a draft, which has one
    /// publisher and no history.
    pub(super) fn kinship(&self, shown: &LineState) -> Result<Option<Kinship>, EngineError> {
        match commit_of(shown) {
            Some(commit) if self.line.draft.is_empty() => {
                Ok(Some(self.engine.kinship(&self.branch.commit, commit)?))
            }
            _ => Ok(None),
        }
    }

    /// Whether commits that were taken back are among ours.
    fn withdrawn<'b>(&self, shown: &'b LineState) -> Result<Vec<&'b String>, EngineError> {
        let mut ours = Vec::new();
        for commit in &shown.withdrawn {
            let kinship = self.engine.kinship(&self.branch.commit, commit)?;
            if matches!(kinship, Kinship::Same | Kinship::Ahead) {
                ours.push(commit);
            }
        }
        Ok(ours)
    }

    /// The commits that are taken back, once ours is shown.
    pub(super) fn withdraws(
        &self,
        shown: &LineState,
        kinship: Option<Kinship>,
    ) -> Result<Vec<String>, EngineError> {
        let ours = self.withdrawn(shown)?;
        let mut all: Vec<String> = match kinship {
            None | Some(Kinship::Same | Kinship::Ahead) => Vec::new(),
            Some(_) => [&shown.target, &shown.tip]
                .into_iter()
                .flatten()
                .cloned()
                .collect(),
        };
        all.extend(
            shown
                .withdrawn
                .iter()
                .filter(|commit| !ours.contains(commit))
                .cloned(),
        );
        let mut seen = BTreeSet::new();
        all.retain(|commit| *commit != self.branch.commit && seen.insert(commit.clone()));
        all.truncate(WITHDRAWN);
        Ok(all)
    }

    /// Why nothing may be delivered, as the standing of the line and for people.
    pub(super) fn obstacle(
        &self,
        shown: &LineState,
        kinship: Option<Kinship>,
    ) -> Result<Option<(&'static str, String)>, EngineError> {
        if shown.rules > RULES {
            let reason = "a newer kanban publishes this branch; update this one";
            return Ok(Some(("newer", reason.to_owned())));
        }
        let (Some(kinship), Some(commit)) = (kinship, commit_of(shown)) else {
            return Ok(None);
        };
        let remote = self.engine.remote_hash(self.branch)?;
        let standing = Standing {
            kinship,
            is_anchor: shown.anchor.as_deref() == Some(&*self.branch.commit),
            is_foreign: !shown.remote.is_empty() && !remote.is_empty() && shown.remote != remote,
            is_withdrawn: !self.withdrawn(shown)?.is_empty(),
            takes_over: self.wish.take_over,
        };
        let asked = Asked {
            remote: || self.engine.remote_holds(self.branch),
            was_ours: || self.engine.has_stood_at(self.branch, commit),
        };
        Ok(match ancestry::verdict(standing, asked) {
            Verdict::Publish => None,
            Verdict::Stale => Some(("level", "a newer commit is shown already".to_owned())),
            Verdict::Wait(reason) => Some(("diverged", reason.to_owned())),
        })
    }
}

/// The commit that rows of a line show, or will.
fn commit_of(shown: &LineState) -> Option<&str> {
    shown.target.as_deref().or(shown.tip.as_deref())
}
