//! Values that are secret because of the name before them: `password: …`, `API_KEY=…`, `| secret | … |`.
//!
//! A pattern finds the name and what joins it to the value; the value runs to the closing quote, or to the next
//! blank. Whether it is one, and no word, id or path, depends on how plainly the name is a secret's.
//! Never: takes a value whose name it has not seen.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// How plainly a name is that of a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    /// Nothing but a password is called so.
    Password,
    /// Other things are called so, too: `pass: 12`.
    Short,
    /// Only what looks random is secret: `token: the word that a parser reads`.
    Key,
}

/// A value is not longer.
const LONGEST: usize = 4096;
/// So many names are looked at within one value: `password=password=…` takes no more than linear time.
const MOST_NESTED: usize = 16;
/// The words that make a `key` a secret.
const KEYS: [&str; 27] = [
    "api",
    "secret",
    "access",
    "private",
    "encryption",
    "encrypt",
    "crypt",
    "account",
    "signing",
    "sign",
    "signature",
    "master",
    "shared",
    "storage",
    "client",
    "auth",
    "hmac",
    "jwt",
    "app",
    "service",
    "subscription",
    "license",
    "deploy",
    "ssh",
    "session",
    "cipher",
    "admin",
];

static NAME: LazyLock<Regex> = LazyLock::new(|| {
    let stems = r"passw(?:or[dt]|d)|passphrase|passcode|kennwort|contrase(?:ñ|n)a|pass|pwd|pw|secret|token|credential|auth|key";
    let more = r"s?(?:[_-]?(?:key|value|prod|production|dev|test|staging|live|old|new|b64|base64|raw|text|plain|string|encoded))?[0-9]{0,2}";
    // What closes the name, and the type that code may give it.
    let close = r#"["'`*_)\]]{0,4}(?:[ \t]?:[ \t]?&?(?:'static )?(?i:str|string)[ \t]?[=])?"#;
    let mark =
        r"(?:[ \t]*(?::=|=>|->|::[ \t]|[:=|>])|[ \t]+(?:is|was|ist|lautet|war):?[ \t]|[ \t])";
    let lines = r#"["'`*_ \t\[]{0,8}(?:[>|]?[+-]?[0-9]?[ \t]*\r?\n[ \t>]{1,40})?"#;
    let pattern = format!("(?i)(?:{stems}){more}{close}{mark}{lines}");
    Regex::new(&pattern).expect("because the pattern is tested")
});

/// Where values stand.
pub(super) fn values(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let (mut seen, mut nested) = (0, 0);
    for name in NAME.find_iter(text) {
        let Some(kind) = kind(&text[..name.start()], name.as_str()) else {
            continue;
        };
        // A path in code: `Token::new`.
        if name.as_str().ends_with(':') && text[name.end()..].starts_with(':') {
            continue;
        }
        nested = if name.start() < seen { nested + 1 } else { 0 };
        if nested > MOST_NESTED {
            continue;
        }
        let Some(value) = value(text, name.range()) else {
            continue;
        };
        seen = seen.max(value.end);
        let is_said = !name.as_str().contains(['=', ':', '|', '>', '"']);
        let written = &text[value.clone()];
        let fits = match kind {
            Name::Password if is_said => {
                is_random(written) || is_password(written) && kinds(written) > 2
            }
            Name::Password => is_password(written),
            Name::Short if is_said => false,
            Name::Short => {
                is_random(written) && !written.contains(['_', '-', '.', '/'])
                    || is_password(written) && kinds(written) > 2
            }
            Name::Key => !is_said && is_random(written),
        };
        if fits && !is_plain(written) {
            found.push(value);
        }
    }
    found
}

/// What the name that ends `before` and begins `name` says.
fn kind(before: &str, name: &str) -> Option<Name> {
    let name = name.as_bytes();
    let is = |stem: &str| {
        name.get(..stem.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(stem.as_bytes()))
    };
    let last = before.bytes().next_back();
    let is_inside = last.is_some_and(|byte| byte.is_ascii_alphabetic())
        && !(name[0].is_ascii_uppercase() && last.is_some_and(|byte| byte.is_ascii_lowercase()));
    if is("passw") || is("passphrase") || is("passcode") || is("kennwort") || is("contrase") {
        return Some(Name::Password);
    }
    if is("pwd") {
        return (!is_inside).then_some(Name::Password);
    }
    if is("pass") || is("pw") {
        return (!is_inside).then_some(Name::Short);
    }
    if is("auth") {
        return (!is_inside).then_some(Name::Key);
    }
    if !is("key") {
        return Some(Name::Key);
    }
    let before = before.trim_end_matches(['_', '-', ' ', '.']);
    let word = before
        .bytes()
        .rev()
        .take_while(u8::is_ascii_alphabetic)
        .take(16)
        .count();
    let word = before[before.len() - word..].to_ascii_lowercase();
    KEYS.iter()
        .any(|key| word.ends_with(key))
        .then_some(Name::Key)
}

/// Where the value begins and ends behind its name.
fn value(text: &str, name: Range<usize>) -> Option<Range<usize>> {
    let begin = name.end;
    let end = text.floor_char_boundary(text.len().min(begin + LONGEST));
    let rest = &text[begin..end];
    let quote = text[name].trim_end_matches(['*', '_']).chars().next_back();
    if let Some(quote) = quote.filter(|c| matches!(c, '"' | '\'' | '`'))
        && let Some(length) = closing(rest, quote)
    {
        return Some(begin..begin + length);
    }
    let ends = |&(at, c): &(usize, char)| match c {
        '<' => {
            rest[at..].starts_with("</")
                || rest[at..].starts_with("<br")
                || rest[at..].starts_with("<!")
        }
        '|' => at
            .checked_sub(1)
            .is_some_and(|before| rest.as_bytes()[before] == b' '),
        // Of JSON and code: another value follows, or the text ends that all of this stands in.
        ',' | ';' => rest[at + 1..].starts_with(['"', '\'']),
        '"' | '\'' => rest[at + 1..].starts_with([',', ';', '}', ']', ')']),
        c => c.is_whitespace() || matches!(c, '«' | '»'),
    };
    let length = rest
        .char_indices()
        .find(ends)
        .map_or(rest.len(), |(at, _)| at);
    let value = rest[..length].trim_end_matches([
        ',', ';', '.', ':', ')', '}', ']', '"', '\'', '`', '*', '>', '|', '\\',
    ]);
    (!value.is_empty()).then(|| begin..begin + value.len())
}

/// Up to the quote that closes on the same line.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '\n' | '«' | '»' => return None,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return (at > 0).then_some(at),
            _ => {}
        }
    }
    None
}

/// Of letters, figures and other signs how many kinds are there; the two cases of letters are two.
fn kinds(text: &str) -> usize {
    let has = |is: fn(char) -> bool| usize::from(text.chars().any(is));
    has(|c| c.is_lowercase())
        + has(|c| c.is_uppercase())
        + has(|c| c.is_ascii_digit())
        + has(|c| !c.is_alphanumeric() && !"-_./:#,;'\" ".contains(c))
}

/// Eight characters or more that are no words.
fn is_password(text: &str) -> bool {
    let has = |is: fn(char) -> bool| text.chars().any(is);
    let letters = has(char::is_alphabetic);
    let digits = has(|c| c.is_ascii_digit());
    let turns = text
        .chars()
        .zip(text.chars().skip(1))
        .filter(|(a, b)| a.is_lowercase() && b.is_uppercase())
        .count();
    let inner = text.trim_end_matches(['!', '?', '.']);
    let signs = inner.contains(['!', '$', '%', '^', '&', '*', '+', '=', '~', '#', '?', '@']);
    text.chars().count() >= 8
        && (digits && (letters || kinds(text) > 1 || text.chars().all(|c| c.is_ascii_digit()))
            || letters && (turns > 1 || signs))
        && !is_named(text)
}

/// An id, a date or a file.
fn is_named(text: &str) -> bool {
    static NAMED: LazyLock<Regex> = LazyLock::new(|| {
        let id = r"\[{0,2}[A-Z][A-Z0-9]{0,9}(?:-[A-Z]{1,9}){0,3}-[0-9]{1,8}(?:[^A-Za-z0-9].*)?";
        let date = r"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ].*)?";
        let file = r"[A-Za-z0-9_.~-]*(?:/[A-Za-z0-9_. -]+)*\.(?:md|rs|toml|ya?ml|json|txt|py|js|ts|go|java|sh|html|sql|lock|env|pem)\S{0,12}";
        Regex::new(&format!("^(?:{id}|{date}|{file})$")).expect("because the pattern is tested")
    });
    NAMED.is_match(text)
}

/// What stands in for a value: `${PASSWORD}`, `{{ secrets.X }}`, `<password>`, `$PASSWORD`, `f(x)`, an address, a link.
fn is_plain(text: &str) -> bool {
    static PLAIN: LazyLock<Regex> = LazyLock::new(|| {
        let pattern = r"^(?:\$[{(].*|\{\{.*|%\{.*|\{[A-Za-z_.]*|<[A-Za-z][A-Za-z0-9_.-]*|\$[A-Za-z_][A-Za-z0-9_]*|[a-z_]{2,}[0-9]?(?:(?:\.|::)[a-z_]{2,}[0-9]?)*[\[(].*|[a-z_]+(?:(?:\.|::)[a-z_]+)+[0-9]?|[A-Za-z_]+(?:::[A-Za-z_]+)+[\[(].*|https?://.*|[(\[]*[^\]]*\]\(.*)$";
        Regex::new(pattern).expect("because the pattern is tested")
    });
    PLAIN.is_match(text)
}

/// Random letters and digits, and no word or id.
pub(super) fn is_random(text: &str) -> bool {
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let length = text.len() as f64;
    let part = |count: &u32| f64::from(*count) / length;
    let entropy: f64 = counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| -part(count) * part(count).log2())
        .sum();
    letters > 0 && digits > 0 && text.len() >= 12 && entropy > 3.2 && !is_named(text)
}
