//! Passwords that commands are given: `curl -u ada:…`, `mysql -p…`, `docker login -p …`.
//!
//! A command runs to the end of its line, and over it where a `\` stands at the end.
//! Never: takes what stands in for a password, such as `$PASSWORD`.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::privacy::named::stands_in;

/// How a command is called, what its password stands behind, and whether another command may end it.
const COMMANDS: [(&str, &str, bool); 6] = [
    (
        "curl",
        r"(?:-[A-Za-z]{0,6}?[uU]|--user|--proxy-user)[ \t=]*[\x22']?[^\s:\x22'«»]{1,100}:(?:'|\x22)?",
        false,
    ),
    ("wget", r"--(?:http-|ftp-|proxy-)?password[ \t=]+", false),
    ("sshpass", "-p[ \t]*", true),
    (
        "(?:mysql[a-z]*|mariadb(?:-[a-z]+)?)",
        r"(?:-p|--password=)",
        true,
    ),
    (
        "(?:docker|podman|buildah|nerdctl|oras|crane|helm|skopeo)(?:[ \t]+[a-z]+)?[ \t]+login",
        r"(?:-p[ \t]*|--password[ \t=]+)",
        true,
    ),
    ("redis-cli", r"(?:-a|--pass)[ \t]+", true),
];

static KNOWN: LazyLock<Vec<(Regex, Regex, bool)>> = LazyLock::new(|| {
    let regex = |pattern: &str| Regex::new(pattern).expect("because the patterns are tested");
    let known = COMMANDS.iter().map(|(name, option, ends)| {
        let option = format!(r#"[ \t\n]{option}(?:"([^"\n«»]+)"|'([^'\n«»]+)'|([^\s"'`«»]+))"#);
        let name = format!(r"{name}(?:\.exe)?(?:[ \t]|\\\r?\n)");
        (regex(&name), regex(&option), *ends)
    });
    known.collect()
});

/// Where such passwords stand.
pub(super) fn values(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (name, option, ends) in &*KNOWN {
        let mut at = 0;
        while let Some(command) = name.find_at(text, at) {
            // The blank behind the name is the one before the first option.
            let begin = command.end() - 1;
            at = command.end() + length(&text[command.end()..], *ends);
            for captures in option.captures_iter(&text[begin..at]) {
                let value = captures.iter().skip(1).flatten().next();
                let fits = |value: &regex::Match<'_>| {
                    !stands_in(value.as_str()) && !value.as_str().starts_with("//")
                };
                if let Some(value) = value.filter(fits) {
                    found.push(begin + value.start()..begin + value.end());
                }
            }
        }
    }
    found
}

/// How far the command goes.
fn length(text: &str, ends: bool) -> usize {
    let mut before = 0;
    for (at, byte) in text.bytes().enumerate() {
        let is_end = match byte {
            b'\n' => !text[before..at].trim_end_matches('\r').ends_with('\\'),
            b';' | b'|' | b'&' | b'`' => ends,
            _ => false,
        };
        if is_end {
            return at;
        }
        if byte == b'\n' {
            before = at + 1;
        }
    }
    text.len()
}
