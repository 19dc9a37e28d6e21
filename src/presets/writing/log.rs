//! A line of an item's log, in the form in which the convention reads it back.
//! Gets what is said, by whom and when. Gives the one `Op` that puts it in.
//! Never: lets the text of one line look like another line, or hide one.

use memchr::memmem;

use crate::model::document::Document;
use crate::model::edit::{Op, Refused, SectionChange};
use crate::presets::file::DateForm;
use crate::presets::rules::alike;
use crate::presets::writing::Convention;
use crate::presets::writing::date::written;

/// Something to be put into a log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Saying<'a> {
    pub now_ns: i64,
    pub author: &'a str,
    pub model: Option<&'a str>,
    pub text: &'a str,
}

/// How it is put in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Logged {
    /// A change of the file with the body: the companion, where there is one.
    pub op: Op,
    /// Author, model and text as they are read back; the model and the author are none where the
    /// convention has no place for them.
    pub author: Option<String>,
    pub model: Option<String>,
    pub text: String,
}

impl Convention<'_> {
    /// The log line for a document with a body.
    pub(crate) fn log(&self, text: &Document<'_>, saying: Saying<'_>) -> Result<Logged, Refused> {
        let log = &self.file.log;
        let Some(write) = &log.write else {
            let reason = format!("preset `{}` has no log", self.preset.name);
            let hint = "say how its lines look, in `[preset.NAME.log]` of kanban.toml";
            return Err(Refused::at("no-log", 0, reason).hint(hint));
        };
        let with_model = log.write_model.as_ref().unwrap_or(write);
        let author = name(saying.author, with_model);
        let model = saying.model.map(|model| name(model, with_model));
        let model = model.filter(|model| !model.is_empty());
        if author.is_empty() {
            let hint = "give one with `--author`";
            return Err(Refused::at("no-author", 0, "a log line needs an author").hint(hint));
        }
        let said = if log.block.is_some() {
            block(saying.text)
        } else {
            line(saying.text)
        };
        if said.is_empty() {
            let hint = "say what happened, in a word with a letter or a digit";
            return Err(Refused::at("empty-text", 0, "a log line needs a text").hint(hint));
        }
        let form = if model.is_some() { with_model } else { write };
        let filled = fill(form, |word| match word {
            "date" => Some(written(DateForm::Date, saying.now_ns)),
            "minute" => Some(written(DateForm::Minute, saying.now_ns)),
            "author" => Some(author.clone()),
            "model" => Some(model.clone().unwrap_or_default()),
            "text" => Some(said.clone()),
            _ => None,
        });
        let has = |word: &str| form.contains(word);
        Ok(Logged {
            op: self.place(text, filled),
            author: has("{author}").then_some(author),
            model: model.filter(|_| has("{model}")),
            text: said,
        })
    }

    /// Puts a line, or a comment, where the others are.
    fn place(&self, text: &Document<'_>, filled: String) -> Op {
        let log = &self.file.log;
        let body = text.body;
        let heading = log.heading.as_deref().unwrap_or("## Log");
        let title = heading.trim_start_matches('#').trim();
        let there = text.sections.iter().any(|s| alike(&s.title, title));
        let filled = match (&log.begin, &log.end) {
            (Some(begin), Some(end)) => {
                if let Some(start) = memmem::find(body.as_bytes(), begin.as_bytes())
                    && let Some(stop) = memmem::find(&body.as_bytes()[start..], end.as_bytes())
                {
                    let stop = start + stop;
                    let line_start = body[..stop].rfind('\n').map_or(0, |newline| newline + 1);
                    let first = body[start + begin.len()..stop].trim().is_empty();
                    let gap = if first { "" } else { "\n" };
                    return Op::Insert {
                        at: line_start,
                        text: format!("{gap}{filled}\n"),
                    };
                }
                format!("{begin}\n{filled}\n{end}")
            }
            _ => filled,
        };
        if there {
            let title = title.to_owned();
            let change = match log.begin {
                Some(_) => SectionChange::Append(filled),
                None => SectionChange::AppendLine(filled),
            };
            return Op::Section { title, change };
        }
        let gap = match body {
            "" => "\n",
            body if body.ends_with("\n\n") || body.ends_with("\r\n\r\n") => "",
            body if body.ends_with('\n') => "\n",
            _ => "\n\n",
        };
        Op::Insert {
            at: body.len(),
            text: format!("{gap}{heading}\n\n{filled}\n"),
        }
    }
}

/// A template with its words put in; what is put in is not looked at again.
pub(crate) fn fill(template: &str, mut word: impl FnMut(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let (before, behind) = rest.split_at(open);
        out.push_str(before);
        let found = behind[1..]
            .find(['}', '{', '\n'])
            .filter(|close| behind.as_bytes()[close + 1] == b'}')
            .and_then(|close| Some((word(&behind[1..=close])?, close)));
        match found {
            Some((value, close)) => {
                out.push_str(&value);
                rest = &behind[close + 2..];
            }
            None => {
                out.push('{');
                rest = &behind[1..];
            }
        }
    }
    out + rest
}

/// A name on one line, without the signs that end a name in this form.
fn name(text: &str, form: &str) -> String {
    let ends = |c: char| "[]():".contains(c) && form.contains(c);
    one_line(&comments(text).replace(ends, " "))
}

/// Text on one line, which does not begin like a model.
fn line(text: &str) -> String {
    let text = comments(&one_line(text));
    match text.strip_prefix("[model=") {
        Some(_) => format!("\\{text}"),
        None => text,
    }
}

/// Text on several lines, of which none looks like the head or the end of a comment.
fn block(text: &str) -> String {
    let text = comments(text.trim());
    let lines = text.lines().map(|line| {
        let shown = line.trim_start();
        let line = match shown.strip_prefix("created:") {
            Some(rest) => format!("created\\:{rest}"),
            None if shown.starts_with("---") => format!("\\{shown}"),
            None => line.to_owned(),
        };
        line.replace(char::is_control, " ")
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// An HTML comment would hide what stands behind it.
fn comments(text: &str) -> String {
    text.replace("<!--", "&lt;!--").replace("-->", "--&gt;")
}

/// Line ends and control characters are blanks.
fn one_line(text: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let parts = text.split(breaks).map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
