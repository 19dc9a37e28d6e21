//! `status`, `init` and the last line of `rebuild-index`.
//! Gets summaries. Gives text. Never: measures anything.

use crate::cli::render::line::{Line, line};
use crate::cli::render::{bytes, count, span, sync, thousands};
use crate::cli::style::{self, Look};
use crate::cli::text;
use crate::query::view::{
    CountRow, Freshness, InitView, PresetRow, RebuildView, StatusView, SyncBrief,
};

/// Column of the values of `status`.
const EDGE: usize = 13;

pub(crate) fn status(view: &StatusView, freshness: &Freshness, look: Look) -> String {
    let mut out = String::new();
    let mut fact = |key: &str, fill: &mut dyn FnMut(&mut Line)| {
        let mut line = line(style::DIM, key);
        line.pad(EDGE);
        fill(&mut line);
        line.write(&mut out, look);
    };
    fact("root", &mut |line| {
        line.push(style::PATH, &view.root);
    });
    if let Some(git_dir) = &view.git_dir {
        fact("git dir", &mut |line| {
            line.push(style::PATH, git_dir);
        });
    }
    fact("head", &mut |line| match &freshness.head {
        Some(head) => {
            line.plain(head.get(..12).unwrap_or(head));
            if freshness.dirty == Some(true) {
                line.push(style::WARNING, " with changes");
            }
        }
        None => {
            line.push(style::DIM, "no commit");
        }
    });
    fact("cache", &mut |line| {
        line.push(style::PATH, &view.cache_dir);
        line.push(style::DIM, &format!(" ({})", bytes(view.cache_bytes)));
    });
    fact("generation", &mut |line| {
        line.plain(&freshness.generation.to_string());
        line.push(
            style::DIM,
            &format!(" of {}", to_second(&view.projected_at)),
        );
    });
    fact("state", &mut |line| {
        if freshness.fresh {
            line.push(style::GOOD, "fresh");
        } else {
            let age = span(freshness.age_ms);
            line.push(
                style::WARNING,
                &format!("not compared with the files for {age}"),
            );
        }
    });
    fact("items", &mut |line| {
        line.push(style::BOLD, &thousands(view.items));
    });
    for preset in &view.presets {
        fact("", &mut |line| {
            line.plain(&thousands(preset.items))
                .plain(" ")
                .plain(&preset.preset);
            line.push(style::DIM, " in ")
                .push(style::PATH, place(&preset.root));
        });
    }
    if !view.phases.is_empty() {
        fact("phases", &mut |line| phases(&view.phases, look, line));
    }
    if let Some(brief) = &view.sync {
        fact("sync", &mut |line| sync_line(brief, line));
    }
    problems(&view.problems, look, &mut out);
    if let Some(told) = &view.cut_off {
        let mut line = line(style::WARNING, "cut off");
        line.pad(EDGE).plain(&told.sentence());
        line.write_whole(&mut out, look);
    }
    out
}

/// How sharing stands.
fn sync_line(brief: &SyncBrief, line: &mut Line) {
    line.push(sync::color(&brief.standing), &brief.standing);
    for (number, what) in [(brief.pending, "pending"), (brief.failed, "failed")] {
        if number > 0 {
            line.plain(&format!(", {} {what}", thousands(number)));
        }
    }
    if let Some(lag) = brief.lag_ms {
        line.plain(&format!(", the oldest for {}", span(lag)));
    }
    let last = brief.last_success.as_deref().map(to_second);
    let last = last.map_or("no success yet".to_owned(), |at| {
        format!("last success {at}")
    });
    line.push(style::DIM, &format!(" ({last})"));
}

/// A time without parts of a second.
fn to_second(time: &str) -> String {
    match time.split_once('.') {
        Some((seconds, fraction)) => {
            let zone = fraction.trim_start_matches(|char: char| char.is_ascii_digit());
            format!("{seconds}{zone}")
        }
        None => time.to_owned(),
    }
}

/// A root for people: the root of the work tree has no name of its own.
fn place(root: &str) -> &str {
    if root.is_empty() { "." } else { root }
}

fn phases(rows: &[CountRow], look: Look, line: &mut Line) {
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            line.plain("  ");
        }
        let phase = Some(row.key.as_str()).filter(|key| !key.is_empty());
        let style = style::phase(phase);
        if look.is_terminal() {
            line.push(style, look.glyph(phase)).plain(" ");
        }
        line.plain(&thousands(row.count))
            .plain(" ")
            .push(style, phase.unwrap_or("no phase"));
    }
}

/// How many of each code, in as many lines as that takes.
fn problems(rows: &[CountRow], look: Look, out: &mut String) {
    let parts = rows.iter().filter(|row| row.count > 0);
    let parts = parts.map(|row| format!("{} {}", thousands(row.count), row.key));
    let text = parts.collect::<Vec<_>>().join(", ");
    let mut line = line(style::DIM, "problems");
    line.pad(EDGE);
    if text.is_empty() {
        line.push(style::GOOD, "none").write(out, look);
        return;
    }
    let text = text::line(&text);
    let room = look
        .width
        .map_or(usize::MAX, |max| max.saturating_sub(EDGE));
    let (ranges, _) = text::wrap(&text, room, usize::MAX - 1);
    for range in ranges {
        line.pad(EDGE).plain(&text[range]).write(out, look);
    }
}

/// `indexed 525 items (480 kano, 45 madr), 1,234 links, 57 problems in 0.21 s -> path`
pub(crate) fn rebuilt(view: &RebuildView) -> String {
    let mut text = match view.yielded {
        true => "another process indexed ".to_owned(),
        false => "indexed ".to_owned(),
    };
    text += &count(view.items, "item", "items");
    if let Some(presets) = by_preset(&view.presets) {
        text += &format!(" ({presets})");
    }
    text += ", ";
    text += &count(view.links, "link", "links");
    text += ", ";
    text += &count(view.problems, "problem", "problems");
    text += " in ";
    text += &span(view.elapsed_ms);
    text += &format!(" -> {}", view.cache_dir);
    text
}

/// `480 kano, 45 madr`, roots of one preset together; none where there is only one preset to name.
fn by_preset(rows: &[PresetRow]) -> Option<String> {
    let mut sums: Vec<(&str, u64)> = Vec::new();
    for row in rows {
        match sums.iter_mut().find(|(preset, _)| *preset == row.preset) {
            Some((_, items)) => *items += row.items,
            None => sums.push((&row.preset, row.items)),
        }
    }
    let parts = sums
        .iter()
        .map(|(preset, items)| format!("{} {preset}", thousands(*items)));
    (!sums.is_empty()).then(|| parts.collect::<Vec<_>>().join(", "))
}

pub(crate) fn init(view: &InitView, dry_run: bool, look: Look) -> String {
    let mut out = String::new();
    let word = match (dry_run, view.written) {
        (true, _) => "would write ",
        (false, true) => "wrote ",
        (false, false) => "kept ",
    };
    let mut head = Line::new();
    head.plain(word)
        .push(style::PATH, &view.path)
        .write(&mut out, look);
    for row in &view.presets {
        let mut line = Line::new();
        line.plain("  ")
            .push(style::BOLD, &row.preset)
            .plain(" in ");
        line.push(style::PATH, place(&row.root));
        line.push(
            style::DIM,
            &format!(" ({})", count(row.items, "item", "items")),
        );
        line.write(&mut out, look);
    }
    if let Some(attributes) = &view.attributes {
        let word = match (dry_run, attributes.written) {
            (true, _) => "would give them to the merge driver in ",
            (false, true) => "gave them to the merge driver in ",
            (false, false) => "kept ",
        };
        let mut line = Line::new();
        line.plain(word).push(style::PATH, &attributes.path);
        line.write(&mut out, look);
    }
    out
}
