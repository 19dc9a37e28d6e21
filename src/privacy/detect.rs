//! The built-in detectors: how keys, tokens, e-mail addresses, phone and card numbers look.
//!
//! A pattern finds where one may be; what a pattern cannot say (a checksum, whether digits are a date) its
//! test decides. Group 1 is what is blotted out where a pattern has one, else all of the match.
//! Never: sends anything anywhere to find out.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// The names by which detectors are chosen.
pub(crate) const BUILT_IN: [&str; 5] = ["key", "token", "email", "phone", "card"];

/// A way to find one kind of thing.
#[derive(Debug, Clone)]
pub(super) struct Detector {
    /// As the text that stands in for the finding says it.
    pub name: String,
    pub pattern: Regex,
    pub test: fn(&str) -> bool,
}

/// Everything that is known of one name.
pub(super) fn built_in(name: &str) -> Vec<Detector> {
    let found = DETECTORS.iter().filter(|detector| detector.name == name);
    found.cloned().collect()
}

/// Name, pattern and test.
type Known = (&'static str, &'static str, fn(&str) -> bool);

static DETECTORS: LazyLock<Vec<Detector>> = LazyLock::new(|| {
    let all: [Known; 19] = [
        (
            "key",
            r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\z)",
            always,
        ),
        ("key", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b", always),
        ("key", r"\bAIza[0-9A-Za-z_\-]{35}", always),
        ("key", r"\bAGE-SECRET-KEY-1[0-9A-Z]{50,}", always),
        ("key", r"\b[sr]k_(?:live|test)_[0-9A-Za-z]{10,}", always),
        ("key", r"\bsk-[A-Za-z0-9][A-Za-z0-9_\-]{18,}", is_random),
        (
            "key",
            r#"(?i)\b[a-z0-9_.-]*(?:api[_-]?key|secret|passw(?:or)?d|passphrase|pwd|token|access[_-]?key|private[_-]?key|credentials?)["'`]?[ \t]*(?:[:=]|=>|:=)[ \t]*["'`]?([^\s"'`,;<>{}\[\]«»]{8,})"#,
            is_random,
        ),
        // The password of an address.
        (
            "key",
            r"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@«»]{0,100}:([^\s/@«»]{3,200})@",
            always,
        ),
        (
            "token",
            r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,})",
            always,
        ),
        (
            "token",
            r"\b(?:glpat|gldt|glrt|glcbt|glptt)-[A-Za-z0-9_\-]{20,}",
            always,
        ),
        ("token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}", always),
        (
            "token",
            r"https://hooks\.slack\.com/services/([A-Za-z0-9/]{20,})",
            always,
        ),
        (
            "token",
            r"\b(?:npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_\-]{32,}|hf_[A-Za-z]{30,}|dop_v1_[a-f0-9]{64}|SG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,})",
            always,
        ),
        (
            "token",
            r"\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]*)?",
            always,
        ),
        (
            "token",
            r"(?i)\bbearer[ \t]+([A-Za-z0-9._~+/\-]{16,}=*)",
            is_random,
        ),
        (
            "email",
            r"[\p{L}\p{N}._%+\-]+@[\p{L}\p{N}\-]+(?:\.[\p{L}\p{N}\-]+)*\.(?:[A-Za-z]{2,}|\p{L}\p{L}+)",
            is_person,
        ),
        (
            "phone",
            r"(?:\+|\b00)[1-9](?:[ ./\-]?(?:\d|\(\d{1,4}\))){6,16}",
            is_phone,
        ),
        (
            "phone",
            r"(?:\(\d{3}\) ?|\b\d{3}[-. ])\d{3}[-. ]\d{4}\b|(?:\(0\d{1,4}\)|\b0\d{1,4})(?:[ /.\-]\d{2,8}){1,5}\b",
            is_phone,
        ),
        ("card", r"\b\d(?:[ \-]?\d){12,18}\b", is_card),
    ];
    // Signs of scripts without spaces are letters too, and a number right behind them begins there.
    let ascii = |pattern: &str| pattern.replace(r"\b", r"(?-u:\b)").replace(r"\d", "[0-9]");
    let detector = |(name, pattern, test): (&str, &str, _)| Detector {
        name: name.to_owned(),
        pattern: Regex::new(&ascii(pattern)).expect("because the patterns are tested"),
        test,
    };
    all.into_iter().map(detector).collect()
});

/// Whether what is found by that name is digits, which an id may have as well.
pub(super) fn is_number(name: &str) -> bool {
    matches!(name, "phone" | "card")
}

/// Where UUIDs stand: some of them look like numbers of telephones and cards in part.
pub(super) fn ids(text: &str) -> impl Iterator<Item = Range<usize>> {
    static ID: LazyLock<Regex> = LazyLock::new(|| {
        let hex = "[0-9A-Fa-f]";
        let pattern = format!(r"(?-u:\b){hex}{{8}}-(?:{hex}{{4}}-){{3}}{hex}{{12}}(?-u:\b)");
        Regex::new(&pattern).expect("because the pattern is tested")
    });
    ID.find_iter(text).map(|found| found.range())
}

pub(super) fn always(_: &str) -> bool {
    true
}

/// Random letters and digits, and no word, id or path.
fn is_random(text: &str) -> bool {
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
    letters > 0 && digits > 0 && text.len() >= 12 && entropy > 3.2
}

/// `git@host` is how a repository is reached.
fn is_person(text: &str) -> bool {
    !text.starts_with("git@")
}

fn digits(text: &str) -> Vec<u8> {
    let digits = text.bytes().filter(u8::is_ascii_digit);
    digits.map(|digit| digit - b'0').collect()
}

/// As many digits as numbers have, and no date.
fn is_phone(text: &str) -> bool {
    static DATE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:19|20)\d\d[-./]\d\d[-./]\d\d|\d\d[-./]\d\d[-./](?:19|20)\d\d")
            .expect("because the pattern is tested")
    });
    let count = digits(text).len();
    (9..=16).contains(&count) && !DATE.is_match(text)
}

/// A number that a card may have: its issuer is one, and its last digit is the check of the others.
fn is_card(text: &str) -> bool {
    let digits = digits(text);
    let first = |count: usize| {
        let lead = digits.iter().take(count);
        lead.fold(0_u32, |number, digit| number * 10 + u32::from(*digit))
    };
    let issued = match digits.len() {
        13 | 19 => first(1) == 4,
        14 => matches!(first(3), 300..=305) || matches!(first(2), 36 | 38 | 39),
        15 => matches!(first(2), 34 | 37),
        16 => {
            matches!(first(1), 4)
                || matches!(first(2), 35 | 51..=55 | 60 | 62 | 64 | 65)
                || matches!(first(4), 2221..=2720)
        }
        17 | 18 => first(2) == 62,
        _ => false,
    };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(*digit) << (place % 2);
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    issued && sum.is_multiple_of(10)
}
