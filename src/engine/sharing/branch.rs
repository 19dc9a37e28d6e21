//! What git knows of a branch: its commit, its remote, and how commits are related.

use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::source::{SourceError, git};
use crate::sync::ancestry::Kinship;

const HEADS: &str = "refs/heads/";

/// The name of a ref, and its commit.
type Reference = (String, String);

/// A branch as this clone has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Branch {
    pub name: String,
    /// What names its commit: `HEAD`, or a ref in full.
    pub source: String,
    pub commit: String,
    /// The newest commit below it that the remote held, as far as we know; its own without a remote.
    pub anchor: String,
    pub remote: Option<String>,
    /// What the remote calls it.
    pub upstream: String,
    /// Only HEAD stands for it, and nothing here says that this is so: the remote has to.
    pub is_doubtful: bool,
}

impl Engine {
    pub(super) fn asked(
        &self,
        act: &'static str,
        arguments: &[&str],
    ) -> Result<Option<String>, EngineError> {
        let git_dir = self.origin.git_dir().ok_or_else(|| {
            EngineError::environment("no-repository", "only a Git repository can be shared")
                .hint("run `git init`")
        })?;
        let answer = git::ask(git_dir, act, arguments);
        let text = answer.map_err(|error| EngineError::from_source(&error))?;
        Ok(text
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty()))
    }

    /// Name of the branch that is checked out. By its full name: a short one is longer where a tag has it, too.
    pub(super) fn checked_out(&self) -> Result<String, EngineError> {
        let head = self.asked("read HEAD", &["symbolic-ref", "--quiet", "HEAD"])?;
        let name = head.as_deref().and_then(|name| name.strip_prefix(HEADS));
        name.map(str::to_owned).ok_or_else(|| {
            EngineError::usage("no-branch", "HEAD is on no branch")
                .hint("name the branch that it stands for: `--branch NAME`")
        })
    }

    /// The name that git puts into commits.
    pub(super) fn git_name(&self) -> Option<String> {
        self.asked("find your name", &["config", "--get", "user.name"])
            .ok()?
    }

    /// The branch of that name, or the one that is checked out. In CI a branch is often only what HEAD stands for.
    pub(super) fn branch(&self, name: Option<&str>) -> Result<Branch, EngineError> {
        let Some(name) = name else {
            return self.branch_or(&self.checked_out()?, None);
        };
        let head = match self.checked_out() {
            Ok(_) => None,
            Err(_) => self.reference("HEAD")?,
        };
        self.branch_or(&self.is_name(name)?, head)
    }

    /// The branch of that name, as it is here or as its remote has it; or that HEAD, where it stands for it.
    pub(super) fn branch_or(
        &self,
        name: &str,
        head: Option<Reference>,
    ) -> Result<Branch, EngineError> {
        let name = name.to_owned();
        let remote = self.remote_of(&name)?;
        let upstream = self.upstream_of(&name)?;
        let tracking = remote
            .as_ref()
            .map(|remote| format!("refs/remotes/{remote}/{upstream}"));
        let own = self.reference(&format!("{HEADS}{name}"))?;
        let tracked = match &tracking {
            Some(tracking) => self.reference(tracking)?,
            None => None,
        };
        let stands = match head {
            Some(head) if self.stands_for(&head, &name, own.as_ref(), tracked.as_ref())? => {
                Some(head)
            }
            _ => None,
        };
        let is_doubtful = stands.is_some() && tracked.is_none() && remote.is_some();
        let found = stands.or(own).or(tracked.clone());
        let Some((source, commit)) = found else {
            let is_unborn = self.checked_out().as_deref() == Ok(&*name);
            return Err(match is_unborn {
                true => {
                    let message = format!("the branch {name} has no commit yet");
                    EngineError::environment("no-commit", message).hint("commit something first")
                }
                false => EngineError::usage("no-branch", format!("there is no branch {name} here"))
                    .hint("`git branch --all` lists them; `git fetch` brings what is new"),
            });
        };
        let anchor = match (&remote, tracked) {
            (None, _) => commit.clone(),
            (Some(_), None) => String::new(),
            (Some(_), Some((_, tracked))) => self
                .asked("relate commits", &["merge-base", &commit, &tracked])?
                .unwrap_or_default(),
        };
        Ok(Branch {
            name,
            source,
            commit,
            anchor,
            remote,
            upstream,
            is_doubtful,
        })
    }

    /// The name as it was given, which must be one that git lets a branch have.
    fn is_name(&self, name: &str) -> Result<String, EngineError> {
        let arguments = ["check-ref-format", "--branch", name];
        let told = self.asked("check the name", &arguments);
        // What stands for another name (`@{-1}`) may mean another branch the next time.
        match told {
            Ok(Some(told)) if told == name && !name.starts_with("refs/") => Ok(told),
            _ => Err(
                EngineError::usage("no-branch", format!("no branch can be named `{name}`"))
                    .hint("say a branch as `git branch --all` lists it, without its remote"),
            ),
        }
    }

    /// A name of git's, in full, with the commit that it names.
    fn reference(&self, name: &str) -> Result<Option<Reference>, EngineError> {
        let wanted = format!("{name}^{{commit}}");
        let arguments = ["rev-parse", "--verify", "--quiet", &wanted];
        let commit = self.asked("find the branch", &arguments)?;
        Ok(commit.map(|commit| (name.to_owned(), commit)))
    }

    /// Whether a HEAD that is on no branch stands for one that is here so, and so on its remote: as CI has it,
    /// where the branch itself may be a leftover.
    fn stands_for(
        &self,
        (_, head): &Reference,
        name: &str,
        own: Option<&Reference>,
        tracked: Option<&Reference>,
    ) -> Result<bool, EngineError> {
        let Some((_, tracked)) = tracked else {
            // `origin/main` is known, only not as a branch.
            let is_known =
                own.is_some() || self.reference(&format!("refs/remotes/{name}"))?.is_some();
            return Ok(!is_known);
        };
        let is_held = matches!(
            self.kinship(head, tracked)?,
            Kinship::Same | Kinship::Behind
        );
        let is_behind = match own {
            Some((_, own)) => self.kinship(head, own)? == Kinship::Behind,
            None => false,
        };
        Ok(is_held && !is_behind)
    }

    /// The local branches that are like one of the globs, which are git's.
    pub(super) fn branches_like(&self, globs: &[String]) -> Result<Vec<String>, EngineError> {
        let patterns: Vec<String> = globs
            .iter()
            .map(|glob| format!("refs/heads/{glob}"))
            .collect();
        let mut arguments = vec!["for-each-ref", "--format=%(refname:lstrip=2)", "--"];
        arguments.extend(patterns.iter().map(String::as_str));
        let found = self.asked("list the branches", &arguments)?;
        Ok(found
            .unwrap_or_default()
            .lines()
            .map(str::to_owned)
            .collect())
    }

    /// Name and address that git puts into commits.
    pub(super) fn git_identity(&self) -> Option<String> {
        let get = |key: &str| {
            self.asked("find your name", &["config", "--get", key])
                .ok()?
        };
        match (get("user.name"), get("user.email")) {
            (Some(name), Some(email)) => Some(format!("{name} <{email}>")),
            (name, email) => name.or(email),
        }
    }

    /// How our commit is related to another.
    pub(super) fn kinship(&self, ours: &str, theirs: &str) -> Result<Kinship, EngineError> {
        if ours == theirs {
            return Ok(Kinship::Same);
        }
        // It comes from a server: nothing but an id may reach git.
        if !theirs.bytes().all(|byte| byte.is_ascii_hexdigit()) || theirs.len() < 40 {
            return Ok(Kinship::Unknown);
        }
        let git_dir = self.origin.git_dir().unwrap_or(self.origin.root());
        let is_ancestor = |one: &str, other: &str| {
            let arguments = ["merge-base", "--is-ancestor", one, other];
            git::ask(git_dir, "relate commits", &arguments)
        };
        match is_ancestor(theirs, ours) {
            Ok(Some(_)) => return Ok(Kinship::Ahead),
            Ok(None) => {}
            // There is no such commit here.
            Err(SourceError::Git { .. }) => return Ok(Kinship::Unknown),
            Err(error) => return Err(EngineError::from_source(&error)),
        }
        let behind = is_ancestor(ours, theirs);
        let behind = behind.map_err(|error| EngineError::from_source(&error))?;
        Ok(match behind {
            Some(_) => Kinship::Behind,
            None => Kinship::Apart,
        })
    }
}
