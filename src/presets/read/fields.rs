//! The single fields of an item: what was found, completed and judged.
//! Never: walks the frontmatter again.

use std::borrow::Cow;

use crate::base::path;
use crate::model::document::Origin;
use crate::model::item::{Link, Phase};
use crate::model::problem::Severity;
use crate::presets::dates;
use crate::presets::file::{Capture, Date};
use crate::presets::read::Context;
use crate::presets::read::frontmatter::Gathered;
use crate::presets::read::links::clean;
use crate::presets::read::values::{Found, Position};
use crate::presets::rules::{Slot, fold, nearest};

impl<'r> Context<'r, '_> {
    /// The text of a field that needs no judgement.
    pub(crate) fn plain(&self, found: &Option<&Found<'_>>) -> Option<String> {
        found.map(|found| found.text.clone().into_owned())
    }

    fn in_path(&self, rule: Option<&Capture>) -> Option<Found<'r>> {
        rule?.first(self.inner).map(Found::nowhere)
    }

    /// Whether a missing field is worth a word: where the frontmatter could not be read, that has
    /// been said already.
    fn can_miss(&self) -> bool {
        !self.document.invalid && !self.document.conflicted
    }

    /// Where a key stands that says nothing, if it is there.
    fn key(&self, key: &str) -> Option<Position> {
        self.document.get(key).map(|entry| Position {
            line: entry.line,
            col: entry.col,
            companion: false,
        })
    }

    /// The id, with all that can be wrong with it.
    pub(crate) fn id(&mut self, found: &Gathered<'_>) -> Option<String> {
        let rules = &self.rules.file.id;
        let inner = self.inner;
        let in_path = || rules.path.as_ref().and_then(|rule| rule.first(inner));
        let Some(written) = found.one(Slot::Id) else {
            let in_path = in_path();
            if rules.from_path
                && let Some(id) = in_path
            {
                return Some(id.to_owned());
            }
            if rules.required && self.can_miss() {
                let key = rules.keys.first().map_or("id", String::as_str);
                let place = self.key(key);
                let message = format!("it has no `{key}`");
                let hint = match in_path {
                    Some(id) => format!(
                        "its name says `{key}: {id}`; `kanban fix` writes it unless another item has it"
                    ),
                    None => format!("write `{key}:` into the frontmatter"),
                };
                self.report("missing-id", Severity::Warning, place, message, hint);
            }
            return None;
        };
        let id = written.text.as_ref();
        if let Some(valid) = &rules.valid
            && !valid.regex().is_match(id)
        {
            let message = format!("`{id}` is no id of this convention");
            let hint = format!("ids look like `{}`", valid.text());
            self.report(
                "id-malformed",
                Severity::Warning,
                written.place,
                message,
                hint,
            );
        // Nearly every name begins with its id: that is seen without a regular expression.
        } else if !begins_with(path::name_of(inner), id)
            && let Some(name) = in_path()
            && !self.names_id(name, id)
        {
            let message = format!("the id is `{id}`, but the name says `{name}`");
            let hint = "rename the file, or correct the id";
            self.report(
                "id-unlike-file-name",
                Severity::Warning,
                written.place,
                message,
                hint,
            );
        }
        if rules.bucket_size > 0
            && let Some(number) = trailing_number(id)
            && let folder = path::name_of(path::folder_of(inner))
            && let Ok(bucket) = folder.parse::<u64>()
        {
            let right = number - number % rules.bucket_size;
            if bucket != right {
                let message = format!("`{id}` stands in the folder `{folder}`");
                let hint = format!(
                    "its folder would be `{right:0width$}`",
                    width = folder.len()
                );
                self.report(
                    "bucket-mismatch",
                    Severity::Info,
                    written.place,
                    message,
                    hint,
                );
            }
        }
        Some(id.to_owned())
    }

    /// Whether the id in a file name is this id, or another name of it.
    fn names_id(&self, name: &str, id: &str) -> bool {
        name.eq_ignore_ascii_case(id)
            || same_number(name, id)
            || self
                .id_aliases(id)
                .any(|alias| alias.eq_ignore_ascii_case(name))
    }

    fn id_aliases<'i>(&'i self, id: &'i str) -> impl Iterator<Item = String> + 'i {
        self.rules.file.id.aliases.iter().filter_map(move |rule| {
            let groups = rule.id.regex().captures(id)?;
            let mut alias = String::new();
            groups.expand(&rule.alias, &mut alias);
            Some(alias)
        })
    }

    /// Other names, from the frontmatter, the path and the id.
    pub(crate) fn aliases(&self, found: &mut Gathered<'_>, id: Option<&str>) -> Vec<String> {
        let mut aliases = std::mem::take(&mut found.aliases);
        let in_path = self.in_path(self.rules.file.aliases.path.as_ref());
        let more = in_path.map(|found| found.text.into_owned());
        let by_id = id.into_iter().flat_map(|id| self.id_aliases(id));
        for alias in more.into_iter().chain(by_id) {
            let known = |known: &str| known.eq_ignore_ascii_case(&alias);
            if !id.is_some_and(known) && !aliases.iter().any(|other| known(other)) {
                aliases.push(alias);
            }
        }
        aliases
    }

    pub(crate) fn kind(&mut self, found: &Gathered<'_>) -> Option<String> {
        let rules = &self.rules.file.kind;
        if let Some(written) = found.one(Slot::Kind) {
            let kind = written.text.as_ref();
            if !self.rules.kinds.is_empty() && !self.rules.kinds.contains(&fold(kind)) {
                let message = format!("`{kind}` is no kind of this convention");
                let hint = suggest(kind, rules.known.iter().map(String::as_str));
                self.report(
                    "unknown-kind",
                    Severity::Warning,
                    written.place,
                    message,
                    hint,
                );
            }
            return Some(kind.to_owned());
        }
        match self.in_path(rules.path.as_ref()) {
            Some(folder) => {
                let folder = folder.text.into_owned();
                Some(rules.names.get(&folder).cloned().unwrap_or(folder))
            }
            None => rules.default.clone(),
        }
    }

    pub(crate) fn title(&mut self, found: &Gathered<'_>) -> String {
        let rules = &self.rules.file.title;
        if let Some(written) = found.one(Slot::Title) {
            return one_line(&written.text);
        }
        let heading = self.text.sections.iter().find(|section| section.level == 1);
        if rules.heading
            && let Some(heading) = heading
        {
            let title = heading.title.trim();
            let cut = rules
                .strip
                .as_ref()
                .and_then(|strip| strip.regex().find(title));
            let title = &title[cut.map_or(0, |cut| cut.end())..];
            if !title.is_empty() {
                return one_line(title);
            }
        }
        let name = match self.in_path(rules.path.as_ref()) {
            Some(name) => name.text,
            None => Cow::Owned(self.stem().to_owned()),
        };
        let title = if rules.words && !name.contains(' ') {
            name.replace(['-', '_'], " ")
        } else if rules.words {
            name.replace('-', " ")
        } else {
            name.into_owned()
        };
        if rules.required && self.can_miss() {
            let message = format!("it has no title; `{title}` is taken from its name");
            let hint = match rules.keys.first() {
                Some(key) => format!("write `{key}:` into the frontmatter"),
                None => "begin the text with a heading".to_owned(),
            };
            let place = rules.keys.first().and_then(|key| self.key(key));
            self.report("missing-title", Severity::Info, place, message, hint);
        }
        title
    }

    /// The state as written and its phase.
    pub(crate) fn state(&mut self, found: &mut Gathered<'_>) -> (Option<String>, Option<Phase>) {
        let rules = &self.rules.file.state;
        let written = found
            .one(Slot::State)
            .cloned()
            .or_else(|| self.in_section(rules.section.as_deref()))
            .or_else(|| self.in_body(rules.line.as_ref()));
        let Some(written) = written.or_else(|| rules.default.as_deref().map(Found::nowhere)) else {
            if rules.required && self.can_miss() {
                let key = rules.keys.first().map_or("state", String::as_str);
                let message = format!("it has no `{key}`");
                let hint = format!("one of {}", self.state_words());
                let place = self.key(key);
                self.report("missing-state", Severity::Warning, place, message, hint);
            }
            return (None, rules.closed_as.map(Phase::from));
        };
        let groups = rules
            .pattern
            .as_ref()
            .and_then(|pattern| pattern.regex().captures(&written.text));
        let state = match groups.as_ref().and_then(|groups| groups.get(1)) {
            Some(word) => word.as_str(),
            None => written.text.as_ref(),
        };
        if let Some(rel) = &self.rules.state_rel
            && let Some(link) = groups.as_ref().and_then(|groups| groups.get(2))
            && let Some(target) = clean(link.as_str().trim_end_matches('.'))
        {
            let place = written.place.unwrap_or_default();
            found.links.push(Link {
                rel: rel.clone(),
                target: target.to_owned(),
                origin: if place.companion || self.is_in_body(place) {
                    Origin::Markdown
                } else {
                    Origin::Frontmatter
                },
                companion: place.companion,
                line: place.line,
            });
        }
        let state = rules.names.get(state).map_or(state, String::as_str);
        let mut phase = self.rules.phases.get(&fold(state)).copied();
        if phase.is_none() && rules.strict {
            let message = format!("`{state}` is no state of this convention");
            let mut hint = suggest(state, rules.phases.keys().map(String::as_str));
            if hint.is_empty() {
                hint = format!("one of {}", self.state_words());
            }
            self.report(
                "unknown-state",
                Severity::Warning,
                written.place,
                message,
                hint,
            );
        }
        if let Some(closed) = rules.closed_as
            && phase != Some(Phase::Done)
        {
            phase = Some(closed.into());
        }
        (Some(state.to_owned()), phase)
    }

    fn is_in_body(&self, place: Position) -> bool {
        place.line >= self.document.body_line
    }

    fn state_words(&self) -> String {
        let words = self.rules.file.state.phases.keys();
        words.map(String::as_str).collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn priority(&mut self, found: &Gathered<'_>) -> (Option<String>, Option<i64>) {
        let Some(written) = found.one(Slot::Priority) else {
            return (None, None);
        };
        let rules = &self.rules.file.priority;
        let rank = self.rules.ranks.get(&fold(&written.text)).copied();
        if rank.is_none() && rules.strict {
            let message = format!("`{}` is no priority of this convention", written.text);
            let hint = format!("one of {}", rules.order.join(", "));
            self.report(
                "unknown-priority",
                Severity::Info,
                written.place,
                message,
                hint,
            );
        }
        (Some(written.text.clone().into_owned()), rank)
    }

    /// Created, updated and due.
    pub(crate) fn dates(
        &mut self,
        found: &Gathered<'_>,
    ) -> (Option<String>, Option<String>, Option<String>) {
        let rules = &self.rules.file;
        (
            self.date("created", &rules.created, found.one(Slot::Created)),
            self.date("updated", &rules.updated, found.one(Slot::Updated)),
            self.date("due", &rules.due, found.one(Slot::Due)),
        )
    }

    fn date(&mut self, field: &str, rule: &Date, written: Option<&Found<'_>>) -> Option<String> {
        let elsewhere;
        let written = match written {
            Some(written) => written,
            None => {
                elsewhere = self
                    .in_body(rule.line.as_ref())
                    .or_else(|| self.in_path(rule.path.as_ref()))?;
                &elsewhere
            }
        };
        let text = written.text.as_ref();
        let forms = &self.rules.file.dates;
        let date = dates::normalize(text, &forms.formats, forms.utc);
        if date.is_none() {
            let key = rule.keys.first().map_or(field, String::as_str);
            let message = format!("`{text}` is no date (`{key}`)");
            let hint = match dates::swapped(text) {
                Some(other) => format!("did you mean `{other}`?"),
                None => "write dates as `2026-01-31`".to_owned(),
            };
            self.report(
                "invalid-date",
                Severity::Warning,
                written.place,
                message,
                hint,
            );
        }
        Some(date.unwrap_or_else(|| text.to_owned()))
    }

    /// The first person of the first role that has one.
    pub(crate) fn owner(&self, found: &Gathered<'_>) -> Option<String> {
        self.rules.owner.iter().find_map(|role| {
            let at = found.roles.iter().position(|known| known == role)?;
            Some(found.people[at].name.clone())
        })
    }
}

/// `did you mean ...?`, or nothing.
fn suggest<'w>(word: &str, words: impl Iterator<Item = &'w str>) -> String {
    nearest(word, words).map_or_else(String::new, |near| format!("did you mean `{near}`?"))
}

/// A title is one line.
fn one_line(text: &str) -> String {
    let text = text.trim();
    if text.contains(['\n', '\r']) {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    } else {
        text.to_owned()
    }
}

/// Whether a file name begins with an id that ends there.
fn begins_with(name: &str, id: &str) -> bool {
    let (name, id) = (name.as_bytes(), id.as_bytes());
    name.len() > id.len()
        && name[..id.len()].eq_ignore_ascii_case(id)
        && match name[id.len()] {
            // `task-1.2` does not begin with `task-1`, `task-1.md` does.
            b'.' => !name.get(id.len() + 1).is_some_and(u8::is_ascii_digit),
            next => !next.is_ascii_alphanumeric() && next != b'-',
        }
}

/// The number at the end of an id.
fn trailing_number(id: &str) -> Option<u64> {
    let digits = id.bytes().rev().take_while(u8::is_ascii_digit).count();
    id[id.len() - digits..].parse().ok()
}

/// Whether both are numbers, and the same but for leading zeros.
fn same_number(a: &str, b: &str) -> bool {
    matches!((a.parse::<u64>(), b.parse::<u64>()), (Ok(a), Ok(b)) if a == b)
}
