//! The remote of a branch, as a name that is the same for all who have it.
//! Never: tells the address, which may hold a login.

use std::path::Path;

use crate::base::hash;
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::sharing::branch::Branch;

impl Engine {
    /// A hash of the address of a branch's remote; empty where it has none.
    pub(super) fn remote_hash(&self, branch: &Branch) -> Result<String, EngineError> {
        let Some(remote) = &branch.remote else {
            return Ok(String::new());
        };
        let url = self.asked("read the remote", &["remote", "get-url", remote])?;
        let place = url.and_then(|url| place_of(&url, self.origin.root()));
        Ok(place.map_or_else(String::new, |place| {
            hash::hex(&hash::content_hash(place.as_bytes())[..16])
        }))
    }
}

/// Host and path, or the path alone: without protocol, login, port and `.git`, by which two addresses of one
/// remote differ.
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
    let path = match host.is_empty() {
        true => root.join(path).canonicalize().ok()?.to_str()?.to_owned(),
        false => path.to_lowercase(),
    };
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    (!path.is_empty()).then(|| format!("{host}/{path}"))
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
            "ssh://git@github.com:22/acme/backlog.git/",
        ] {
            assert_eq!(
                place(url).as_deref(),
                Some("github.com/acme/backlog"),
                "{url}"
            );
        }
        assert_eq!(place("file:///usr"), place("/usr/"));
        assert_ne!(place("/usr"), place("/tmp"));
        assert_eq!(place("/nowhere/at/all"), None);
    }
}
