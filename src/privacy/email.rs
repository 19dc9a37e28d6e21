//! Addresses of people, and not what looks like them: units, files, hosts, who logs in at a server.
//!
//! Never: asks anybody whether an address exists.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// So far before an address its scheme is looked for.
const SCHEME: usize = 200;

static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    let pattern =
        r"[\p{L}\p{N}._%+\-]+@[\p{L}\p{N}\-]+(?:\.[\p{L}\p{N}\-]+)*\.(?:[A-Za-z]{2,}|\p{L}\p{L}+)";
    Regex::new(pattern).expect("because the pattern is tested")
});

/// Where addresses stand.
pub(super) fn addresses(text: &str) -> Vec<Range<usize>> {
    let found = ADDRESS.find_iter(text).filter(|found| {
        is_person(found.as_str()) && !is_login(&text[..found.start()], &text[found.end()..])
    });
    found.map(|found| found.range()).collect()
}

/// `git@host` is how a repository is reached.
fn is_person(address: &str) -> bool {
    let Some((before, last)) = address.rsplit_once('.') else {
        return false;
    };
    let last = last.to_ascii_lowercase();
    match &*last {
        // Within one house, or of one machine.
        "local" | "localdomain" | "internal" | "lan" | "service" | "socket" | "timer"
        | "target" | "mount" | "slice" | "scope" => false,
        // A file may be called by an address.
        "png" | "jpg" | "jpeg" | "gif" | "svg" | "webp" | "avif" | "ico" | "icns" | "bmp"
        | "pdf" | "css" | "js" | "mjs" | "ts" | "tsx" | "jsx" | "json" | "html" | "htm" | "txt"
        | "toml" | "yaml" | "yml" | "xml" | "conf" | "log" | "lock" | "tgz" | "gz" | "min" => {
            ADDRESS.is_match(before) && is_person(before)
        }
        _ => !address.starts_with("git@"),
    }
}

/// Whether that stands between `scheme://` and a host: `postgres://ada@db.example.org`.
fn is_login(before: &str, behind: &str) -> bool {
    let from = before.len().saturating_sub(SCHEME);
    let bytes = &before.as_bytes()[from..];
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b"/@?#=&<>\"'`".contains(byte);
    let Some(slash) = bytes.iter().rposition(ends) else {
        return false;
    };
    // Who logs in with an address has two `@`.
    let rest = behind.bytes().take(SCHEME);
    let has_more = rest
        .take_while(|byte| !byte.is_ascii_whitespace() && *byte != b'/')
        .any(|byte| byte == b'@');
    bytes[..=slash].ends_with(b"://") && !has_more
}
