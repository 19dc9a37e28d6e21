//! Numbers of ids: which are taken, and what ids begin with.
//! Gets paths and ids, in any order and as often as one likes. Gives the next number.
//! Never: gives a number twice that it has seen; fills gaps, for a number may live on elsewhere.

use std::collections::HashMap;

use regex::Regex;

use crate::model::edit::Refused;

/// The greatest number that was seen.
#[derive(Debug)]
pub(crate) struct Counter {
    path: Regex,
    id: Regex,
    highest: u64,
}

impl Counter {
    /// Counts the ids of a form; `taken` takes numbers out of paths where names are not as ids.
    pub(super) fn new(
        id: &str,
        prefix: &str,
        code: &str,
        taken: Option<&Regex>,
    ) -> Result<Self, Refused> {
        let form = pattern(id, &regex::escape(prefix), &regex::escape(code), "([0-9]+)");
        Self::with(&form, taken)
    }

    /// Counts the ids that begin like that and go on with a number; `taken` as above.
    pub(super) fn of(head: &str, taken: Option<Regex>) -> Result<Self, Refused> {
        Self::with(&format!("{}([0-9]+)", regex::escape(head)), taken.as_ref())
    }

    fn with(form: &str, taken: Option<&Regex>) -> Result<Self, Refused> {
        let regex = |text: &str| {
            Regex::new(text).map_err(|error| {
                Refused::at("bad-id", 0, format!("ids cannot be counted: {error}"))
            })
        };
        let path = match taken {
            Some(taken) => taken.clone(),
            None => regex(&format!("(?i)(?:^|/){form}"))?,
        };
        Ok(Self {
            path,
            id: regex(&format!("(?i)^{form}"))?,
            highest: 0,
        })
    }

    /// Takes notice of a path below the base.
    pub(crate) fn path(&mut self, inner: &str) {
        Self::note(&self.path, &mut self.highest, inner);
    }

    /// Takes notice of an id.
    pub(crate) fn id(&mut self, id: &str) {
        Self::note(&self.id, &mut self.highest, id);
    }

    fn note(pattern: &Regex, highest: &mut u64, text: &str) {
        // A folder may be named like an id, too.
        for groups in pattern.captures_iter(text) {
            let number = groups.iter().skip(1).flatten().next();
            let number = number.and_then(|number| number.as_str().parse::<u64>().ok());
            *highest = number.unwrap_or_default().max(*highest);
        }
    }

    /// A number that nobody has.
    pub(crate) fn next(&self) -> Result<u64, Refused> {
        self.highest.checked_add(1).ok_or_else(|| {
            Refused::at(
                "no-number",
                0,
                "there is no greater number than that of the last id",
            )
        })
    }
}

/// An id's form as a regular expression.
pub(super) fn pattern(id: &str, prefix: &str, code: &str, number: &str) -> String {
    let mut out = String::new();
    let mut rest = id;
    while let Some((before, behind)) = rest.split_once('{') {
        out.push_str(&regex::escape(before));
        let Some((word, behind)) = behind.split_once('}') else {
            return out + &regex::escape(&rest[before.len()..]);
        };
        out.push_str(match word.split(':').next() {
            Some("prefix") => prefix,
            Some("code") => code,
            Some("number") => number,
            _ => "",
        });
        rest = behind;
    }
    out + &regex::escape(rest)
}

/// What most of the ids of a form begin with.
pub(super) fn common_prefix<'i>(
    form: &str,
    ids: impl IntoIterator<Item = &'i str>,
) -> Option<String> {
    let form = pattern(form, "([A-Za-z][A-Za-z0-9]*)", "[A-Za-z]+", "[0-9]+");
    let form = Regex::new(&format!("^{form}")).ok()?;
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for id in ids {
        if let Some(prefix) = form.captures(id).and_then(|groups| groups.get(1)) {
            *counts.entry(prefix.as_str()).or_default() += 1;
        }
    }
    // Of equally common ones the first in order, so that everybody takes the same.
    let most = counts
        .into_iter()
        .max_by(|a, b| (a.1, b.0).cmp(&(b.1, a.0)));
    most.map(|(prefix, _)| prefix.to_owned())
}

/// A prefix made of a name: the first letters of its words; of one word also its next consonant.
pub(crate) fn derived_prefix(name: &str) -> Option<String> {
    let mut initials = String::new();
    let mut before = ' ';
    for char in name.chars() {
        let begins = !before.is_ascii_alphanumeric()
            || (before.is_ascii_lowercase() && char.is_ascii_uppercase());
        if char.is_ascii_alphabetic() && begins {
            initials.push(char);
        }
        before = char;
    }
    let letters = || name.chars().filter(char::is_ascii_alphabetic);
    if initials.len() == 1 {
        let consonant = letters().skip(1).find(|c| !"aeiouAEIOU".contains(*c));
        initials.extend(consonant.or_else(|| letters().nth(1)));
    }
    (initials.len() >= 2).then(|| initials.to_uppercase())
}
