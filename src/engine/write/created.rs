//! A new item: an id that nobody has, a file where none was, with the values that were asked for.
//!
//! The lock of all writers is taken before ids are counted, and kept until the file stands: two at
//! once get different ids. Gets a `NewItem`. Gives the receipt.
//! Never: writes over a file; makes an item that would be read back as another one.

use std::path::Path;

use crate::base::{clock, path, unique};
use crate::engine::Engine;
use crate::engine::error::{Class, EngineError};
use crate::engine::progress::Progress;
use crate::engine::snapshot::Snapshot;
use crate::engine::write::draft::{Draft, Ground};
use crate::engine::write::error::{refused, unwritten};
use crate::engine::write::named::Name;
use crate::engine::write::spot::Spot;
use crate::engine::write::{Task, WriteOptions, Written, diff, just_finished, plan, shown};
use crate::model::edit::{Refused, Wanted};
use crate::model::intent::{Assignment, Intent, Other};
use crate::model::item::{Item, Status};
use crate::model::problem::Severity;
use crate::presets::{self, Called, Recipe};
use crate::query::view::{WriteRow, WriteView};
use crate::write::{Batch, Change};

/// What a new item is to be.
#[derive(Debug, Clone, Default)]
pub(crate) struct NewItem {
    pub title: String,
    pub kind: Option<String>,
    pub assignments: Vec<Assignment>,
    pub parent: Option<Other>,
    /// In place of the text of the template.
    pub body: Option<String>,
    /// The folder that was asked for, and the one in which the user is; relative to the root.
    pub folder: Option<String>,
    pub here: String,
    pub id: Option<String>,
}

impl Engine {
    /// Makes an item.
    pub(crate) fn create(
        &self,
        mut snapshot: Snapshot,
        wish: &NewItem,
        options: &WriteOptions,
        progress: &dyn Progress,
    ) -> Result<Written, EngineError> {
        let session = self.turn(&mut snapshot, options, progress)?;
        let parent = wish.parent.iter().map(|parent| Task {
            path: parent.path.clone(),
            intents: Vec::new(),
        });
        let tasks: Vec<Task> = parent.collect();
        let mut ground = Ground::new(self, &snapshot, &tasks, options)?;
        let spot = self.spot(&snapshot, wish)?;
        let no = |refusal: Refused| refused(&spot.place.root, &refusal);
        let recipe = spot.place.preset.recipe(wish.kind.as_deref()).map_err(no)?;
        if session
            .as_ref()
            .is_some_and(|session| session.was_just_finished(&options.what, &[]))
        {
            return Err(just_finished(&options.what));
        }
        let mut warnings = Vec::new();
        let name = self.name(
            &snapshot,
            &spot,
            &recipe,
            wish,
            ground.now_ns,
            &mut warnings,
        )?;
        ground.expect(&name.path, &spot.place, name.variant);
        let draft = render(&ground, &spot, &recipe, &name, wish)?;
        let item = draft.read(&ground);
        let pages: Vec<_> = std::iter::once(&draft.own)
            .chain(&draft.companion)
            .collect();
        for page in &pages {
            self.refuse_left_out(&page.path)?;
        }
        let mut paths = Vec::new();
        if let Some(session) = &session {
            let changes: Vec<Change> = pages
                .iter()
                .map(|page| Change::Create {
                    path: page.path.clone().into(),
                    bytes: page.now.clone(),
                })
                .collect();
            let landed = session.apply(&Batch {
                what: &options.what,
                groups: std::slice::from_ref(&changes),
                first_decides: false,
            });
            for landed in landed.map_err(|error| unwritten(&error))? {
                landed.into_result().map_err(|error| unwritten(&error))?;
            }
            paths.extend(pages.iter().map(|page| page.path.clone()));
        }
        let diffs = pages.iter();
        let diffs = diffs.map(|page| diff::unified(None, Some((&page.path, &page.now))));
        let view = WriteView {
            changes: vec![WriteRow {
                path: name.path.clone(),
                old_path: None,
                change: "created".to_owned(),
                id: item.id.clone(),
                uid: item.uid.clone(),
                title: item.title.clone(),
                state: item.state.clone(),
                before: None,
                after: Some(shown(&draft.own.now)),
                diff: options.dry_run.then(|| diffs.collect()),
                notes: Vec::new(),
            }],
            dry_run: options.dry_run,
            ..WriteView::default()
        };
        drop(ground);
        let mut written = self.done(snapshot, view, paths, session, options, progress);
        written.warnings.splice(0..0, warnings);
        Ok(written)
    }
}

/// The files of the item, with all values, if they are read back as what was meant.
fn render(
    ground: &Ground<'_>,
    spot: &Spot,
    recipe: &Recipe,
    name: &Name,
    wish: &NewItem,
) -> Result<Draft, EngineError> {
    let today = clock::iso(ground.now_ns);
    let called = Called {
        title: &wish.title,
        id: name.id.as_deref(),
        number: name.number,
        date: &today[..10],
        base: &spot.base,
        folder: &spot.folder,
    };
    let escaped = presets::escaped(&wish.title);
    // A title may have signs that mean something in a heading, or look like a number before it.
    let ways = [
        (wish.title.as_str(), false),
        (escaped.as_str(), false),
        (escaped.as_str(), true),
    ];
    let mut first = None;
    for (title, with_key) in ways {
        let (text, companion) = recipe.texts(called, title, wish.body.as_deref());
        let beside = spot.place.preset.companion.as_deref().zip(companion);
        let beside = beside.map(|(file, text)| {
            let folder = path::folder_of(&name.path);
            (path::joined(folder, file), text)
        });
        let mut draft = Draft::fresh(ground, &name.path, text, beside);
        fill(ground, &mut draft, recipe, name, wish, with_key)?;
        match prove(&draft.read(ground), name, wish) {
            Ok(()) => return Ok(draft),
            Err(error) => first.get_or_insert(error),
        };
    }
    Err(first.unwrap_or_else(|| EngineError::bug("there is a way to write a title")))
}

/// Puts the values in.
fn fill(
    ground: &Ground<'_>,
    draft: &mut Draft,
    recipe: &Recipe,
    name: &Name,
    wish: &NewItem,
    with_key: bool,
) -> Result<(), EngineError> {
    let convention = ground
        .convention(&name.path)
        .expect("because the item was expected at that path");
    let sets = |field: &str| {
        let mut fields = wish.assignments.iter();
        fields.any(|assignment| convention.is_field(&assignment.field, field))
    };
    let dates = ["created", "updated"].map(|field| {
        let value = convention.new_date(field, ground.now_ns);
        (field, Some(value), false)
    });
    let text = |value: &Option<String>| value.clone().map(Wanted::Alike);
    let kind = recipe.kind.clone().map(Wanted::Alike);
    let new_kind = wish.kind.is_some() && !recipe.path_tells_kind();
    let title = Some(Wanted::Alike(wish.title.clone()));
    let has_own_id = name.id.is_some() && !recipe.has_id();
    let values = [
        ("id", text(&name.id), has_own_id),
        (
            "uid",
            Some(Wanted::Text(unique::uuid(ground.now_ns))),
            false,
        ),
        ("kind", kind, new_kind),
        ("title", title, with_key),
    ];
    for (field, value, always) in values.into_iter().chain(dates) {
        let Some(value) = value.filter(|_| !sets(field)) else {
            continue;
        };
        if let Some(op) = plan::initial(draft, convention, field, value, always) {
            draft.edit(&[op])?;
        }
    }
    // From no state every state may follow.
    if sets("state")
        && let Some(op) = plan::initial(draft, convention, "state", Wanted::Null, false)
    {
        draft.edit(&[op])?;
    }
    let mut intents = vec![Intent::Assign(wish.assignments.clone())];
    intents.extend(wish.parent.iter().map(|parent| Intent::Link {
        rel: "parent".to_owned(),
        others: vec![parent.clone()],
        add: true,
    }));
    let task = Task {
        path: name.path.clone(),
        intents,
    };
    plan::carry_out(ground, draft, &task, true)
}

/// Whether the item is read back as what was meant.
fn prove(item: &Item, name: &Name, wish: &NewItem) -> Result<(), EngineError> {
    let no = |reason: String, hint: &str| {
        let error = EngineError {
            class: Class::No,
            ..EngineError::environment("not-proved", reason)
        };
        Err(error.path(Path::new(&name.path)).hint(hint.to_owned()))
    };
    if item.title != wish.title {
        let reason = format!("the title would be read as `{}`", item.title);
        return no(reason, "give it another title, or another template");
    }
    if name.id.is_some() && item.id != name.id {
        let id = item.id.as_deref().unwrap_or("none");
        return no(
            format!("the id would be read as `{id}`"),
            "see its template",
        );
    }
    let loud = |severity: Severity| severity != Severity::Info;
    let problem = item.problems.iter().find(|problem| loud(problem.severity));
    if let Some(problem) = problem {
        let reason = format!("the new item would have a problem: {}", problem.message);
        return no(reason, &problem.hint);
    }
    if item.status != Status::Ok {
        return no(
            "the new item could not be read".to_owned(),
            "see its template",
        );
    }
    Ok(())
}
