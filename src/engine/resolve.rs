//! What a merge left undecided: found in the index and in the files, merged again by meaning,
//! decided, written.
//!
//! ```text
//! stages 1, 2, 3 of the index -> merged as the driver does -> decisions -> the file -> git add
//! ```
//!
//! Never: takes away what somebody has edited since the merge, unless told to.

mod stages;

use std::path::Path;

use crate::base::{hash, path};
use crate::engine::Engine;
use crate::engine::error::{Class, EngineError};
use crate::engine::merging::{OURS, THEIRS, plain_rules};
use crate::engine::resolve::stages::Stages;
use crate::engine::write::{diff, refused, sentences, unwritten};
use crate::merge::{self, Merged, Sides};
use crate::model::merging::{About, Choice, Decision, MergeConflict, MergeRules};
use crate::parse::Source;
use crate::query::view::{ConflictRow, ResolveRow, ResolveView};
use crate::write::{self, Batch, Change, WriteError};

/// How conflicts are to be resolved.
#[derive(Debug, Clone, Default)]
pub(crate) struct ResolveWish {
    pub decisions: Vec<Decision>,
    /// Merge again, whatever was done to the file since.
    pub again: bool,
    /// Tell git of the files in which nothing is left.
    pub add: bool,
    pub dry_run: bool,
    /// What the decisions were made by: `ResolveRow::seen`. By number they mean nothing else.
    pub seen: Option<String>,
}

/// One path with what is known of it.
struct Case {
    path: String,
    /// None where git holds no conflict of it.
    stages: Option<Stages>,
    /// None where there is no file.
    now: Option<Vec<u8>>,
}

/// What a merge left, by now.
enum Left {
    Alone,
    /// Somebody has gone on from one of these texts.
    Edited {
        now: Vec<u8>,
        before: Vec<Vec<u8>>,
    },
}

/// What becomes of a path.
struct Outcome {
    state: State,
    /// The file as it is to be; none where there is to be none.
    bytes: Option<Vec<u8>>,
    conflicts: Vec<MergeConflict>,
    /// Another item that needs a file of its own.
    beside: Option<(String, Vec<u8>)>,
    notes: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Resolved,
    Conflicts,
    /// One side deleted the file, the other one changed it, and nobody has decided.
    OneSided,
}

impl Engine {
    /// Items of which git holds a conflict, relative to the root.
    pub(crate) fn unmerged(&self) -> Result<Vec<String>, EngineError> {
        let paths = self.stages()?.into_keys();
        Ok(paths
            .filter(|path| self.merge_rules(path).is_some())
            .collect())
    }

    /// Resolves these paths as far as the decisions go. Gives warnings, too.
    pub(crate) fn resolve(
        &self,
        paths: &[String],
        wish: &ResolveWish,
    ) -> Result<(ResolveView, Vec<String>), EngineError> {
        let session = match wish.dry_run {
            true => None,
            false => Some(self.session()?),
        };
        // Another one of us may have resolved them while we waited.
        let mut stages = self.stages()?;
        let mut view = ResolveView {
            dry_run: wish.dry_run,
            items: Vec::new(),
        };
        let mut done = Vec::new();
        for path in paths {
            let case = self.case(path, stages.remove(path))?;
            if wish.seen.as_ref().is_some_and(|seen| *seen != case.seen()) {
                let error = EngineError {
                    class: Class::No,
                    ..EngineError::environment(
                        "changed-meanwhile",
                        format!("{path} was changed while you were asked"),
                    )
                };
                return Err(error
                    .path(Path::new(path))
                    .hint("begin again: `kanban resolve`"));
            }
            let outcome = self.outcome(&case, wish)?;
            let changes = case.changes(&outcome);
            if let Some(session) = &session
                && !changes.is_empty()
            {
                let landed = session.apply(&Batch {
                    what: "resolve",
                    groups: std::slice::from_ref(&changes),
                    first_decides: false,
                });
                for landed in landed.map_err(|error| unwritten(&error))? {
                    landed.into_result().map_err(|error| unwritten(&error))?;
                }
            }
            if outcome.state == State::Resolved && case.stages.is_some() {
                done.push(path.clone());
                done.extend(outcome.beside.iter().map(|(path, _)| path.clone()));
            }
            view.items
                .push(case.row(outcome, !changes.is_empty(), wish));
        }
        if wish.add && !wish.dry_run && !done.is_empty() {
            self.add(&done)?;
            for item in &mut view.items {
                item.added = done.contains(&item.path);
            }
        }
        let warnings = session.map_or_else(Vec::new, |session| sentences(session.end()));
        Ok((view, warnings))
    }

    fn case(&self, path: &str, stages: Option<Stages>) -> Result<Case, EngineError> {
        let now = match write::read(self.origin.root(), Path::new(path)) {
            Ok(bytes) => Some(bytes),
            Err(WriteError::Gone { .. }) => None,
            Err(error) => return Err(unwritten(&error)),
        };
        if now.is_none() && stages.is_none() {
            let error = EngineError::environment("no-such-file", "there is no such file");
            return Err(EngineError {
                class: Class::No,
                ..error.path(Path::new(path))
            });
        }
        Ok(Case {
            path: path.to_owned(),
            stages,
            now,
        })
    }

    fn outcome(&self, case: &Case, wish: &ResolveWish) -> Result<Outcome, EngineError> {
        let rules = self.merge_rules(&case.path);
        let rules = rules.unwrap_or_else(plain_rules);
        match &case.stages {
            None => settled(
                case,
                case.now.clone().unwrap_or_default(),
                &[],
                wish,
                &rules,
            ),
            Some(
                stages @ Stages {
                    base,
                    ours: Some(ours),
                    theirs: Some(theirs),
                },
            ) => {
                let merged = merge::merge(
                    &Sides {
                        base: base.as_deref().filter(|base| !base.is_empty()),
                        ours,
                        theirs,
                        ours_label: OURS,
                        theirs_label: THEIRS,
                        base_label: None,
                        marker_size: stages::MARKER_SIZE,
                    },
                    Source::of(&case.path),
                    &rules,
                );
                let left = self.left(case, stages, &merged, wish)?;
                if merged.two_items {
                    return match left {
                        Left::Alone => Ok(self.two_items(case, ours, theirs, &rules)),
                        Left::Edited { .. } => Err(edited_since(case, "the file")),
                    };
                }
                let bytes = ground(case, &merged, &left, wish)?;
                let mut outcome = settled(case, bytes, &merged.conflicts, wish, &rules)?;
                outcome.notes = merged.notes;
                Ok(outcome)
            }
            Some(stages) => one_sided(case, stages, wish),
        }
    }

    /// Whether somebody has gone on from what the merge left.
    fn left(
        &self,
        case: &Case,
        stages: &Stages,
        merged: &Merged,
        wish: &ResolveWish,
    ) -> Result<Left, EngineError> {
        let (Some(now), false) = (&case.now, wish.again) else {
            return Ok(Left::Alone);
        };
        // A driver that could not be started leaves one side as it is.
        let one_side = stages.ours.as_ref() == Some(now) || stages.theirs.as_ref() == Some(now);
        if one_side || *now == merged.bytes {
            return Ok(Left::Alone);
        }
        let mut by_line = self.merged_by_line(stages)?;
        if by_line
            .iter()
            .any(|merged| stages::unnamed(merged) == stages::unnamed(now))
        {
            return Ok(Left::Alone);
        }
        by_line.push(merged.bytes.clone());
        Ok(Left::Edited {
            now: now.clone(),
            before: by_line,
        })
    }

    /// Ours stays where it is; theirs gets a file beside it.
    fn two_items(&self, case: &Case, ours: &[u8], theirs: &[u8], rules: &MergeRules) -> Outcome {
        let uid = merge::uid(theirs, Source::of(&case.path), rules);
        let root = self.origin.root();
        let holds = |path: &String| std::fs::read(root.join(path)).ok();
        let names = [8, usize::MAX].map(|length| beside(&case.path, &uid, length));
        let free = names
            .iter()
            .find(|path| holds(path).is_none_or(|bytes| bytes == theirs));
        let path = free.unwrap_or(&names[1]).clone();
        let there = holds(&path).is_some();
        Outcome {
            state: State::Resolved,
            bytes: Some(ours.to_vec()),
            conflicts: Vec::new(),
            notes: vec![format!("the other item is in `{path}`")],
            beside: (!there).then(|| (path, theirs.to_vec())),
        }
    }
}

/// What decisions are about: the merge, or the file where somebody has gone on from there. What they
/// have written where the sides disagree is no side that could be taken.
fn ground(
    case: &Case,
    merged: &Merged,
    left: &Left,
    wish: &ResolveWish,
) -> Result<Vec<u8>, EngineError> {
    let Left::Edited { now, before } = left else {
        return Ok(merged.bytes.clone());
    };
    let source = Source::of(&case.path);
    let decoded = crate::parse::decode(now.clone());
    if crate::parse::parse(&decoded, source).invalid {
        let error = EngineError {
            class: Class::No,
            ..EngineError::environment(
                "edited-since",
                "the file was edited since the merge, and its frontmatter cannot be read",
            )
        };
        return Err(error
            .path(Path::new(&case.path))
            .hint("finish it in an editor, or merge again with `--again`, which drops the edits"));
    }
    let takes_all = |about: &About| matches!(about, About::All);
    if wish.decisions.iter().any(|one| takes_all(&one.about)) {
        let places = merge::edited(now, source, &merged.conflicts, before);
        let named = |place: &String| {
            let mut abouts = wish.decisions.iter().map(|one| &one.about);
            abouts.any(|about| matches!(about, About::Place(named) if named == place))
        };
        if let Some(place) = places.iter().find(|place| !named(place)) {
            return Err(edited_since(case, &format!("`{place}`")));
        }
    }
    Ok(now.clone())
}

/// What somebody has written since is not dropped for a side.
fn edited_since(case: &Case, what: &str) -> EngineError {
    let message = format!("{what} was edited since the merge");
    let error = EngineError {
        class: Class::No,
        ..EngineError::environment("edited-since", message)
    };
    error.path(Path::new(&case.path)).hint(
        "finish it in an editor, decide that place with `--field`, or drop the edits with `--again`",
    )
}

/// The file under what was decided.
fn settled(
    case: &Case,
    bytes: Vec<u8>,
    known: &[MergeConflict],
    wish: &ResolveWish,
    rules: &MergeRules,
) -> Result<Outcome, EngineError> {
    let source = Source::of(&case.path);
    let identity = merge::conflicts(&bytes, source, known)
        .into_iter()
        .position(|conflict| rules.uid.contains(&conflict.place));
    let takes_other = |decision: &Decision| {
        let named = match &decision.about {
            About::All => true,
            About::Place(place) => rules.uid.contains(place),
            About::Number(number) => Some(*number) == identity,
        };
        named && decision.choice != Choice::Ours
    };
    if identity.is_some() && wish.decisions.iter().any(takes_other) {
        let error = EngineError {
            class: Class::No,
            ..EngineError::environment("two-items", "the sides are two items, which are not merged")
        };
        return Err(error
            .path(Path::new(&case.path))
            .hint("take `ours`, and put the other item into a file of its own"));
    }
    let bytes = merge::settle(&bytes, source, known, &wish.decisions)
        .map_err(|refusal| refused(&case.path, &refusal))?;
    let conflicts = merge::conflicts(&bytes, source, known);
    Ok(Outcome {
        state: if conflicts.is_empty() {
            State::Resolved
        } else {
            State::Conflicts
        },
        bytes: Some(bytes),
        conflicts,
        beside: None,
        notes: Vec::new(),
    })
}

/// One side deleted the file that the other one changed: a side must be taken.
fn one_sided(case: &Case, stages: &Stages, wish: &ResolveWish) -> Result<Outcome, EngineError> {
    let whole = wish.decisions.iter().rev().find(|decision| {
        // There is but one thing to decide.
        matches!(decision.about, About::All | About::Number(0))
    });
    let side = match whole.map(|decision| &decision.choice) {
        Some(Choice::Ours) => &stages.ours,
        Some(Choice::Theirs) => &stages.theirs,
        Some(Choice::Base) => &stages.base,
        Some(Choice::Value(_)) | None => {
            let text = |bytes: &Option<Vec<u8>>| {
                bytes
                    .as_ref()
                    .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
            };
            return Ok(Outcome {
                state: State::OneSided,
                bytes: case.now.clone(),
                conflicts: vec![MergeConflict {
                    place: String::new(),
                    in_body: true,
                    base: text(&stages.base),
                    ours: text(&stages.ours),
                    theirs: text(&stages.theirs),
                }],
                beside: None,
                notes: Vec::new(),
            });
        }
    };
    let had = [&stages.base, &stages.ours, &stages.theirs];
    let is_edited = case.now.is_some() && !wish.again && !had.contains(&&case.now);
    let keeps_it = side.is_some() && whole.is_some_and(|one| one.choice != Choice::Base);
    if is_edited && !keeps_it {
        return Err(edited_since(case, "the file"));
    }
    // What the file is now may be more than what the side had.
    let bytes = match (side, &case.now) {
        (Some(_), Some(now)) if whole.is_some_and(|d| d.choice != Choice::Base) => {
            Some(now.clone())
        }
        (side, _) => side.clone(),
    };
    Ok(Outcome {
        state: State::Resolved,
        bytes,
        conflicts: Vec::new(),
        beside: None,
        notes: Vec::new(),
    })
}

impl Case {
    /// What tells this state of the file and its versions from another one.
    fn seen(&self) -> String {
        let stages = self.stages.clone().unwrap_or_default();
        let all = [&self.now, &stages.base, &stages.ours, &stages.theirs];
        let hash = |bytes: &Option<Vec<u8>>| bytes.as_deref().map(hash::content_hash);
        let all: Vec<String> = all
            .into_iter()
            .map(|bytes| hash(bytes).map_or(String::new(), |hash| hash::hex(&hash)))
            .collect();
        all.join(" ")
    }

    fn changes(&self, outcome: &Outcome) -> Vec<Change> {
        let path = Path::new(&self.path).to_owned();
        let own = match (&self.now, &outcome.bytes) {
            (Some(now), Some(bytes)) if now != bytes => Some(Change::Replace {
                path,
                before: hash::content_hash(now),
                bytes: bytes.clone(),
            }),
            (None, Some(bytes)) => Some(Change::Create {
                path,
                bytes: bytes.clone(),
            }),
            (Some(now), None) => Some(Change::Remove {
                path,
                before: hash::content_hash(now),
            }),
            _ => None,
        };
        let beside = outcome.beside.iter().map(|(path, bytes)| Change::Create {
            path: Path::new(path).to_owned(),
            bytes: bytes.clone(),
        });
        own.into_iter().chain(beside).collect()
    }

    fn row(&self, outcome: Outcome, changed: bool, wish: &ResolveWish) -> ResolveRow {
        fn named<'a>(path: &'a str, bytes: &'a Option<Vec<u8>>) -> Option<(&'a str, &'a [u8])> {
            bytes.as_deref().map(|bytes| (path, bytes))
        }
        let diff = (wish.dry_run && changed).then(|| {
            diff::unified(
                named(&self.path, &self.now),
                named(&self.path, &outcome.bytes),
            )
        });
        let state = match (outcome.state, &outcome.bytes) {
            (State::Resolved, None) => "deleted",
            (State::Resolved, Some(_)) => "resolved",
            (State::Conflicts, _) => "conflicts",
            (State::OneSided, _) => "one-sided",
        };
        ResolveRow {
            seen: self.seen(),
            path: self.path.clone(),
            state: state.to_owned(),
            in_index: self.stages.is_some(),
            written: changed && !wish.dry_run,
            added: false,
            beside: outcome.beside.map(|(path, _)| path),
            conflicts: outcome.conflicts.into_iter().map(row).collect(),
            notes: outcome.notes,
            diff,
        }
    }
}

fn row(conflict: MergeConflict) -> ConflictRow {
    ConflictRow {
        place: conflict.place,
        in_body: conflict.in_body,
        base: conflict.base,
        ours: conflict.ours,
        theirs: conflict.theirs,
    }
}

/// The name of a file for an item that stands beside another one, by the beginning of its uid.
fn beside(path: &str, uid: &str, length: usize) -> String {
    let kept = uid.chars().filter(char::is_ascii_alphanumeric);
    let uid: String = kept.take(length).collect();
    let stem = path::without_ending(path);
    format!("{stem}--{uid}{}", &path[stem.len()..])
}
