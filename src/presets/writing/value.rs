//! How a value is spelled: states, priorities and kinds in the words of the convention, dates as
//! dates, everything else as it was given.
//! Never: takes a word that a strict convention does not know.

use crate::model::document::{Document, Value};
use crate::model::edit::{Refused, Wanted};
use crate::presets::dates;
use crate::presets::rules::{Slot, Use, alike, nearest};
use crate::presets::writing::Convention;
use crate::presets::writing::date::{at, written};
use crate::presets::writing::home::{Form, Home};

/// What helps to spell a value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Around<'a> {
    /// Values of the same field that the items of the convention have, the most common first: where
    /// one of them is the same word, it is spelled alike.
    pub used: &'a [String],
    /// For `today` and `now`.
    pub now_ns: i64,
}

impl Convention<'_> {
    /// The value of a field as it is to be written there; `null` where the text means nothing
    /// (`none`, an empty text). Of a list it is one element.
    pub(crate) fn value(
        &self,
        name: &str,
        text: &str,
        home: &Home,
        document: &Document<'_>,
        around: Around<'_>,
    ) -> Result<Wanted, Refused> {
        let what = self.meaning(name).what();
        // The fields of a convention are read without blanks around them; any other text is kept.
        let text = match (what, home) {
            (None, Home::Key(..)) => text,
            _ => text.trim(),
        };
        let there = match home {
            Home::Key(key, _) => at(document, key).map(|node| &node.value),
            _ => None,
        };
        let in_list = matches!(home, Home::Key(_, Form::List));
        let is_title = matches!(what, Some(Use::One(Slot::Title, _)));
        let nothing = what.is_some() && self.rules.is_none(text) && (!is_title || text.is_empty());
        if nothing && !in_list {
            return match what {
                Some(Use::One(slot @ (Slot::Title | Slot::Id), _)) => {
                    let what = if slot == Slot::Id { "an id" } else { "a title" };
                    let reason = match text {
                        "" => format!("{what} is not empty"),
                        text => format!("`{text}` means nothing in this convention"),
                    };
                    let hint = format!("give it {what} that says something");
                    Err(Refused::at("means-nothing", 0, reason).hint(hint))
                }
                _ => Ok(Wanted::Null),
            };
        }
        let plain = |text: String| match there {
            None | Some(Value::Null) => self.bare_or_quoted(text),
            Some(_) => Wanted::Alike(text),
        };
        match what {
            Some(Use::One(slot, _)) => match slot {
                Slot::State => self.state(text, around),
                Slot::Priority => self.priority(text, around).map(Wanted::Alike),
                Slot::Kind => self.kind(text, around).map(Wanted::Alike),
                Slot::Created => self.date("created", text, around).map(plain),
                Slot::Updated => self.date("updated", text, around).map(plain),
                Slot::Due => self.date("due", text, around).map(plain),
                Slot::Title if text.contains(['\n', '\r']) => {
                    Err(Refused::at("title-lines", 0, "a title is one line"))
                }
                Slot::Id if is_number(text) && !matches!(there, Some(Value::Text(_))) => {
                    Ok(Wanted::Plain(text.to_owned()))
                }
                Slot::Id | Slot::Uid | Slot::Title | Slot::Area | Slot::Iteration => {
                    Ok(Wanted::Alike(text.to_owned()))
                }
            },
            Some(_) if in_list => Ok(Wanted::Text(text.to_owned())),
            Some(_) | None => Ok(Wanted::Alike(text.to_owned())),
        }
    }

    /// What must be meant by a value that the convention does not know: the one word with the same
    /// letters and digits, or the date with month and day the other way round.
    pub(crate) fn meant(&self, field: &str, text: &str) -> Option<String> {
        let file = &self.rules.file;
        let date = |date: &crate::presets::file::Date| {
            let rules = &file.dates;
            let is_date = dates::normalize(text, &rules.formats, rules.utc).is_some();
            let swapped = dates::swapped(text).filter(|other| other.len() == text.trim().len());
            swapped.filter(|_| !is_date && date.line.is_none())
        };
        match field {
            // Of a state within other text only a part would be replaced.
            "state" if file.state.pattern.is_some() => None,
            "state" => only(text, file.state.phases.keys().map(String::as_str)),
            "priority" => {
                let words = file.priority.order.iter();
                only(text, words.flat_map(|words| words.split('|')))
            }
            "kind" => only(text, file.kind.known.iter().map(String::as_str)),
            "created" => date(&file.created),
            "updated" => date(&file.updated),
            "due" => date(&file.due),
            _ => None,
        }
    }

    fn state(&self, text: &str, around: Around<'_>) -> Result<Wanted, Refused> {
        let rules = &self.rules.file.state;
        // A word that stands for another one is written, the other one is shown.
        let names = rules.names.iter();
        let mut raw = names.filter(|(raw, shown)| alike(raw, text) || alike(shown, text));
        if let Some((raw, _)) = raw.next() {
            return Ok(Wanted::Plain(raw.clone()));
        }
        let known = rules.phases.keys().map(String::as_str);
        let strict = rules.strict || !rules.names.is_empty();
        spelled("state", text, known, around.used, strict).map(Wanted::Alike)
    }

    fn priority(&self, text: &str, around: Around<'_>) -> Result<String, Refused> {
        let rules = &self.rules.file.priority;
        let known = rules.order.iter().flat_map(|words| words.split('|'));
        spelled("priority", text, known, around.used, rules.strict)
    }

    fn kind(&self, text: &str, around: Around<'_>) -> Result<String, Refused> {
        let known = &self.rules.file.kind.known;
        let words = known.iter().map(String::as_str);
        spelled("kind", text, words, around.used, !known.is_empty())
    }

    fn date(&self, field: &str, text: &str, around: Around<'_>) -> Result<String, Refused> {
        let rules = &self.rules.file.dates;
        if alike(text, "today") || alike(text, "now") {
            return Ok(written(self.date_form(field), around.now_ns));
        }
        if dates::normalize(text, &rules.formats, rules.utc).is_some() {
            return Ok(text.to_owned());
        }
        let refused = Refused::at("invalid-date", 0, format!("`{text}` is no date"));
        Err(refused.hint(match dates::swapped(text) {
            Some(other) => format!("did you mean `{other}`?"),
            None => "write dates as `2026-01-31`".to_owned(),
        }))
    }
}

/// A word as it is used, as the convention has it, or as it was given.
fn spelled<'w>(
    what: &'static str,
    text: &str,
    known: impl Iterator<Item = &'w str> + Clone,
    used: &[String],
    strict: bool,
) -> Result<String, Refused> {
    if used.iter().any(|word| word == text) && !strict {
        return Ok(text.to_owned());
    }
    let mut words = known.clone();
    let by_rule = words.find(|word| alike(word, text));
    if strict && by_rule.is_none() {
        let code = match what {
            "state" => "unknown-state",
            "priority" => "unknown-priority",
            _ => "unknown-kind",
        };
        let hint = match nearest(text, known.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("one of {}", known.collect::<Vec<_>>().join(", ")),
        };
        let reason = format!("`{text}` is no {what} of this convention");
        return Err(Refused::at(code, 0, reason).hint(hint));
    }
    if let Some(word) = used.iter().find(|word| alike(word, text)) {
        return Ok(word.clone());
    }
    Ok(match by_rule {
        Some(word) if strict => word.to_owned(),
        _ => text.to_owned(),
    })
}

/// The one word that has the same letters and digits.
fn only<'w>(text: &str, words: impl Iterator<Item = &'w str>) -> Option<String> {
    let bare = |word: &str| -> String {
        let letters = word.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let wanted = bare(text);
    let mut found = words.filter(|word| !wanted.is_empty() && bare(word) == wanted);
    let first = found.next()?;
    found.next().is_none().then(|| first.to_owned())
}

/// Whether a text is a number as one writes it, so that it needs no quotes.
fn is_number(text: &str) -> bool {
    text.len() <= 15
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'))
}
