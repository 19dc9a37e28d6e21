//! Operations on the body: checks, sections, whole lines, and plain ranges.
//! Gets the text of a file and one operation; gives the new text, or nothing where nothing is to do.
//! Never: touches the frontmatter; lets new text change what headings and checks there are elsewhere.

use std::ops::Range;

use crate::edit::splice::{Splices, eol_at, line_end, line_start};
use crate::model::document::{Document, Section};
use crate::model::edit::{Op, Refused, SectionChange};
use crate::parse::{self, Decoded, Source};

/// Applies one operation on the body.
pub(crate) fn edit(text: &str, source: Source, op: &Op) -> Result<Option<String>, Refused> {
    let decoded = decoded(text);
    let file = File {
        document: parse::parse(&decoded, source),
        text,
        source,
    };
    match op {
        Op::Tick { check, done } => file.tick(*check, *done),
        Op::Section { title, change } => file.section(title, change),
        Op::Insert { at, text } => file.insert(*at, text),
        Op::Replace { range, text } => file.replace(range, text),
        Op::Set { .. }
        | Op::Place { .. }
        | Op::Unset { .. }
        | Op::Add { .. }
        | Op::Remove { .. }
        | Op::Rename { .. }
        | Op::Quote { .. } => Ok(None),
    }
}

fn decoded(text: &str) -> Decoded {
    Decoded {
        text: text.to_owned(),
        ..Decoded::default()
    }
}

struct File<'t> {
    document: Document<'t>,
    text: &'t str,
    source: Source,
}

type Edit = Result<Option<String>, Refused>;

impl File<'_> {
    /// Offset of the body in the text.
    fn body(&self) -> usize {
        self.text.len() - self.document.body.len()
    }

    fn tick(&self, number: usize, done: bool) -> Edit {
        let checks = &self.document.checks;
        let Some(check) = checks.get(number) else {
            let reason = match checks.len() {
                0 => "the file has no checklist lines".to_owned(),
                1 => "the file has one checklist line only".to_owned(),
                many => format!("the file has {many} checklist lines only"),
            };
            return Err(Refused::at("no-such-check", 0, reason));
        };
        if check.done == done {
            return Ok(None);
        }
        let before = self.document.body[..check.range.start].trim_end();
        let mark = before.len().checked_sub(2).filter(|at| {
            matches!(
                before.as_bytes().get(*at - 1..),
                Some([b'[', b' ' | b'x' | b'X', b']'])
            )
        });
        let Some(mark) = mark else {
            return Err(not_proved(check.line, "the box of the line cannot be told"));
        };
        let mut out = Splices::new(self.text);
        let at = self.body() + mark;
        out.put(at..at + 1, if done { "x" } else { " " });
        self.prove(out, check.line, |before, after| {
            let mut expected = boxes(before);
            expected[number].0 = done;
            boxes(after) == expected
                && heads(before, 0..before.sections.len()) == heads(after, 0..after.sections.len())
        })
    }

    fn section(&self, title: &str, change: &SectionChange) -> Edit {
        let sections = &self.document.sections;
        let wanted = plain_title(title);
        let Some(index) = sections
            .iter()
            .position(|section| plain_title(&section.title) == wanted)
        else {
            let reason = format!("there is no heading `{title}`");
            let titles: Vec<_> = sections
                .iter()
                .map(|it| format!("`{}`", it.title))
                .collect();
            return Err(
                Refused::at("no-such-section", 0, reason).hint(match titles.len() {
                    0 => "the file has no headings".to_owned(),
                    1..=12 => format!("there are {}", titles.join(", ")),
                    many => format!("there are {many} others"),
                }),
            );
        };
        let section = &sections[index];
        let next = (index + 1..sections.len()).find(|at| sections[*at].level <= section.level);
        let next = next.unwrap_or(sections.len());
        let (text, behind) = match change {
            SectionChange::Replace(text) => (text, index + 1),
            SectionChange::Append(text) | SectionChange::AppendLine(text) => (text, next),
        };
        refuse_nul(text)?;
        let base = self.body();
        let range = base + section.range.start..base + sections[behind - 1].range.end;
        let core = core(self.text, range.clone());
        let deep_end = base + sections[next - 1].range.end;
        let eol = eol_at(self.text, range.start);
        let new = lines_of(text, eol);
        let mut out = Splices::new(self.text);
        let follows = range.end < self.text.len();
        match change {
            SectionChange::Replace(_)
                if is_there(self.text, base + section.range.start..deep_end, &core, &new) =>
            {
                return Ok(None);
            }
            SectionChange::Append(_) | SectionChange::AppendLine(_) if new.is_empty() => {
                return Ok(None);
            }
            _ if core.is_empty() => fill(&mut out, self.text, &range, &new, eol),
            SectionChange::Replace(_) if new.is_empty() => {
                out.lines(core.start..line_end(self.text, core.end), String::new());
            }
            SectionChange::Replace(_) => out.put(core.clone(), new),
            SectionChange::Append(_) | SectionChange::AppendLine(_) => {
                let at = line_end(self.text, core.end).min(range.end);
                let paragraph = matches!(change, SectionChange::Append(_));
                let lead = if paragraph { eol } else { "" };
                // A heading with `#` ends a paragraph; an underlined one would take it in.
                let tight = at == range.end
                    && follows
                    && (paragraph || !self.text[at..].trim_start().starts_with('#'));
                let tail = if tight { eol } else { "" };
                out.lines(at..at, format!("{lead}{new}{eol}{tail}"));
            }
        }
        let level = section.level;
        let (gone, line) = (core.start - base..core.end - base, section.line);
        let gone = match change {
            SectionChange::Replace(_) => gone,
            SectionChange::Append(_) | SectionChange::AppendLine(_) => gone.end..gone.end,
        };
        self.prove(out, line, |before, after| {
            let tail = before.sections.len() - behind;
            let Some(extra) = after.sections.len().checked_sub(before.sections.len()) else {
                return false;
            };
            let new_sections = &after.sections[behind..behind + extra];
            heads(before, 0..behind) == heads(after, 0..behind)
                && new_sections.iter().all(|section| section.level > level)
                && heads(before, behind..behind + tail)
                    == heads(after, behind + extra..after.sections.len())
                && checks_stay(before, after, &gone)
        })
    }

    fn insert(&self, at: usize, text: &str) -> Edit {
        refuse_nul(text)?;
        let body = self.document.body;
        let begins_line =
            at == 0 || at == body.len() || body.as_bytes().get(at.wrapping_sub(1)) == Some(&b'\n');
        if at > body.len() || !begins_line {
            return Err(Refused::at(
                "bad-range",
                0,
                "lines go to the start of a line",
            ));
        }
        if text.is_empty() {
            return Ok(None);
        }
        let at = self.body() + at;
        let eol = eol_at(self.text, at);
        let mut lines = with_endings(text, eol);
        if !lines.ends_with('\n') {
            lines.push_str(eol);
        }
        let mut out = Splices::new(self.text);
        out.lines(at..at, lines);
        self.prove(out, self.document.body_line, |_, _| true)
    }

    fn replace(&self, range: &Range<usize>, text: &str) -> Edit {
        refuse_nul(text)?;
        let Some(old) = self.document.body.get(range.clone()) else {
            return Err(Refused::at("bad-range", 0, "the body has no such bytes"));
        };
        if old == text {
            return Ok(None);
        }
        let base = self.body();
        let mut out = Splices::new(self.text);
        if base > 0 && !self.text[..base].ends_with('\n') {
            out.put(base..base, eol_at(self.text, base));
        }
        out.put(base + range.start..base + range.end, text);
        self.prove(out, self.document.body_line, |_, _| true)
    }

    /// The new text, where frontmatter and body are told apart as before, and `holds` says that the
    /// rest is as it should be.
    fn prove(
        &self,
        out: Splices<'_>,
        line: u32,
        holds: impl FnOnce(&Document<'_>, &Document<'_>) -> bool,
    ) -> Edit {
        let next = out
            .apply()
            .ok_or_else(|| not_proved(line, "the place cannot be told"))?;
        let after = decoded(&next);
        let after = parse::parse(&after, self.source);
        let front = next.len() - after.body.len();
        let before = &self.text[..self.body()];
        // The closing fence may be the end of the file; it gets the end of its line with a body.
        let same_front = next[..front].strip_prefix(before).is_some_and(|ending| {
            ending.is_empty() || !before.ends_with('\n') && matches!(ending, "\n" | "\r\n")
        }) && after.raw_frontmatter == self.document.raw_frontmatter
            && after.invalid == self.document.invalid;
        if !same_front {
            return Err(not_proved(
                line,
                "the text would become part of the frontmatter",
            ));
        }
        if !holds(&self.document, &after) {
            return Err(not_proved(
                line,
                "other headings or checklist lines would change with it",
            ));
        }
        Ok(Some(next))
    }
}

fn not_proved(line: u32, why: &str) -> Refused {
    Refused::at(
        "not-proved",
        line,
        format!("the edit cannot be proved: {why}"),
    )
    .hint("edit the file by hand")
}

fn refuse_nul(text: &str) -> Result<(), Refused> {
    if text.contains('\0') {
        Err(Refused::at(
            "nul",
            0,
            "text with a NUL character cannot be written",
        ))
    } else {
        Ok(())
    }
}

/// Titles are the same whatever their case, blanks, `_` and `-`.
fn plain_title(title: &str) -> String {
    title
        .chars()
        .filter(|character| !character.is_whitespace() && !matches!(character, '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// The lines from the first to the last that is not blank, without the last line ending.
fn core(text: &str, range: Range<usize>) -> Range<usize> {
    let inner = &text[range.clone()];
    let content = inner.trim_start();
    if content.is_empty() {
        return range.start..range.start;
    }
    let first = range.end - content.len();
    line_start(text, first).max(range.start)..range.start + inner.trim_end().len()
}

/// Text as lines of the file, without blank lines around them and the last line ending.
fn lines_of(text: &str, eol: &str) -> String {
    let lines = text.trim_end();
    let first = lines.len() - lines.trim_start().len();
    let start = lines[..first].rfind('\n').map_or(0, |newline| newline + 1);
    with_endings(&lines[start..], eol)
}

fn with_endings(text: &str, eol: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', eol)
}

/// True where a section begins with the text, its own text being no more than that: headings in the
/// text have become sections below it.
fn is_there(text: &str, section: Range<usize>, core_of: &Range<usize>, new: &str) -> bool {
    if new.is_empty() {
        return core_of.is_empty();
    }
    let first = core(text, section.clone());
    let rest = &text[first.start..section.end];
    let behind = rest.strip_prefix(new);
    behind.is_some_and(|behind| {
        behind.trim_start_matches([' ', '\t', '\r']).is_empty() || behind.starts_with(['\n', '\r'])
    }) && first.start + new.len() >= core_of.end
}

/// Puts text below a heading that has none, with a blank line on either side.
fn fill(out: &mut Splices<'_>, text: &str, range: &Range<usize>, new: &str, eol: &str) {
    let blank = &text[range.clone()];
    let at = range.start + blank.find('\n').map_or(blank.len(), |newline| newline + 1);
    let lead = if blank.contains('\n') { "" } else { eol };
    let follows = range.end < text.len() && at == range.end;
    let tail = if follows { eol } else { "" };
    out.lines(at..at, format!("{lead}{new}{eol}{tail}"));
}

fn heads<'d>(document: &'d Document<'_>, range: Range<usize>) -> Vec<(u8, &'d str)> {
    let head = |section: &'d Section| (section.level, section.title.as_str());
    document.sections[range].iter().map(head).collect()
}

fn boxes<'d>(document: &'d Document<'_>) -> Vec<(bool, &'d str)> {
    let checks = document.checks.iter();
    checks
        .map(|check| (check.done, &document.body[check.range.clone()]))
        .collect()
}

/// The checks before and behind the bytes `gone` of the old body are those of the new one.
fn checks_stay(before: &Document<'_>, after: &Document<'_>, gone: &Range<usize>) -> bool {
    let (old, new) = (boxes(before), boxes(after));
    let head = before
        .checks
        .iter()
        .filter(|check| check.range.start < gone.start)
        .count();
    let tail = before
        .checks
        .iter()
        .filter(|check| check.range.start >= gone.end)
        .count();
    new.len() >= head + tail
        && old[..head] == new[..head]
        && old[old.len() - tail..] == new[new.len() - tail..]
}
