//! Dates as they are written: in the form of the date that stands there, or in that of the preset.
//! Never: asks for the time; the caller says it.

use jiff::Timestamp;

use crate::model::document::{Document, Node, Value};
use crate::model::edit::{KeyPath, Wanted};
use crate::presets::dates;
use crate::presets::file::DateForm;
use crate::presets::writing::Convention;
use crate::presets::writing::home::Home;

impl Convention<'_> {
    /// The key that tells when the item was changed, with the time `now_ns` in the form of the date
    /// that stands there. None where the convention has no such key, or the file has none and the
    /// convention does not ask for it; also where what stands there is no date, or a later one.
    pub(crate) fn touch(
        &self,
        document: &Document<'_>,
        text: &Document<'_>,
        now_ns: i64,
    ) -> Option<(KeyPath, Wanted)> {
        let Home::Key(key, _) = self.home("updated", document, text) else {
            return None;
        };
        let node = at(document, &key);
        let there = match node.map(|node| &node.value) {
            None if self.file.updated.add => None,
            None => return None,
            Some(Value::Null) => None,
            Some(Value::Text(text)) if self.rules.is_none(text) => None,
            Some(Value::Text(text)) => Some(&**text),
            Some(_) => return None,
        };
        let Some(there) = there else {
            return Some((key, self.new_date("updated", now_ns)));
        };
        let rules = &self.rules.file.dates;
        let read = |text: &str| dates::normalize(text, &rules.formats, rules.utc);
        let new = dates::alike(there, &rules.formats, instant(now_ns))?;
        (read(there)? <= read(&new)?).then_some((key, Wanted::Alike(new)))
    }

    /// The time as a date where none stands yet, as the convention writes it.
    pub(crate) fn new_date(&self, field: &str, now_ns: i64) -> Wanted {
        self.bare_or_quoted(written(self.date_form(field), now_ns))
    }

    /// How a new date of that field looks.
    pub(super) fn date_form(&self, field: &str) -> DateForm {
        let date = match field {
            "updated" => &self.file.updated,
            "due" => &self.file.due,
            _ => &self.file.created,
        };
        date.write.unwrap_or(DateForm::Date)
    }

    /// A date or number as text, or as itself, as the convention has it.
    pub(super) fn bare_or_quoted(&self, text: String) -> Wanted {
        if self.file.dates.quoted {
            Wanted::Text(text)
        } else {
            Wanted::Plain(text)
        }
    }
}

/// The time in a form, in UTC.
pub(super) fn written(form: DateForm, now_ns: i64) -> String {
    let form = match form {
        DateForm::Date => "%Y-%m-%d",
        DateForm::Minute => "%Y-%m-%d %H:%M",
        DateForm::Datetime => "%Y-%m-%dT%H:%M:%SZ",
    };
    instant(now_ns).strftime(form).to_string()
}

fn instant(ns: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(ns))
        .expect("because 64 bits of nanoseconds are years 1677 to 2262")
}

/// The value under a path.
pub(super) fn at<'n, 'd>(document: &'n Document<'d>, key: &KeyPath) -> Option<&'n Node<'d>> {
    let mut entries = &document.frontmatter;
    let (last, maps) = key.0.split_last()?;
    for name in maps {
        let entry = entries.iter().find(|entry| entry.key == **name)?;
        let Value::Map(map) = &entry.node.value else {
            return None;
        };
        entries = map;
    }
    let entry = entries.iter().find(|entry| entry.key == **last)?;
    Some(&entry.node)
}
