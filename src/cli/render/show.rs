//! `show`: everything known of one item, its body last.
//! Gets an item in full. Gives text. Never: interprets the body beyond its headings.

use crate::cli::render::line::{Line, line};
use crate::cli::render::{name, reference};
use crate::cli::style::{self, Look};
use crate::cli::text;
use crate::query::view::{CheckRow, EntryRow, LinkRow, ShowView};

/// Which part of the item is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    All,
    BodyOnly,
    NoBody,
}

/// Whether links were looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Links {
    Found,
    AsWritten,
}

/// Column of the facts under the title.
const EDGE: usize = 12;
/// Cells of the progress bar of a checklist.
const BAR: usize = 10;

pub(crate) fn show(view: &ShowView, part: Part, found: Links, look: Look) -> String {
    let mut out = String::new();
    if part != Part::BodyOnly {
        head(view, look, &mut out);
        links(view, found, look, &mut out);
        children(view, look, &mut out);
        checks(&view.checks, look, &mut out);
        entries(&view.entries, look, &mut out);
        problems(view, look, &mut out);
    }
    if part == Part::All && !view.body.trim().is_empty() {
        out.push('\n');
        rule(look, &mut out);
    }
    if part != Part::NoBody {
        body(&view.body, look, &mut out);
    }
    out
}

fn head(view: &ShowView, look: Look, out: &mut String) {
    let item = &view.item;
    let phase = item.phase.as_deref();
    let mut title = line(style::ID, name(item, look));
    title
        .plain("  ")
        .push(style::BOLD, &item.title)
        .write(out, look);
    let mut state = Line::new();
    if look.is_terminal() {
        state
            .push(style::phase(phase), look.glyph(phase))
            .plain(" ");
    }
    let raw = item.state.as_deref().unwrap_or("no state");
    state.push(style::phase(phase), raw);
    if let Some(phase) = phase.filter(|phase| !phase.eq_ignore_ascii_case(raw)) {
        state.push(style::DIM, &format!(" ({phase})"));
    }
    for fact in [&item.kind, &item.priority].into_iter().flatten() {
        state.plain(", ").plain(fact);
    }
    if item.status != "ok" {
        state.plain(", ").push(style::ERROR, &item.status);
    }
    state.write(out, look);
    out.push('\n');
    let people: Vec<String> = view
        .people
        .iter()
        .map(|row| format!("{} {}", row.role, row.name))
        .collect();
    let tags: Vec<String> = item.tags.iter().map(|tag| format!("#{tag}")).collect();
    let (people, tags) = (people.join(", "), tags.join(" "));
    for (key, path) in [
        ("path", Some(&item.path)),
        ("with", view.companion.as_ref()),
    ] {
        if let Some(path) = path {
            let mut whole = line(style::DIM, key);
            whole.pad(EDGE).push(style::PATH, path);
            whole.write_whole(out, look);
        }
    }
    let facts = [
        ("uid", item.uid.as_deref(), style::DIM),
        ("people", some(&people), style::PLAIN),
        ("tags", some(&tags), style::PLAIN),
        ("area", item.area.as_deref(), style::PLAIN),
        ("iteration", item.iteration.as_deref(), style::PLAIN),
        ("created", item.created.as_deref(), style::PLAIN),
        ("updated", item.updated.as_deref(), style::PLAIN),
        ("due", item.due.as_deref(), style::PLAIN),
        ("preset", Some(item.preset.as_str()), style::DIM),
    ];
    for (key, value, style) in facts {
        if let Some(value) = value {
            field(key, value, style, look, out);
        }
    }
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// A fact under the title; a long value goes on below itself.
fn field(key: &str, value: &str, style: anstyle::Style, look: Look, out: &mut String) {
    let value = text::line(value);
    let room = look
        .width
        .map_or(usize::MAX, |max| max.saturating_sub(EDGE).max(8));
    let (ranges, _) = text::wrap(&value, room, 20);
    for (at, range) in ranges.into_iter().enumerate() {
        let mut line = Line::new();
        line.push(style::DIM, if at == 0 { key } else { "" })
            .pad(EDGE);
        line.push(style, &value[range]).write(out, look);
    }
}

fn heading(text: &str, look: Look, out: &mut String) {
    out.push('\n');
    line(style::HEADING, text).write(out, look);
}

fn rule(look: Look, out: &mut String) {
    if let Some(width) = look.width {
        line(style::DIM, &look.pick("─", "-").repeat(width.min(80))).write(out, look);
        out.push('\n');
    }
}

fn links(view: &ShowView, found: Links, look: Look, out: &mut String) {
    if !view.links.is_empty() {
        heading("links", look, out);
        for link in &view.links {
            outward(link, found, look).write(out, look);
        }
    }
    if !view.backlinks.is_empty() {
        heading("linked from", look, out);
        for link in &view.backlinks {
            let mut line = arrow("←", "<-", &link.rel, look);
            let phase = link.phase.as_deref();
            line.append(reference(link.id.as_deref(), &link.path, phase, look));
            line.plain("  ")
                .push(style::title(phase), &link.title)
                .write(out, look);
        }
    }
}

fn outward(link: &LinkRow, found: Links, look: Look) -> Line {
    let mut line = arrow("→", "->", &link.rel, look);
    if found == Links::AsWritten {
        line.plain(&link.target);
        return line;
    }
    let Some(path) = &link.target_path else {
        line.push(style::WARNING, &link.target)
            .push(style::DIM, "  (not found)");
        return line;
    };
    let phase = link.target_phase.as_deref();
    line.append(reference(link.target_id.as_deref(), path, phase, look));
    if let Some(title) = &link.target_title {
        line.plain("  ").push(style::title(phase), title);
    }
    line
}

fn arrow(unicode: &'static str, ascii: &'static str, rel: &str, look: Look) -> Line {
    let mut line = Line::new();
    line.plain("  ")
        .push(style::DIM, look.pick(unicode, ascii))
        .plain(" ");
    line.push(style::DIM, rel).pad(16).plain(" ");
    line
}

fn children(view: &ShowView, look: Look, out: &mut String) {
    if view.children.is_empty() {
        return;
    }
    let done = view
        .children
        .iter()
        .filter(|child| style::is_closed(child.phase.as_deref()))
        .count();
    heading(
        &format!("children ({done}/{} closed)", view.children.len()),
        look,
        out,
    );
    for child in &view.children {
        let phase = child.phase.as_deref();
        let mut line = Line::new();
        line.plain("  ")
            .append(reference(child.id.as_deref(), &child.path, phase, look));
        line.plain("  ")
            .push(style::title(phase), &child.title)
            .write(out, look);
    }
}

fn checks(checks: &[CheckRow], look: Look, out: &mut String) {
    if checks.is_empty() {
        return;
    }
    let done = checks.iter().filter(|check| check.done).count();
    out.push('\n');
    let mut head = line(style::HEADING, &format!("checks {done}/{}", checks.len()));
    if look.is_terminal() {
        let (full, empty) = look.bar(done as u64, checks.len() as u64, BAR);
        head.plain("  ")
            .push(style::GOOD, &full)
            .push(style::DIM, &empty);
    }
    head.write(out, look);
    let mut section = None;
    for check in checks {
        if check.section != section {
            section.clone_from(&check.section);
            if let Some(title) = &section {
                let mut line = Line::new();
                line.plain("  ").push(style::DIM, title).write(out, look);
            }
        }
        let mut line = Line::new();
        line.plain("  ");
        if check.done {
            line.push(style::GOOD, look.pick("✓", "[x]"));
        } else {
            line.push(style::DIM, look.pick("○", "[ ]"));
        }
        line.plain(" ").push(
            if check.done { style::DIM } else { style::PLAIN },
            &check.text,
        );
        line.write(out, look);
    }
}

fn entries(entries: &[EntryRow], look: Look, out: &mut String) {
    if entries.is_empty() {
        return;
    }
    heading("log", look, out);
    for entry in entries {
        let mut line = Line::new();
        line.plain("  ");
        if let Some(at) = &entry.at {
            line.push(style::DIM, at).plain("  ");
        }
        if let Some(author) = &entry.author {
            line.push(style::BOLD, author);
            if let Some(model) = &entry.model {
                line.push(style::DIM, &format!(" ({model})"));
            }
            line.plain("  ");
        }
        let edge = line.width().min(look.width.unwrap_or(usize::MAX) / 2);
        let text = text::line(&entry.text);
        let room = look
            .width
            .map_or(usize::MAX, |max| max.saturating_sub(edge));
        let (ranges, more) = text::wrap(&text, room, 12);
        if line.width() > edge {
            line.write(out, look);
            line = Line::new();
        }
        for range in ranges {
            line.pad(edge).plain(&text[range]);
            std::mem::take(&mut line).write(out, look);
        }
        if more {
            line.pad(edge)
                .push(style::DIM, look.ellipsis())
                .write(out, look);
        }
    }
}

fn problems(view: &ShowView, look: Look, out: &mut String) {
    if view.problem_list.is_empty() {
        return;
    }
    heading("problems", look, out);
    for problem in &view.problem_list {
        let mut line = Line::new();
        line.plain("  ")
            .push(style::severity(&problem.severity), &problem.severity);
        line.push(style::DIM, &format!(" {}", problem.code));
        if problem.line > 0 {
            line.push(style::DIM, &format!(" line {}", problem.line));
        }
        line.plain(": ").plain(&problem.message).write(out, look);
        if !problem.hint.is_empty() {
            let mut line = Line::new();
            line.plain("    ")
                .push(style::COMMAND, "hint: ")
                .plain(&problem.hint);
            line.write(out, look);
        }
    }
}

/// The body as it is, with its headings in bold where that can be seen.
fn body(body: &str, look: Look, out: &mut String) {
    let body = text::block(body);
    let body = body.trim_start_matches('\n').trim_end();
    if body.is_empty() {
        return;
    }
    let mut fenced = false;
    for text in body.split('\n') {
        fenced ^= text.starts_with("```") || text.starts_with("~~~");
        if look.color && !fenced && is_heading(text) {
            let style = style::BOLD;
            out.push_str(&format!("{style}{text}{style:#}"));
        } else {
            out.push_str(text);
        }
        out.push('\n');
    }
}

fn is_heading(line: &str) -> bool {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    (1..=6).contains(&level) && text.starts_with(' ')
}
