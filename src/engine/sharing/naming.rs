//! What a repository is called where it is shared: as the commit says, or host and path of its remote.
//! Never: takes a login, a password or a file's path into a name.

use crate::engine::Engine;
use crate::engine::error::EngineError;

impl Engine {
    /// The remote of a branch: the one that git's configuration says, else `origin`, else the only one.
    pub(super) fn remote_of(&self, branch: &str) -> Result<Option<String>, EngineError> {
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

    /// What the remote calls a branch: as git's configuration says, else the same.
    pub(super) fn upstream_of(&self, branch: &str) -> Result<String, EngineError> {
        let get = |key: String| self.asked("read the remote", &["config", "--get", &key]);
        let merge = match get(format!("branch.{branch}.remote"))? {
            Some(_) => get(format!("branch.{branch}.merge"))?,
            None => None,
        };
        let merge = merge.and_then(|merge| merge.strip_prefix("refs/heads/").map(str::to_owned));
        Ok(merge.unwrap_or_else(|| branch.to_owned()))
    }

    /// Name of the repository: as configured, or made of the remote's address, the same for every clone.
    pub(super) fn repository(&self, configured: Option<&str>) -> Result<String, EngineError> {
        if let Some(name) = configured {
            return Ok(name.to_owned());
        }
        let url = match self.remote_of("")? {
            // As git would ask it: with what `insteadOf` says.
            Some(remote) => self
                .asked("read the remote", &["remote", "get-url", "--", &remote])
                .ok()
                .flatten(),
            None => None,
        };
        url.as_deref().and_then(repository_of).ok_or_else(|| {
            EngineError::environment(
                "no-repository-name",
                "this repository has no name to share it by",
            )
            .hint("name it in kanban.toml, and commit that: `[sync]` and `repository = \"team/backlog\"`")
        })
    }
}

/// `host/path` of an address that git knows, in lower case: without login, usual port, `.git`, query and
/// fragment. Nothing where it is not certain what is login and what is path.
fn repository_of(url: &str) -> Option<String> {
    let url = url.trim();
    if url.contains('\\') || url.chars().any(char::is_control) {
        return None;
    }
    let (authority, path, usual) = match url.split_once("://") {
        Some((scheme, rest)) => {
            let usual = match &*scheme.to_ascii_lowercase() {
                "file" => return None,
                "https" => "443",
                "http" => "80",
                "ssh" | "git+ssh" | "ssh+git" => "22",
                "git" => "9418",
                _ => "",
            };
            let (authority, path) = rest.split_once('/')?;
            (authority, path, usual)
        }
        // `git@host:path`
        None => {
            let (host, path) = url.split_once(':')?;
            // `ext::…` is a program.
            if path.starts_with(':') {
                return None;
            }
            (host, path, "")
        }
    };
    let host = authority.rsplit('@').next()?.to_lowercase();
    let host = host
        .strip_suffix(usual)
        .and_then(|host| host.strip_suffix(':'))
        .filter(|_| !usual.is_empty())
        .unwrap_or(&host);
    // An `@` behind the host was part of a login that has a `/` in it.
    if path.contains('@') || !is_host(host) {
        return None;
    }
    let path = path.split(['?', '#']).next()?.to_lowercase();
    let path = path.trim_end_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| format!("{host}/{}", parts.join("/")))
}

/// `name`, `name:port`, or an address in brackets.
fn is_host(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port),
        _ => (host, "0"),
    };
    let inner = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_name = match inner {
        Some(inner) => inner.chars().all(|c| fits(c) || matches!(c, ':' | '%')),
        None => !name.is_empty() && name.chars().all(fits),
    };
    is_name && !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_addresses_of_a_repository_make_one_name() {
        for url in [
            "https://github.com/acme/backlog.git",
            "https://ada:secret@GitHub.com/Acme/Backlog",
            "https://ada:sec@ret@github.com/acme/backlog",
            "https://github.com:443//acme/backlog/?a=b#c",
            "git@github.com:acme/backlog.git",
            "git@github.com:/acme/backlog.GIT",
            "ssh://git@github.com:22/acme/backlog.git/",
        ] {
            assert_eq!(
                repository_of(url).as_deref(),
                Some("github.com/acme/backlog"),
                "{url}"
            );
        }
        for (url, name) in [
            ("ssh://git@host:2222/Team/x.git", "host:2222/team/x"),
            ("https://host:22/team/x", "host:22/team/x"),
            ("https://host:8443/x", "host:8443/x"),
            ("ssh://[::1]:22/x", "[::1]/x"),
        ] {
            assert_eq!(repository_of(url).as_deref(), Some(name), "{url}");
        }
    }

    #[test]
    fn what_is_no_certain_name_is_none() {
        for url in [
            "/srv/git/backlog.git",
            "../backlog",
            "../a:b",
            "C:\\git\\backlog",
            "file:///srv/x",
            "https://github.com/",
            "https://ada:se/cret@github.com/acme/backlog",
            "https://ada:12/cret@github.com/acme/backlog",
            "https://ada:12/c?ret@github.com/acme/backlog",
            "https://ada:p?w@github.com",
            "https://ada:pw/acme",
            "git@host:a@b/c",
            "ext::sh -c x",
            "https:///x",
        ] {
            assert_eq!(repository_of(url), None, "{url}");
        }
    }
}
