//! How things look: colors, glyphs, and what the place of printing can show.
//! Gets phases, severities and verdicts. Gives styles and marks. Never: prints, asks the system.

use anstyle::{AnsiColor, Color, Effects, Style};

/// What the place that is printed to can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// Columns of the terminal; none in a pipe: nothing is cut or wrapped then.
    pub width: Option<usize>,
    pub color: bool,
    /// False where the locale is not UTF-8: lines and glyphs are then drawn in ASCII.
    pub unicode: bool,
}

impl Look {
    /// A pipe: everything in full, plain.
    #[cfg(test)]
    pub(crate) const PIPE: Self = Self {
        width: None,
        color: false,
        unicode: true,
    };

    pub(crate) fn is_terminal(self) -> bool {
        self.width.is_some()
    }

    /// One of two ways to draw the same.
    pub(crate) fn pick<'a>(self, unicode: &'a str, ascii: &'a str) -> &'a str {
        if self.unicode { unicode } else { ascii }
    }

    /// Stands for what was cut off.
    pub(crate) fn ellipsis(self) -> &'static str {
        self.pick("…", "~")
    }

    /// One column that tells the phase, also without color.
    pub(crate) fn glyph(self, phase: Option<&str>) -> &'static str {
        match phase {
            Some("open") => self.pick("○", "o"),
            Some("active") => self.pick("◐", ">"),
            Some("blocked") => self.pick("■", "!"),
            Some("done") => self.pick("●", "x"),
            Some("dropped") => self.pick("×", "-"),
            _ => self.pick("·", "."),
        }
    }

    /// `done` of `total` as a bar of `cells` columns.
    pub(crate) fn bar(self, done: u64, total: u64, cells: usize) -> (String, String) {
        let cells64 = cells as u64;
        let full = match total {
            0 => 0,
            // Full only where all is done, empty only where nothing is.
            _ if done >= total => cells64,
            _ if done == 0 => 0,
            _ => (done.saturating_mul(cells64) / total).clamp(1, cells64.max(2) - 1),
        };
        let full = usize::try_from(full).unwrap_or(cells).min(cells);
        (
            self.pick("█", "#").repeat(full),
            self.pick("░", ".").repeat(cells - full),
        )
    }
}

pub(crate) const PLAIN: Style = Style::new();
pub(crate) const BOLD: Style = Style::new().effects(Effects::BOLD);
pub(crate) const DIM: Style = Style::new().effects(Effects::DIMMED);
pub(crate) const MARK: Style = Style::new().effects(Effects::BOLD.insert(Effects::UNDERLINE));
pub(crate) const HEADING: Style = color(AnsiColor::Magenta).effects(Effects::BOLD);
pub(crate) const PATH: Style = color(AnsiColor::Cyan);
pub(crate) const ID: Style = color(AnsiColor::Cyan);
pub(crate) const COMMAND: Style = color(AnsiColor::Green);
pub(crate) const GOOD: Style = color(AnsiColor::Green);
pub(crate) const WARNING: Style = color(AnsiColor::Yellow).effects(Effects::BOLD);
pub(crate) const ERROR: Style = color(AnsiColor::Red).effects(Effects::BOLD);
pub(crate) const INFO: Style = color(AnsiColor::Blue);

const fn color(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(Color::Ansi(color)))
}

/// The color of a phase.
pub(crate) fn phase(phase: Option<&str>) -> Style {
    match phase {
        Some("open") => color(AnsiColor::Blue),
        Some("active") => color(AnsiColor::Yellow),
        Some("blocked") => color(AnsiColor::Red),
        Some("done") => color(AnsiColor::Green),
        Some("dropped") => DIM,
        _ => PLAIN,
    }
}

/// The color of what happened to an item.
pub(crate) fn change(change: &str) -> Style {
    match change {
        "created" | "moved" => GOOD,
        "deleted" => WARNING,
        "linked" => DIM,
        _ => COMMAND,
    }
}

/// The color of a problem's severity.
pub(crate) fn severity(severity: &str) -> Style {
    match severity {
        "error" => ERROR,
        "warning" => WARNING,
        _ => INFO,
    }
}

/// The style of a title: what is over steps back.
pub(crate) fn title(phase: Option<&str>) -> Style {
    if is_closed(phase) { DIM } else { PLAIN }
}

/// True for the phases of items that nobody works on any more.
pub(crate) fn is_closed(phase: Option<&str>) -> bool {
    matches!(phase, Some("done" | "dropped"))
}
