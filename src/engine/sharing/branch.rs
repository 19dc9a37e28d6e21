//! What git knows of a branch: its commit, its remote, and how commits are related.

use std::ffi::OsStr;
use std::time::Duration;

use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::source::{SourceError, git};
use crate::sync::ancestry::{Kinship, Remote};

/// A remote that has not answered by then is silent.
const PATIENCE: Duration = Duration::from_secs(10);

/// A branch as this clone has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Branch {
    pub name: String,
    pub commit: String,
    /// The newest commit below it that the remote held, as far as we know; its own without a remote.
    pub anchor: String,
    pub remote: Option<String>,
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

    /// Name of the branch that is checked out.
    pub(super) fn checked_out(&self) -> Result<String, EngineError> {
        let arguments = ["symbolic-ref", "--quiet", "--short", "HEAD"];
        self.asked("read HEAD", &arguments)?.ok_or_else(|| {
            EngineError::usage("no-branch", "HEAD is on no branch")
                .hint("name the branch that it stands for: `--branch NAME`")
        })
    }

    /// The name that git puts into commits.
    pub(super) fn git_name(&self) -> Option<String> {
        self.asked("find your name", &["config", "--get", "user.name"])
            .ok()?
    }

    /// The branch of that name, or the one that is checked out.
    pub(super) fn branch(&self, name: Option<&str>) -> Result<Branch, EngineError> {
        let name = match name {
            Some(name) => name.to_owned(),
            None => self.checked_out()?,
        };
        let verify = |name: &str| {
            let wanted = format!("{name}^{{commit}}");
            self.asked(
                "find the branch",
                &["rev-parse", "--verify", "--quiet", &wanted],
            )
        };
        // In CI the branch is often only what HEAD stands for.
        let own = match verify(&format!("refs/heads/{name}"))? {
            Some(commit) => Some(commit),
            None => verify("HEAD")?,
        };
        let commit = own.ok_or_else(|| {
            EngineError::environment("no-commit", format!("the branch {name} has no commit yet"))
                .hint("commit something first")
        })?;
        let remote = self.remote_of(&name)?;
        let anchor = match &remote {
            None => commit.clone(),
            Some(remote) => {
                let tracked = verify(&format!("refs/remotes/{remote}/{name}"))?;
                let merged = match &tracked {
                    Some(tracked) => {
                        self.asked("relate commits", &["merge-base", &commit, tracked])?
                    }
                    None => None,
                };
                merged.unwrap_or_default()
            }
        };
        Ok(Branch {
            name,
            commit,
            anchor,
            remote,
        })
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

    fn remote_of(&self, branch: &str) -> Result<Option<String>, EngineError> {
        let key = format!("branch.{branch}.remote");
        if let Some(remote) = self.asked("read the remote", &["config", "--get", &key])?
            && remote != "."
        {
            return Ok(Some(remote));
        }
        let all = self
            .asked("read the remotes", &["remote"])?
            .unwrap_or_default();
        let mut names = all.lines();
        let first = names.next().map(str::to_owned);
        Ok(match all.lines().find(|name| *name == "origin") {
            Some(origin) => Some(origin.to_owned()),
            None => first.filter(|_| names.next().is_none()),
        })
    }

    /// Name of the repository: as configured, or made of the remote's address, the same for every clone.
    pub(super) fn repository(&self, configured: Option<&str>) -> Result<String, EngineError> {
        if let Some(name) = configured {
            return Ok(name.to_owned());
        }
        let remote = self.remote_of("")?;
        let url = match &remote {
            Some(remote) => self.asked(
                "read the remote",
                &["config", "--get", &format!("remote.{remote}.url")],
            )?,
            None => None,
        };
        url.as_deref().and_then(repository_of).ok_or_else(|| {
            EngineError::environment(
                "no-repository-name",
                "this repository has no name to share it by",
            )
            .hint("name it in kanban.toml: `[sync]` and `repository = \"team/backlog\"`")
        })
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

    /// Whether the branch was at that commit before, in this clone.
    pub(super) fn has_stood_at(&self, branch: &Branch, commit: &str) -> bool {
        let name = format!("refs/heads/{}", branch.name);
        let arguments = ["rev-parse", "--verify", "--quiet", &name];
        if !matches!(self.asked("find the branch", &arguments), Ok(Some(_))) {
            return false;
        }
        let arguments = ["reflog", "show", "--format=%H", &name, "--"];
        let past = self.asked("read where the branch was", &arguments);
        past.is_ok_and(|past| past.is_some_and(|past| past.lines().any(|line| line == commit)))
    }

    /// What the remote of a branch holds at this moment.
    pub(super) fn remote_holds(&self, branch: &Branch) -> Remote {
        let Some(remote) = &branch.remote else {
            return Remote::Missing;
        };
        let name = format!("refs/heads/{}", branch.name);
        let arguments = ["ls-remote", "--exit-code", remote, &name].map(OsStr::new);
        let answer = git::run(self.origin.place(), &[], &arguments, PATIENCE);
        match answer {
            Ok(Some(answer)) if answer.code == Some(0) => {
                let text = String::from_utf8_lossy(&answer.stdout);
                let held = text.split_whitespace().next().unwrap_or_default();
                match self.kinship(&branch.commit, held) {
                    Ok(Kinship::Same) => Remote::Ours,
                    Ok(Kinship::Ahead) => Remote::Below,
                    _ => Remote::Other,
                }
            }
            // It answered that there is no such branch.
            Ok(Some(answer)) if answer.code == Some(2) => Remote::Other,
            _ => Remote::Silent,
        }
    }
}

/// `host/path` of an address that git knows: without login, port and `.git`.
fn repository_of(url: &str) -> Option<String> {
    let url = url.trim();
    let (host, path) = match url.split_once("://") {
        Some(("file", _)) => return None,
        Some((_, rest)) => rest.split_once('/')?,
        // `git@host:path`
        None => url
            .split_once(':')
            .filter(|(host, _)| !host.contains('/'))?,
    };
    let host = host.rsplit('@').next()?;
    let host = host.split(':').next()?;
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    // What could be the rest of a password or a token is never published.
    let is_plain = !path.contains(['@', '?', '#']);
    (is_plain && !host.is_empty() && !path.is_empty())
        .then(|| format!("{}/{path}", host.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_addresses_of_a_repository_make_one_name() {
        for url in [
            "https://github.com/acme/backlog.git",
            "https://ada:secret@GitHub.com/acme/backlog",
            "git@github.com:acme/backlog.git",
            "ssh://git@github.com:22/acme/backlog.git/",
        ] {
            assert_eq!(
                repository_of(url).as_deref(),
                Some("github.com/acme/backlog"),
                "{url}"
            );
        }
        for url in [
            "/srv/git/backlog.git",
            "../backlog",
            "file:///srv/x",
            "https://github.com/",
            "https://ada:pass/word@github.com/acme/backlog",
            "https://github.com/acme/backlog?access_token=secret",
        ] {
            assert_eq!(repository_of(url), None, "{url}");
        }
    }
}
