//! Law 1 as a model test: random steps of more than fifty kinds on a repository of several
//! conventions, with a refresh at random points. After each refresh, what serves must equal a rebuild:
//! all rows of all views, and for every term of the search index the same items and positions.
//!
//! `KANBAN_MODEL_STEPS` makes the sequences longer, `KANBAN_MODEL_SEED` runs one of them.

use std::path::Path;
use std::process::{Command, Stdio};

mod steps;

use crate::support::World;
use crate::support::watcher::Watcher;

/// Steps of each sequence, and how many sequences there are.
const STEPS: usize = 300;
const SEEDS: std::ops::Range<u64> = 1..9;
/// The same with a watcher that lives all the time.
const WATCHED_STEPS: usize = 200;
const WATCHED_SEEDS: std::ops::Range<u64> = 21..25;

/// Numbers that look random and are the same every time.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        // splitmix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

pub(crate) struct Model {
    pub(crate) world: World,
    pub(crate) dice: Dice,
    made: usize,
    /// The last steps, for a failure.
    pub(crate) told: Vec<String>,
    /// One that lives all the time, where there is one: its word must be good.
    watcher: Option<Watcher>,
}

impl Model {
    pub(crate) fn new(seed: u64) -> Self {
        let world = World::backlog();
        world.git(["config", "user.name", "Ada"]);
        world.git(["config", "merge.conflictStyle", "merge"]);
        let mut model = Self {
            world,
            dice: Dice::new(seed),
            made: 0,
            told: Vec::new(),
            watcher: None,
        };
        model.adr();
        model.kep();
        model.world.commit("more");
        model
    }

    pub(crate) fn root(&self) -> &Path {
        self.world.root()
    }

    /// Runs git; that it may fail is part of the game.
    pub(crate) fn git(&mut self, args: &[&str]) {
        let mut command = Command::new("git");
        self.world.close(&mut command);
        let output = command.args(args).stdin(Stdio::null()).output().unwrap();
        self.told.push(format!("git {args:?}: {}", output.status));
    }

    fn branch(&mut self) -> String {
        let all = self.world.git(["branch", "--format=%(refname:short)"]);
        let names: Vec<&str> = all.lines().filter(|name| !name.contains(' ')).collect();
        if names.is_empty() {
            return "HEAD".to_owned();
        }
        (*self.dice.pick(&names)).to_owned()
    }

    /// One step, but none of those kinds.
    pub(crate) fn step(&mut self, number: usize, without: &[&str]) {
        let (name, kind) = *self.dice.pick(&steps::KINDS);
        if !without.contains(&name) {
            self.told.push(format!("{number}: {name}"));
            kind(self);
        }
    }

    /// A refresh of ours that is killed.
    fn killed(&mut self) {
        let points = [
            "refresh.begin",
            "refresh.after-items",
            "refresh.before-commit",
            "refresh.after-commit",
            "follow.begin",
            "follow.before-commit",
            "follow.after-commit",
            "rebuild.after-items",
            "rebuild.before-switch",
            "rebuild.after-switch",
        ];
        let point = *self.dice.pick(&points);
        self.told.push(format!("  at {point}"));
        let args: &[&str] = match point.starts_with("rebuild") {
            true => &["rebuild-index"],
            false => &["refresh"],
        };
        let fault = format!("{point}=die");
        let run = self.world.spawn(&[("KANBAN_FAULT", &fault)], args);
        run.end();
    }

    /// A refresh in one of its forms, and the comparison with a rebuild.
    fn look(&mut self, step: usize) {
        let forms: [&[&str]; 6] = [
            &["refresh"],
            &["refresh", "--full"],
            &["list", "--quiet"],
            &["search", "made", "--quiet"],
            &["refresh", "--hook", "post-commit"],
            &["status"],
        ];
        let form = match self.watcher {
            // A hook leaves its work to the watcher, and does not wait.
            Some(_) => *self.dice.pick(&[forms[0], forms[2], forms[3], forms[5]]),
            None => *self.dice.pick(&forms),
        };
        // Our own clock may say anything.
        let now = *self
            .dice
            .pick(&["2026-01-31T12:00:00Z", "1999-01-01T00:00:00Z"]);
        let run = self.world.kanban_with(&[("KANBAN_NOW", now)], form).seen();
        assert_eq!(
            run.output.status.code(),
            Some(0),
            "step {step}, {form:?}\n{}\n{}",
            String::from_utf8_lossy(&run.output.stderr),
            self.story()
        );
        // A question that needs no search leaves the index behind; `refresh` has brought it up.
        if matches!(form[0], "list" | "status") {
            self.world
                .kanban(["search", "made", "--no-refresh", "--quiet"])
                .ok();
        }
        let run = self
            .world
            .kanban(["--no-refresh", "--color=never", "verify"])
            .seen();
        assert_eq!(
            run.output.status.code(),
            Some(0),
            "step {step}, after {form:?}\n{}\n{}\n{}",
            String::from_utf8_lossy(&run.output.stdout),
            String::from_utf8_lossy(&run.output.stderr),
            self.story()
        );
        self.told.clear();
    }

    pub(crate) fn story(&self) -> String {
        format!(
            "since the last look:\n{}\nin {}",
            self.told.join("\n"),
            self.root().display()
        )
    }
}

fn play(seed: u64, steps: usize, watch: bool) {
    let mut model = Model::new(seed);
    model.watcher = watch.then(|| Watcher::start(&model.world));
    // A hook makes no first cache.
    model.world.kanban(["--quiet", "refresh"]).ok();
    model.look(0);
    for step in 1..=steps {
        model.step(step, &[]);
        if model.dice.below(4) == 0 || step == steps {
            model.look(step);
        }
    }
}

#[test]
fn any_steps_and_a_refresh_equal_a_rebuild() {
    play_all(SEEDS, STEPS, |seed, steps| play(seed, steps, false));
}

#[test]
fn any_steps_under_a_watcher_equal_a_rebuild() {
    play_all(WATCHED_SEEDS, WATCHED_STEPS, |seed, steps| {
        play(seed, steps, true);
    });
}

/// Plays a sequence of each seed, or as the variables say.
pub(crate) fn play_all(
    seeds: std::ops::Range<u64>,
    steps: usize,
    play: impl Fn(u64, usize) + Sync + std::panic::RefUnwindSafe,
) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let steps = number("KANBAN_MODEL_STEPS").map_or(steps, |steps: u64| steps as usize);
    let seeds: Vec<u64> = match number("KANBAN_MODEL_SEED") {
        Some(seed) => vec![seed],
        None => seeds.collect(),
    };
    // Two at a time: each waits for processes most of the time.
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let Some(seed) = seeds.get(at) else { break };
                    let played = std::panic::catch_unwind(|| play(*seed, steps));
                    if let Err(panic) = played {
                        let text = panic.downcast_ref::<String>().cloned().unwrap_or_default();
                        panic!("KANBAN_MODEL_SEED={seed}\n{text}");
                    }
                }
            });
        }
    });
}
