//! The remote of a branch: what it holds, and where it is, as a name that is the same for all who have it.
//! Never: tells the address, which may hold a login.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use crate::base::hash;
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::sharing::branch::Branch;
use crate::source::git;
use crate::sync::ancestry::{Kinship, Remote};

/// A remote that has not answered by then is silent.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a remote has answered.
pub(super) struct Held {
    pub remote: Remote,
    /// The commit that it holds.
    pub commit: Option<String>,
}

impl From<Remote> for Held {
    fn from(remote: Remote) -> Self {
        Self {
            remote,
            commit: None,
        }
    }
}

impl Engine {
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
    pub(super) fn remote_holds(&self, branch: &Branch) -> Held {
        let Some(remote) = &branch.remote else {
            // What is pushed to is itself what the team shares.
            let bare = self.asked(
                "look at the repository",
                &["rev-parse", "--is-bare-repository"],
            );
            return match bare {
                Ok(Some(bare)) if bare == "true" => Remote::Ours.into(),
                _ => Remote::Missing.into(),
            };
        };
        let name = format!("refs/heads/{}", branch.upstream);
        let arguments = ["ls-remote", "--exit-code", "--", remote, &name].map(OsStr::new);
        let answer = git::run(self.origin.place(), &[], &arguments, PATIENCE);
        match answer {
            Ok(Some(answer)) if answer.code == Some(0) => {
                let text = String::from_utf8_lossy(&answer.stdout);
                let held = text.split_whitespace().next().unwrap_or_default();
                let remote = match self.kinship(&branch.commit, held) {
                    Ok(Kinship::Same) => Remote::Ours,
                    Ok(Kinship::Ahead) => Remote::Below,
                    Ok(Kinship::Behind) => Remote::Above,
                    _ => Remote::Other,
                };
                Held {
                    remote,
                    commit: Some(held.to_owned()),
                }
            }
            Ok(Some(answer)) if answer.code == Some(2) => Remote::Absent.into(),
            _ => Remote::Silent.into(),
        }
    }

    /// Whether commits may be missing here that are ancestors of those that are not.
    pub(super) fn is_shallow(&self) -> bool {
        let told = self.asked(
            "look at the repository",
            &["rev-parse", "--is-shallow-repository"],
        );
        !matches!(told, Ok(Some(told)) if told == "false")
    }

    /// A hash of the place of a branch's remote; empty where it has none.
    pub(super) fn remote_hash(&self, branch: &Branch) -> Result<String, EngineError> {
        let Some(remote) = &branch.remote else {
            return Ok(String::new());
        };
        // Of a name its address, and of an address itself, with what `insteadOf` says.
        let url = self.asked("read the remote", &["ls-remote", "--get-url", "--", remote])?;
        let place = url.and_then(|url| place_of(&url, self.origin.root()));
        Ok(place.map_or_else(String::new, |place| {
            hash::hex(&hash::content_hash(place.as_bytes())[..16])
        }))
    }
}

/// What two addresses of one remote have in common, whatever protocol, login, port or alias of its host they use:
/// the path. A path of one part says too little, and is taken with its host.
fn place_of(url: &str, root: &Path) -> Option<String> {
    let url = url.trim();
    let (host, path) = match url.split_once("://") {
        Some(("file", path)) => ("", path),
        Some((_, rest)) => rest.split_once('/')?,
        // `git@host:path`
        None => match url.split_once(':') {
            Some((host, path)) if !host.contains('/') => (host, path),
            _ => ("", url),
        },
    };
    let host = host.rsplit('@').next()?.split(':').next()?.to_lowercase();
    if host.is_empty() {
        let path = root.join(path).canonicalize().ok()?.to_str()?.to_owned();
        return Some(path.strip_suffix(".git").unwrap_or(&path).to_owned());
    }
    let path = path.to_lowercase();
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    // What some hosts put in front of it, or between, by one protocol and not by another.
    let parts: Vec<&str> = path
        .split('/')
        .filter(|part| !["", "v3", "scm", "_git"].contains(part))
        .collect();
    match parts.as_slice() {
        [] => None,
        [one] => Some(format!("{host}/{one}")),
        many => Some(many.join("/")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_addresses_of_a_remote_are_one_place() {
        let place = |url: &str| place_of(url, Path::new("/"));
        for url in [
            "https://github.com/acme/backlog.git",
            "https://ada:secret@GitHub.com/Acme/backlog/",
            "git@github.com:acme/backlog.git",
            "git@github-at-work:acme/backlog.git",
            "ssh://git@ssh.github.com:443/acme/backlog.git/",
        ] {
            assert_eq!(place(url).as_deref(), Some("acme/backlog"), "{url}");
        }
        assert_eq!(
            place("git@ssh.dev.azure.com:v3/acme/big/backlog"),
            place("https://acme@dev.azure.com/acme/big/_git/backlog")
        );
        assert_ne!(place("git@one:backlog.git"), place("git@other:backlog.git"));
        assert_eq!(place("file:///usr"), place("/usr/"));
        assert_ne!(place("/usr"), place("/tmp"));
        assert_eq!(place("/nowhere/at/all"), None);
    }
}
