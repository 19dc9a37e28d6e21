//! Progress on stderr: a bar on a terminal; elsewhere a line for each step, where the work was asked
//! for and is not short.
//! Gets steps and counts from the engine. Gives words. Never: speaks to stdout.

use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::cli::print::Printer;
use crate::cli::render::{count, thousands};
use crate::engine::{Progress, Step};

/// Work that takes less is not worth a word.
const PATIENCE: Duration = Duration::from_millis(300);

/// Shows the progress of one piece of work.
pub(crate) struct Reporter {
    printer: Printer,
    elsewhere: Elsewhere,
    begun: Instant,
    state: Mutex<State>,
}

/// What is shown where there is no terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Elsewhere {
    /// A line for each step, for who asked for the work.
    Lines,
    /// Nothing: the work is a means to an answer.
    Nothing,
}

#[derive(Default)]
struct State {
    pace: Pace,
    bar: Option<ProgressBar>,
}

impl Reporter {
    pub(crate) fn new(printer: Printer, elsewhere: Elsewhere) -> Self {
        Self {
            printer,
            elsewhere,
            begun: Instant::now(),
            state: Mutex::new(State::default()),
        }
    }

    /// Takes the bar away, so that what is printed next stands alone.
    pub(crate) fn finish(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = state.bar.take() {
            bar.finish_and_clear();
        }
        state.pace = Pace::default();
    }

    pub(crate) fn is_silent(&self) -> bool {
        let mute = self.printer.json || self.elsewhere == Elsewhere::Nothing;
        self.printer.quiet || mute && !self.printer.err.is_terminal()
    }

    /// Shows the step if it is time to.
    fn show(&self, state: &mut State) {
        let Some(step) = state.pace.due(self.begun.elapsed()) else {
            return;
        };
        if self.printer.err.is_terminal() {
            match &state.bar {
                Some(bar) => prepare(bar, step),
                None => state.bar = Some(bar(step)),
            }
        } else {
            self.printer.note(&words(step));
        }
    }
}

impl Progress for Reporter {
    fn step(&self, step: Step) {
        if self.is_silent() {
            return;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.pace.begin(step);
        self.show(&mut state);
    }

    fn done(&self, count: u64) {
        if self.is_silent() {
            return;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.show(&mut state);
        if let Some(bar) = &state.bar {
            bar.set_position(count);
        }
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Which step is to be shown, and when.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// Begun and not shown yet.
    waiting: Option<Step>,
}

impl Pace {
    /// A new step; one that was not shown yet is forgotten.
    pub(crate) fn begin(&mut self, step: Step) {
        self.waiting = Some(step);
    }

    /// The step to show after `elapsed`, once.
    pub(crate) fn due(&mut self, elapsed: Duration) -> Option<Step> {
        // Waiting for somebody else is told at once: it looks like hanging.
        let now = elapsed >= PATIENCE || self.waiting == Some(Step::Wait);
        if now { self.waiting.take() } else { None }
    }
}

/// A step in words.
pub(crate) fn words(step: Step) -> String {
    match step {
        Step::Wait => "waiting for another process that is indexing".to_owned(),
        Step::Scan => "looking for files".to_owned(),
        Step::Project { total } => format!("reading {}", count(total, "file", "files")),
        Step::Resolve => "resolving links".to_owned(),
        Step::Finish => "finishing tables and search index".to_owned(),
        Step::Compare => "comparing with a rebuild".to_owned(),
    }
}

/// A bar for a step. It moves also where the engine has nothing to tell for a while, and from the
/// first frame on it is about the step.
fn bar(step: Step) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    prepare(&bar, step);
    bar.set_draw_target(ProgressDrawTarget::stderr());
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// Makes the bar fit a step.
pub(crate) fn prepare(bar: &ProgressBar, step: Step) {
    match step {
        Step::Project { total } if total > 0 => {
            bar.set_style(counter(total));
            bar.set_message("reading");
            bar.set_length(total);
            bar.set_position(0);
            bar.reset_eta();
        }
        Step::Project { .. }
        | Step::Wait
        | Step::Scan
        | Step::Resolve
        | Step::Finish
        | Step::Compare => {
            bar.set_style(spinner());
            bar.set_message(words(step));
        }
    }
}

fn spinner() -> ProgressStyle {
    style("{spinner} {msg}")
}

fn counter(total: u64) -> ProgressStyle {
    let total = thousands(total);
    style(&format!(
        "{{spinner}} {{msg}} [{{bar:24}}] {{human_pos}}/{total} {{rate}}"
    ))
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template);
    let style = style.expect("because the templates are constants of this file");
    let rate = |state: &ProgressState, out: &mut dyn Write| {
        // Nobody is helped by a failure to draw.
        write!(out, "{}/s", thousands(state.per_sec() as u64)).ok();
    };
    style.with_key("rate", rate).progress_chars("=> ")
}
