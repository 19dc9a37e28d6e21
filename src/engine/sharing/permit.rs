//! Whether a publication may go ahead, by the commits: ours, the one that is shown, and those that were taken back.
//! Never: asks the remote where that does not decide.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use crate::engine::error::EngineError;
use crate::engine::sharing::publish::{Delivering, RULES};
use crate::model::sharing::LineState;
use crate::sync::ancestry::{self, Asked, Kinship, Remote, Standing, Verdict};

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

    /// The commits that were taken back and are among those of a commit.
    fn withdrawn<'b>(
        &self,
        shown: &'b LineState,
        commit: &str,
    ) -> Result<Vec<&'b String>, EngineError> {
        let mut among = Vec::new();
        for one in &shown.withdrawn {
            if matches!(
                self.engine.kinship(commit, one)?,
                Kinship::Same | Kinship::Ahead
            ) {
                among.push(one);
            }
        }
        Ok(among)
    }

    /// The commits that are taken back, once ours is shown: those that the team had shared. What its publisher had
    /// not pushed yet was overtaken, and comes again with a merge.
    pub(super) fn withdraws(
        &self,
        shown: &LineState,
        kinship: Option<Kinship>,
    ) -> Result<Vec<String>, EngineError> {
        let ours = self.withdrawn(shown, &self.branch.commit)?;
        let anchor = shown.anchor.as_deref().filter(|anchor| !anchor.is_empty());
        let mut all = Vec::new();
        let parted = matches!(
            kinship,
            Some(Kinship::Behind | Kinship::Apart | Kinship::Unknown)
        );
        if let Some(anchor) = anchor.filter(|_| parted) {
            let is_gone = match self.engine.kinship(&self.branch.commit, anchor)? {
                Kinship::Same | Kinship::Ahead => false,
                Kinship::Behind | Kinship::Apart => true,
                // In a shallow clone it may well be an ancestor.
                Kinship::Unknown => !self.engine.is_shallow(),
            };
            if is_gone {
                all.push(anchor.to_owned());
            }
        }
        let still = shown.withdrawn.iter().filter(|one| !ours.contains(one));
        all.extend(still.cloned());
        let mut seen = BTreeSet::new();
        all.retain(|commit| seen.insert(commit.clone()));
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
        if !self.line.draft.is_empty() {
            return Ok(None);
        }
        let held = OnceCell::new();
        let ask = || held.get_or_init(|| self.engine.remote_holds(self.branch));
        if self.branch.is_doubtful && !self.wish.take_over {
            let obstacle = match ask().remote {
                // A name that only this job knows is nobody else's.
                Remote::Ours | Remote::Above | Remote::Absent | Remote::Missing => None,
                Remote::Below | Remote::Other => Some((
                    "level",
                    "HEAD is not this branch as its remote has it; nothing of it is published",
                )),
                Remote::Silent => Some((
                    "diverged",
                    "only HEAD stands for the branch, and the remote does not tell whether it may",
                )),
            };
            if let Some((standing, reason)) = obstacle {
                return Ok(Some((standing, reason.to_owned())));
            }
        }
        let (Some(kinship), Some(commit)) = (kinship, commit_of(shown)) else {
            return Ok(None);
        };
        if kinship == Kinship::Same {
            return Ok(None);
        }
        let place = self.engine.remote_hash(self.branch)?;
        let withdrawn = self.withdrawn(shown, &self.branch.commit)?;
        // What the remote holds again is not taken back any more.
        let is_withdrawn = match (withdrawn.is_empty(), kinship) {
            (false, Kinship::Ahead) => match &ask().commit {
                Some(held) => self.withdrawn(shown, held)?.len() < withdrawn.len(),
                None => true,
            },
            _ => false,
        };
        let standing = Standing {
            kinship,
            is_anchor: shown.anchor.as_deref() == Some(&*self.branch.commit),
            is_stuck: shown.is_stuck,
            is_foreign: !shown.remote.is_empty() && !place.is_empty() && shown.remote != place,
            is_withdrawn,
            is_pushed: self.branch.remote.is_some() && self.branch.anchor == self.branch.commit,
            takes_over: self.wish.take_over,
        };
        let asked = Asked {
            remote: || match ask().remote {
                // The others have one, and it could tell.
                Remote::Missing if !shown.remote.is_empty() => Remote::Silent,
                told => told,
            },
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
