//! The built-in detectors: how keys, tokens, e-mail addresses, phone and card numbers look.
//!
//! A pattern finds where one may be; what a pattern cannot say (whether it is random) its test decides. What is
//! blotted out is its group where a pattern has one, else all of the match. Numbers and values behind names are
//! found by hand. `_` is no letter here: `key_AKIA…` holds a key.
//! Never: sends anything anywhere to find out.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::privacy::named::is_random;
use crate::privacy::{command, email, named, number, pairs};

/// The names by which detectors are chosen.
pub(crate) const BUILT_IN: [&str; 5] = ["key", "token", "email", "phone", "card"];

/// A way to find one kind of thing.
#[derive(Debug, Clone)]
pub(super) struct Detector {
    /// As the text that stands in for the finding says it.
    pub name: String,
    pub way: Way,
}

#[derive(Debug, Clone)]
pub(super) enum Way {
    Pattern(Regex, fn(&str) -> bool),
    Look(fn(&str) -> Vec<Range<usize>>),
}

impl Detector {
    pub(super) fn find(&self, text: &str, mut found: impl FnMut(Range<usize>)) {
        match &self.way {
            Way::Pattern(pattern, test) => {
                for captures in pattern.captures_iter(text) {
                    let group = captures.iter().skip(1).flatten().next();
                    let finding = group.or_else(|| captures.get(0));
                    if let Some(finding) = finding.filter(|finding| !finding.is_empty())
                        && test(finding.as_str())
                    {
                        found(finding.range());
                    }
                }
            }
            Way::Look(look) => look(text).into_iter().for_each(found),
        }
    }
}

/// Everything that is known of one name.
pub(super) fn built_in(name: &str) -> Vec<Detector> {
    let found = DETECTORS.iter().filter(|detector| detector.name == name);
    found.cloned().collect()
}

/// Keys that say themselves what they are, wherever they stand.
const KEYS: &str = r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16,}
AIza[0-9A-Za-z_\-]{35}
GOCSPX-[0-9A-Za-z_\-]{20,}
AGE-SECRET-KEY-1[0-9A-Z]{50,}
[sr]k_(?:live|test)_[0-9A-Za-z]{10,}
whsec_[0-9A-Za-z+/=]{16,}
NRAK-[A-Z0-9]{20,}
xkeysib-[0-9A-Za-z\-]{32,}
sq0(?:csp|atp)-[0-9A-Za-z_\-]{20,}
tskey-[0-9A-Za-z\-]{16,}
lin_api_[0-9A-Za-z]{30,}";

/// Tokens that say themselves what they are, wherever they stand.
const TOKENS: &str = r"gh[pousr]_[A-Za-z0-9]{30,}
github_pat_[A-Za-z0-9_]{22,}
gl(?:pat|dt|rtr?|cbt|ptt|ft|imt|agent|soat|ffct|oas|wt)-[A-Za-z0-9_\-]{20,}(?:\.[A-Za-z0-9_\-]+)*
xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9%\-]{10,}
xapp-[0-9]-[A-Za-z0-9\-]{10,}
ya29\.[A-Za-z0-9_\-.]{16,}
npm_[A-Za-z0-9]{36}
pypi-[A-Za-z0-9_\-]{32,}
do[opr]_v1_[a-f0-9]{64}
shp(?:at|ss|ca|pa)_[a-fA-F0-9]{32}
dckr_pat_[A-Za-z0-9_\-]{20,}
rubygems_[a-f0-9]{48}
glsa_[A-Za-z0-9_]{32,}
ATATT3[A-Za-z0-9_\-=]{30,}
figd_[A-Za-z0-9_\-]{30,}";

/// Name, pattern and test.
type Known = (&'static str, &'static str, fn(&str) -> bool);

/// What is known by what stands around it.
const AROUND: [Known; 16] = [
    (
        "key",
        r"-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}[\s\S]*?(?:-{4,5} ?END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}|\z)",
        always,
    ),
    (
        "key",
        r"PuTTY-User-Key-File-[0-9][\s\S]*?(?:Private-MAC:[ \t]*[0-9a-fA-F]+|\z)",
        always,
    ),
    ("key", r"\bsk-[A-Za-z0-9][A-Za-z0-9_\-]{18,}", is_random),
    // The password of an address.
    (
        "key",
        r"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@«»]{0,100}:([^\s/«»]{3,200})@",
        is_real,
    ),
    (
        "key",
        r"(?i)\bidentified[ \t]+(?:with[ \t]+\S{1,60}[ \t]+)?(?:by|as)[ \t]+(?:password[ \t]+)?[\x22']([^\x22'\n«»]+)[\x22']",
        is_real,
    ),
    // The one who logs in, and how.
    (
        "key",
        r"(?i)\b(?:login|log-in|user(?:name)?|account|credentials?|creds|zugang(?:sdaten)?|anmeldung|benutzer|konto)[\x22'`*_]{0,3}[ \t]*[:=|][ \t\x22'`*_]{1,8}[^\s/|:«»]{1,60}[\x22'`*_]{0,3}(?:[ \t]+/[ \t]+|[ \t]*:[ \t]*)[\x22'`]?([^\s|\x22'`«»]+)",
        named::is_mixed_password,
    ),
    ("key", r"(?:\b|_)(SK[0-9a-f]{32})", always),
    ("key", r"key-[0-9a-f]{32}", always),
    ("key", r"\bsig=([A-Za-z0-9%+/_\-]{20,}={0,2})", always),
    (
        "token",
        r"://(?:hooks\.slack\.com/(?:services|workflows|triggers)/|(?:ptb\.|canary\.)?discord(?:app)?\.com/api/(?:v[0-9]+/)?webhooks/)([A-Za-z0-9/_\-]{20,})",
        always,
    ),
    (
        "token",
        r"earer[ \t]+([A-Za-z0-9._~+/\-]{16,}=*)",
        is_random,
    ),
    (
        "token",
        r"\b[Bb]asic[ \t]+([A-Za-z0-9+/]{8,}={0,2})",
        is_login,
    ),
    (
        "token",
        r#"uthorization[\x22'`*]{0,3}[ \t]*[:=|][ \t\x22'`*]*(?:[A-Za-z][A-Za-z0-9-]{2,20}[ \t]+)?([^\s\x22'`,;<>«»]{8,})"#,
        is_mixed,
    ),
    // Of a bot of Telegram.
    ("token", r"[0-9]{8,10}:AA[A-Za-z0-9_\-]{33}", always),
    // Short beginnings, which words can have inside.
    (
        "token",
        r"(?:\b|_)(eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]*)*|hf_[A-Za-z]{30,}|SG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}|hv[sbr]\.[A-Za-z0-9_\-]{24,})",
        always,
    ),
    ("token", r"1//0[A-Za-z0-9_\-]{30,}", always),
];

static DETECTORS: LazyLock<Vec<Detector>> = LazyLock::new(|| {
    let any_of = |forms: &str| forms.replace('\n', "|");
    // Signs of scripts without spaces are letters too, and a number right behind them begins there.
    let ascii = |pattern: &str| {
        let pattern = pattern.replace(r"\b", r"(?-u:\b)");
        Regex::new(&pattern).expect("because the patterns are tested")
    };
    let detector = |name: &str, way: Way| Detector {
        name: name.to_owned(),
        way,
    };
    let mut all = vec![
        detector("key", Way::Pattern(ascii(&any_of(KEYS)), always)),
        detector("key", Way::Look(named::values)),
        detector("key", Way::Look(pairs::values)),
        detector("key", Way::Look(command::values)),
        detector("token", Way::Pattern(ascii(&any_of(TOKENS)), always)),
        detector("card", Way::Look(number::cards)),
        detector("email", Way::Look(email::addresses)),
        detector("phone", Way::Look(number::phones)),
    ];
    for (name, pattern, test) in AROUND {
        all.push(detector(name, Way::Pattern(ascii(pattern), test)));
    }
    all
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

/// Nothing that stands in for a password.
fn is_real(text: &str) -> bool {
    !named::stands_in(text)
}

/// No word: large and small letters and figures, or two of them and a sign.
fn is_mixed(text: &str) -> bool {
    let has = |is: fn(&u8) -> bool| usize::from(text.as_bytes().iter().any(is));
    let letters = has(u8::is_ascii_lowercase) + has(u8::is_ascii_uppercase);
    let word = text.bytes().skip(1).all(|byte| byte.is_ascii_lowercase());
    !word && letters + has(u8::is_ascii_digit) + has(|byte| *byte == b'=') > 1
}

/// `user:password`, in base64.
fn is_login(text: &str) -> bool {
    let mut bits = 0_u32;
    let mut decoded = Vec::new();
    for (at, byte) in text.trim_end_matches('=').bytes().enumerate() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            _ => 63,
        };
        bits = bits << 6 | u32::from(value);
        if at % 4 > 0 {
            decoded.push((bits >> (6 - 2 * (at % 4))) as u8);
        }
    }
    decoded.contains(&b':') && decoded.iter().all(|byte| *byte >= b' ' && *byte != 0x7f)
}
