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
    /// A key of the environment that may be one of anything: `OPENAI_KEY`.
    Named,
}

/// A value is not longer.
const LONGEST: usize = 4096;
/// So many names are looked at within one value: `password=password=…` takes no more than linear time.
const MOST_NESTED: usize = 16;
/// So far before a quote its line is looked at.
const SPAN: usize = 512;
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

/// Behind these a `KEY` of the environment is known to everybody.
const OPEN_KEYS: [&str; 10] = [
    "public",
    "primary",
    "foreign",
    "cache",
    "sort",
    "partition",
    "index",
    "object",
    "routing",
    "idempotency",
];
/// A name that ends so is not that of the secret itself.
const ABOUT: [&str; 44] = [
    "name",
    "names",
    "id",
    "ids",
    "url",
    "uri",
    "file",
    "files",
    "path",
    "dir",
    "folder",
    "count",
    "counts",
    "length",
    "len",
    "size",
    "limit",
    "type",
    "kind",
    "version",
    "arn",
    "ref",
    "hasher",
    "algorithm",
    "policy",
    "ttl",
    "expiry",
    "expires",
    "field",
    "column",
    "host",
    "endpoint",
    "format",
    "header",
    "prefix",
    "at",
    "date",
    "time",
    "issuer",
    "provider",
    "manager",
    "rules",
    "rotation",
    "error",
];

/// The name, what joins it to its value, and what opens that. Of the name the groups are words of its own behind
/// what says that it is one, and what it is for.
static NAME: LazyLock<Regex> = LazyLock::new(|| {
    let stems = r"passw(?:or[dt]|d)|passphrase|passcode|kennwort|contrase(?:ñ|n)a|pass|pwd|pw|secret|token|credential|auth|key";
    let more = r"s?(?:[_-]?(?:key|value|prod|production|dev|test|staging|live|old|new|b64|base64|raw|text|plain|string|encoded))?[0-9]{0,2}";
    let words = r"((?:[_-][a-z0-9]{1,24}|(?-i:[A-Z][a-z0-9]{1,24})){0,4})";
    // What closes the name, and the type that code may give it.
    let close = r#"["'`*_)\]]{0,4}(?:[ \t]?:[ \t]?&?(?:'static )?(?i:str|string)[ \t]?[=])?"#;
    let whose = r"([ \t]*\([^()\n]{1,40}\)|[ \t]+(?:for|of|to|on|in|at|für|von|zu|zum|zur|im|am|auf|bei|pour|para)[ \t]+[^\n:=|]{1,40}?)?";
    let joint = r"(?:[ \t]*(?:=>|:=|->|={1,3}|!={1,2}|::[ \t]|[:|>])|[ \t]+(?:is|was|ist|lautet|war):?[ \t])";
    let mark =
        format!(r#"(?:{whose}["'`*_]{{0,3}}{joint}|[ \t]+(?:–|—|--?)[ \t]|\([ \t]?["'`]|[ \t])"#);
    let open = r#"["'`*_ \t\[]{0,8}(?:(?:!!?(?:str|string|binary)|&[a-z]{1,12})[ \t]+["']?)?"#;
    let fence = r"[ \t>]{0,40}(?:```|~~~)[a-z]{0,12}[ \t]*\r?\n[ \t>]{0,40}";
    let lines = format!(
        r#"(?:[>|]?[+-]?[0-9]?[ \t]*\r?\n(?:[ \t>]{{0,40}}\r?\n){{0,2}}(?:{fence}|[ \t>]{{1,40}}(?:[-*+][ \t]+)?["'`]?))?"#
    );
    let pattern = format!("(?i)(?:{stems}){more}{words}{close}{mark}{open}{lines}");
    Regex::new(&pattern).expect("because the pattern is tested")
});

/// Whether a value behind that is a secret's, as it stands.
pub(super) fn is_name(text: &str) -> bool {
    // A column is not longer; what is has more words than a name.
    if text.len() > 100 {
        return false;
    }
    let text = format!("{text}: ");
    let mut names = NAME.find_iter(&text);
    names.any(|name| {
        name.end() == text.len() && kind(&text[..name.start()], name.as_str()).is_some()
    })
}

/// Where values stand.
pub(super) fn values(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let (mut seen, mut nested) = (0, 0);
    let mut at = 0;
    while let Some(name) = NAME.find_at(text, at) {
        // Where this is none, another one may begin in it: `oauth_token`.
        at = name.start() + 1;
        let Some(kind) = kind(&text[..name.start()], name.as_str()) else {
            continue;
        };
        // A path in code: `Token::new`.
        if name.as_str().ends_with(':') && text[name.end()..].starts_with(':') {
            continue;
        }
        nested = if name.start() < seen { nested + 1 } else { 0 };
        if nested > MOST_NESTED {
            at = name.end();
            continue;
        }
        let Some(value) = value(text, name.range()) else {
            continue;
        };
        seen = seen.max(value.end);
        let written = &text[value.clone()];
        if fits(kind, name.as_str(), written)
            && !is_plain(written)
            && ends_line(name.as_str(), &text[value.end..])
        {
            at = name.end();
            found.push(value);
        }
    }
    found
}

/// Whether that is a secret behind a name that says so much.
fn fits(kind: Name, name: &str, written: &str) -> bool {
    let is_upper = !name.contains(|c: char| c.is_ascii_lowercase());
    let is_call = name.contains('(') && name.ends_with(['"', '\'', '`']);
    let is_said = !(name.contains(['=', ':', '|', '>', '"', '–', '—'])
        || name.contains("* -")
        || is_call
        || is_upper && name.ends_with('\''));
    let is_mixed = || is_password(written) && kinds(written) > 2;
    let is_folder = name.as_bytes()[..2].eq_ignore_ascii_case(b"pw");
    if is_folder && written.starts_with(['/', '~']) {
        return false;
    }
    let fits = match kind {
        Name::Password if is_said => is_random(written) || is_mixed(),
        Name::Password => is_password(written),
        Name::Short if is_said => false,
        Name::Short => is_random(written) && !written.contains(['_', '-', '.', '/']) || is_mixed(),
        Name::Key => !is_said && is_random(written),
        Name::Named => !is_said && is_random(written) && has_run(written, 16),
    };
    if !fits {
        return false;
    }
    let groups = NAME.captures(name);
    let group = |at| groups.as_ref().and_then(|groups| groups.get(at));
    let words = group(1).map_or("", |words| words.as_str());
    if words.is_empty() {
        // What is for something may as well be about it.
        return group(2).is_none() || kind == Name::Password || has_run(written, 12);
    }
    let begins = |c: char| matches!(c, '_' | '-') || c.is_ascii_uppercase() && !is_upper;
    let last = &words[words.rfind(begins).unwrap_or(0)..];
    let last = last.trim_start_matches(['_', '-']).to_ascii_lowercase();
    let fits = match kind {
        Name::Password => is_upper || is_random(written) || is_mixed(),
        _ => has_run(written, 12),
    };
    fits && !is_said && !ABOUT.contains(&&*last)
}

/// Whether a value below an empty line, or in a block of code, is all of its line.
fn ends_line(name: &str, behind: &str) -> bool {
    let rest = behind.lines().next().unwrap_or("");
    let rest = rest.trim_matches(|c: char| c.is_whitespace() || "\"'`*.,".contains(c));
    name.matches('\n').count() < 2 || rest.is_empty()
}

/// Whether so many letters and figures stand together.
fn has_run(text: &str, length: usize) -> bool {
    let mut runs = text.split(|c: char| !c.is_ascii_alphanumeric());
    runs.any(|run| run.len() >= length)
}

/// What the name that ends `before` and begins `name` says.
fn kind(before: &str, name: &str) -> Option<Name> {
    let name = name.as_bytes();
    let is = |stem: &str| {
        name.get(..stem.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(stem.as_bytes()))
    };
    let last = before.bytes().next_back();
    // `dbPwd`, and no word that ends so by chance: `aMrlePWd`.
    let is_turn = name[0].is_ascii_uppercase()
        && (name[1].is_ascii_lowercase() == name[2].is_ascii_lowercase()
            || !name[2].is_ascii_alphabetic())
        && name.iter().any(|byte| b"=:|>\"(".contains(byte));
    let is_inside = last.is_some_and(|byte| byte.is_ascii_alphabetic())
        && !(is_turn && last.is_some_and(|byte| byte.is_ascii_lowercase()));
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
    let is_environment = name.starts_with(b"KEY") && before.ends_with('_');
    let before = before.trim_end_matches(['_', '-', ' ', '.']);
    let word = before
        .bytes()
        .rev()
        .take_while(u8::is_ascii_alphabetic)
        .take(16)
        .count();
    let word = before[before.len() - word..].to_ascii_lowercase();
    if KEYS.iter().any(|key| word.ends_with(key)) {
        return Some(Name::Key);
    }
    let is_upper = before.ends_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit());
    (is_environment && is_upper && !OPEN_KEYS.contains(&&*word)).then_some(Name::Named)
}

/// Where the value begins and ends behind its name.
fn value(text: &str, name: Range<usize>) -> Option<Range<usize>> {
    let begin = name.end;
    let end = text.floor_char_boundary(text.len().min(begin + LONGEST));
    let rest = &text[begin..end];
    let opening = text[name.clone()].trim_end_matches(['*', '_']);
    let quote = opening.chars().next_back();
    // What closes a span of code opens none.
    if quote == Some('`') {
        let from = text.floor_char_boundary(name.start.saturating_sub(SPAN));
        let before = &text[from..name.start + opening.len() - 1];
        let line = before.rfind('\n').map_or(before, |at| &before[at..]);
        if !line.matches('`').count().is_multiple_of(2) {
            return None;
        }
    }
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

/// A password by itself, and no code.
pub(super) fn is_mixed_password(text: &str) -> bool {
    let text = text.trim_end_matches(['.', ',', ';', ')', '`', '"', '\'']);
    is_password(text) && kinds(text) > 2 && !is_plain(text) && !stands_in(text)
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
        let pattern = r"^(?:\$[{(].*|\{\{.*|%\{.*|\{[A-Za-z_.|\[\]<>]*|arn:.*|(?:value|type|name|id|class|placeholder)=.*|~?/(?:run|etc|var|home|usr|opt|tmp|mnt|srv|root|Users)/.*|<[A-Za-z][A-Za-z0-9_.-]*|\$[A-Za-z_][A-Za-z0-9_]*|[a-z_]{2,}[0-9]?(?:(?:\.|::)[a-z_]{2,}[0-9]?)*[\[(].*|[a-z_]+(?:(?:\.|::)[a-z_]+)+[0-9]?|[A-Za-z_]+(?:::[A-Za-z_]+)+[\[(].*|https?://.*|[(\[]*[^\]]*\]\(.*)$";
        Regex::new(pattern).expect("because the pattern is tested")
    });
    PLAIN.is_match(text)
}

/// Whether that stands in for a password where any word may be one: `$PASSWORD`, `DB_PASSWORD`, `***`.
pub(super) fn stands_in(text: &str) -> bool {
    static STANDS_IN: LazyLock<Regex> = LazyLock::new(|| {
        let word = "PASS(?:WORD|WORT|WD|PHRASE)?|PWD?|SECRET|TOKEN|KEY|CREDENTIALS?|X{3,}";
        let pattern = format!(
            r"^(?:\$[{{(].*|\{{.*|%\{{.*|<[A-Za-z].*|\$[A-Za-z_][A-Za-z0-9_]*|(?:[A-Z]+_){{0,4}}(?:YOUR|MY)?(?:{word})(?:_[A-Z0-9]+){{0,3}}|\*+|\.{{3,}}|…|[xX]{{3,}}|\[[a-z-]+\]?)$"
        );
        Regex::new(&pattern).expect("because the pattern is tested")
    });
    STANDS_IN.is_match(text)
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
