//! Three versions of an item into one, by meaning: fields by rule, logs as unions, text by section.
//! Gets the bytes of base, ours and theirs, and a preset's `MergeRules`, from `engine`.
//! Gives the merged bytes and what is left undecided.
//! Never: IO; conflict markers in frontmatter; a result that depends on which side is called ours.
//! Read next: `model::merging`, `fields`, `head`, then `body`.

mod body;
mod checks;
mod date;
mod diff3;
mod fields;
mod head;
mod lines;
mod lists;
mod log;
mod markers;
mod order;
mod settle;
mod text;
mod three;
mod unread;
mod value;
mod version;

#[cfg(test)]
mod tests;

pub(crate) use settle::{conflicts, edited, settle};

use crate::merge::body::{BodyRules, merge_body};
use crate::merge::fields::{FieldConflict, merge_fields};
use crate::merge::markers::{Labels, Output};
use crate::merge::text::Dress;
use crate::merge::three::Three;
use crate::merge::value::{Keys, Val, values};
use crate::merge::version::Version;
use crate::model::merging::{CONFLICTS, MergeConflict, MergeRules};
use crate::parse::{Decoded, Source, decode, parse};

/// The versions of one file, and what to call the sides.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sides<'a> {
    /// None where both sides added the file.
    pub base: Option<&'a [u8]>,
    pub ours: &'a [u8],
    pub theirs: &'a [u8],
    /// What git calls the sides, for markers: `HEAD`, a branch, a commit.
    pub ours_label: &'a str,
    pub theirs_label: &'a str,
    /// What the base is called, where markers are to show it.
    pub base_label: Option<&'a str>,
    /// How many characters a conflict marker has.
    pub marker_size: usize,
}

/// A merged file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Merged {
    pub bytes: Vec<u8>,
    /// Empty where all was decided.
    pub conflicts: Vec<MergeConflict>,
    /// For people: what was decided by date, in words.
    pub notes: Vec<String>,
    /// The sides are two items, of which `bytes` is ours; theirs needs a place of its own.
    pub two_items: bool,
}

/// Merges. Any bytes give a result, which depends on which side is called ours only by the names
/// of the sides and, where they are not merged at all, by being ours.
pub(crate) fn merge(sides: &Sides<'_>, source: Source, rules: &MergeRules) -> Merged {
    if sides.ours == sides.theirs || sides.base == Some(sides.theirs) {
        return clean(sides.ours.to_vec());
    }
    if sides.base == Some(sides.ours) {
        return clean(sides.theirs.to_vec());
    }
    let bytes = Three {
        base: sides.base.unwrap_or_default(),
        one: sides.ours,
        other: sides.theirs,
    };
    let Some((texts, dress)) = text::undress(&bytes) else {
        return Merged {
            conflicts: vec![whole_file()],
            ..clean(sides.ours.to_vec())
        };
    };
    // All that differs may be how lines end.
    if let Some(text) = texts.decided() {
        return clean(dress.bytes(text));
    }
    let decoded = |text: String| Decoded {
        text,
        ..Decoded::default()
    };
    let texts = Three {
        base: decoded(texts.base),
        one: decoded(texts.one),
        other: decoded(texts.other),
    };
    let read = |text| Version::read(text, source);
    let (ours, theirs) = (read(&texts.one), read(&texts.other));
    let ours_is_later = ours.is_later(&theirs, rules);
    let theirs_is_later = theirs.is_later(&ours, rules);
    let one_is_ours = ours_is_later || (!theirs_is_later && sides.ours > sides.theirs);
    let (one, other) = if one_is_ours {
        (ours, theirs)
    } else {
        (theirs, ours)
    };
    let merge = Merge {
        versions: Three {
            base: read(&texts.base),
            one,
            other,
        },
        labels: Labels {
            ours: sides.ours_label,
            theirs: sides.theirs_label,
            base: sides.base_label,
            size: sides.marker_size.max(1),
            one_is_ours,
        },
        source,
        rules,
        dress,
        one_is_later: ours_is_later || theirs_is_later,
    };
    merge.run(sides.ours)
}

/// Merges the whole file line by line, as git does by itself, whatever the lines mean.
pub(crate) fn merge_by_line(sides: &Sides<'_>) -> Merged {
    let bytes = Three {
        base: sides.base.unwrap_or_default(),
        one: sides.ours,
        other: sides.theirs,
    };
    let Some((texts, dress)) = text::undress(&bytes) else {
        return Merged {
            conflicts: vec![whole_file()],
            ..clean(sides.ours.to_vec())
        };
    };
    let mut out = Output::new(Labels {
        ours: sides.ours_label,
        theirs: sides.theirs_label,
        base: sides.base_label,
        size: sides.marker_size.max(1),
        one_is_ours: true,
    });
    lines::merge_lines(&mut out, "", &texts.map(String::as_str));
    Merged {
        conflicts: out.conflicts,
        ..clean(dress.bytes(&out.text))
    }
}

/// What says who the item in a file is; empty where nothing does.
pub(crate) fn uid(bytes: &[u8], source: Source, rules: &MergeRules) -> String {
    let decoded = decode(bytes.to_vec());
    let uid = Version::read(&decoded, source).uid(rules);
    uid.map_or_else(String::new, |(_, uid)| uid)
}

fn clean(bytes: Vec<u8>) -> Merged {
    Merged {
        bytes,
        conflicts: Vec::new(),
        notes: Vec::new(),
        two_items: false,
    }
}

/// Bytes that are no text: there is nothing to show.
fn whole_file() -> MergeConflict {
    MergeConflict {
        place: String::new(),
        in_body: true,
        base: None,
        ours: None,
        theirs: None,
    }
}

/// A merge of sides that differ.
struct Merge<'a> {
    versions: Three<Version<'a>>,
    labels: Labels<'a>,
    source: Source,
    rules: &'a MergeRules,
    dress: Dress,
    one_is_later: bool,
}

impl Merge<'_> {
    fn run(&self, ours: &[u8]) -> Merged {
        if let Some(conflict) = self.other_item() {
            return self.two_items(ours, conflict);
        }
        let invalid = self.versions.one.invalid || self.versions.other.invalid;
        let merged = if invalid { None } else { self.by_meaning() };
        merged.unwrap_or_else(|| self.unread())
    }

    /// Two items in one file: not merged. Ours stays, and says so where it can.
    fn two_items(&self, ours: &[u8], conflict: FieldConflict) -> Merged {
        let (version, _) = self.labels.sides(&self.versions.one, &self.versions.other);
        let mut wanted = version.values.clone();
        write_down(&mut wanted, std::slice::from_ref(&conflict), &self.labels);
        let versions = Three {
            base: version,
            one: version,
            other: version,
        };
        let marked = head::write(&versions, self.source, &wanted)
            .map(|head| head + version.body)
            .filter(|text| self.proved(text, &wanted, version.body));
        Merged {
            bytes: marked.map_or_else(|| ours.to_vec(), |text| self.dress.bytes(&text)),
            conflicts: vec![self.reported(&conflict)],
            notes: Vec::new(),
            two_items: true,
        }
    }

    /// Field by field and section by section; none where the result could not be proved.
    fn by_meaning(&self) -> Option<Merged> {
        let values = self.versions.map(|version| version.values.clone());
        let mut fields = merge_fields(&values, self.rules, self.one_is_later);
        write_down(&mut fields.values, &fields.conflicts, &self.labels);
        let versions = self.versions.map(|version| version);
        let head = head::write(&versions, self.source, &fields.values)?;
        let mut out = Output::new(self.labels);
        merge_body(&mut out, &self.versions, &BodyRules::new(self.rules));
        if head.is_empty() && self.opens_with_fence() && !out.conflicts.is_empty() {
            // A fence behind a marker at the very top would read as frontmatter.
            out.text.insert(0, '\n');
        }
        let text = head + &out.text;
        if !self.proved(&text, &fields.values, &out.text) {
            return None;
        }
        let reported = fields
            .conflicts
            .iter()
            .map(|conflict| self.reported(conflict));
        Some(Merged {
            bytes: self.dress.bytes(&text),
            conflicts: reported.chain(out.conflicts).collect(),
            notes: fields.notes,
            two_items: false,
        })
    }

    /// The body is merged; of the frontmatter one side's stands at its place, and the other one is
    /// in the body between markers.
    fn unread(&self) -> Merged {
        let mut out = Output::new(self.labels);
        let head = unread::write(&mut out, &self.versions);
        merge_body(&mut out, &self.versions, &BodyRules::new(self.rules));
        Merged {
            bytes: self.dress.bytes(&(head + &out.text)),
            conflicts: out.conflicts,
            notes: Vec::new(),
            two_items: false,
        }
    }

    fn opens_with_fence(&self) -> bool {
        let fence = |body: &str| {
            let first = body.trim_start_matches('\n');
            ["---", "+++", "{"]
                .iter()
                .any(|fence| first.starts_with(fence))
        };
        fence(self.versions.one.body) || fence(self.versions.other.body)
    }

    /// The identity, where the sides have two.
    fn other_item(&self) -> Option<FieldConflict> {
        let uids = self.versions.map(|version| version.uid(self.rules));
        let (one, other) = (uids.one?, uids.other?);
        (one.1 != other.1).then(|| FieldConflict {
            field: one.0,
            values: Three {
                base: uids.base.map(|(_, uid)| Val::text(&uid)),
                one: Some(Val::text(&one.1)),
                other: Some(Val::text(&other.1)),
            },
        })
    }

    /// Whether a text reads as these values and this body.
    fn proved(&self, text: &str, wanted: &Keys, body: &str) -> bool {
        let decoded = Decoded {
            text: text.to_owned(),
            ..Decoded::default()
        };
        let document = parse(&decoded, self.source);
        let found = Val::Map(values(&document.frontmatter, text));
        !document.invalid && document.body == body && found == Val::Map(wanted.clone())
    }

    fn reported(&self, conflict: &FieldConflict) -> MergeConflict {
        let json = conflict.values.map(|value| value.as_ref().map(Val::json));
        let (ours, theirs) = self.labels.sides(json.one, json.other);
        MergeConflict {
            place: conflict.field.clone(),
            in_body: false,
            base: json.base,
            ours,
            theirs,
        }
    }
}

/// Writes the conflicts down behind those that are there.
fn write_down(values: &mut Keys, conflicts: &[FieldConflict], labels: &Labels<'_>) {
    if conflicts.is_empty() {
        return;
    }
    let mut list = match values.iter().position(|(key, _)| key == CONFLICTS) {
        Some(at) => match values.remove(at).1 {
            Val::List(list) => list,
            Val::Null => Vec::new(),
            other => vec![other],
        },
        None => Vec::new(),
    };
    for conflict in conflicts {
        let Three { base, one, other } = conflict.values.map(Clone::clone);
        let (ours, theirs) = labels.sides(one, other);
        let sides = [("base", base), ("ours", ours), ("theirs", theirs)];
        let sides = sides
            .into_iter()
            .filter_map(|(side, value)| Some((side.to_owned(), value?)));
        let field = ("field".to_owned(), Val::text(&conflict.field));
        list.push(Val::Map(std::iter::once(field).chain(sides).collect()));
    }
    values.push((CONFLICTS.to_owned(), Val::List(list)));
}
