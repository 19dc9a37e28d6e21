//! A new item: an id that nobody has, a file where none was, with the values that were asked for.
//!
//! The lock of all writers is taken before ids are counted, and kept until the file stands: two at
//! once get different ids. Gets a `NewItem`. Gives the receipt.
//! Never: writes over a file; makes an item that would be read back as another one.

use std::path::Path;

use crate::base::{clock, unique};
use crate::engine::Engine;
use crate::engine::error::{Class, EngineError};
use crate::engine::progress::Progress;
use crate::engine::snapshot::Snapshot;
use crate::engine::write::draft::{Draft, Ground};
use crate::engine::write::error::{refused, unwritten};
use crate::engine::write::spot::{Spot, below};
use crate::engine::write::{Task, WriteOptions, Written, diff, plan, shown};
use crate::model::edit::{Op, Refused, Wanted};
use crate::model::intent::{Act, Assignment, Intent, Other};
use crate::model::item::{Item, Status};
use crate::model::problem::Severity;
use crate::parse::{self, Source};
use crate::presets::{self, Called, Recipe};
use crate::query::view::{WriteRow, WriteView};
use crate::source::read;
use crate::write::{self, Change, WriteError};

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

/// What it is called in its convention.
struct Name {
    id: Option<String>,
    number: Option<u64>,
    /// Relative to the root of the work tree.
    path: String,
    variant: usize,
}

/// A file of settings with more bytes is none.
const SETTINGS: u64 = 1 << 20;

impl Engine {
    /// Makes an item.
    pub(crate) fn create(
        &self,
        mut snapshot: Snapshot,
        wish: &NewItem,
        options: &WriteOptions,
        refresh: bool,
        progress: &dyn Progress,
    ) -> Result<Written, EngineError> {
        let parent = wish.parent.iter().map(|parent| Task {
            path: parent.path.clone(),
            intents: Vec::new(),
        });
        let tasks: Vec<Task> = parent.collect();
        let mut ground = Ground::new(self, &snapshot, &tasks, options)?;
        let spot = self.spot(&snapshot, wish)?;
        let no = |refusal: Refused| refused(&spot.place.root, &refusal);
        let recipe = spot.place.preset.recipe(wish.kind.as_deref()).map_err(no)?;
        let session = match options.dry_run {
            true => None,
            false => Some(self.session()?),
        };
        let mut warnings = Vec::new();
        let name = self.name(&spot, &recipe, wish, ground.now_ns, &mut warnings)?;
        ground.expect(&name.path, &spot.place, name.variant);
        let draft = render(&ground, &spot, &recipe, &name, wish)?;
        let item = draft.read(&ground);
        let pages: Vec<_> = std::iter::once(&draft.own)
            .chain(&draft.companion)
            .collect();
        let mut paths = Vec::new();
        if let Some(session) = &session {
            let root = self.origin.root();
            let changes: Vec<Change> = pages
                .iter()
                .map(|page| Change::Create {
                    path: page.path.clone().into(),
                    bytes: page.now.clone(),
                })
                .collect();
            // None of a pair is made where the other one cannot be.
            let taken = changes.iter().find(|change| {
                let at = root.join(change.path());
                at.symlink_metadata().is_ok()
            });
            if let Some(taken) = taken {
                let path = taken.path().to_owned();
                return Err(unwritten(&WriteError::Exists { path }));
            }
            let results = session.apply(&options.what, &changes);
            for result in results.map_err(|error| unwritten(&error))? {
                result.map_err(|error| unwritten(&error))?;
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
        let cut_off = session.and_then(|session| session.cut_off.clone());
        drop(ground);
        warnings.extend(self.follow_write(&mut snapshot, &paths, refresh, progress));
        Ok(Written {
            view,
            paths,
            cut_off: cut_off.map(super::cut_off_view),
            snapshot,
            warnings,
        })
    }

    /// Id and path of the new item.
    fn name(
        &self,
        spot: &Spot,
        recipe: &Recipe,
        wish: &NewItem,
        now_ns: i64,
        warnings: &mut Vec<String>,
    ) -> Result<Name, EngineError> {
        let preset = &spot.place.preset;
        let root = spot.place.root.as_str();
        let base = joined(root, &spot.base);
        let no = |refusal: Refused| refused(root, &refusal);
        let (id, number) = match &wish.id {
            Some(id) => (Some(self.free(spot, id, warnings)?), trailing(id)),
            None if recipe.id_is_given => {
                let reason = "the number of such an item comes from elsewhere";
                return Err(EngineError::usage("no-id", reason).hint("give it with `--id`"));
            }
            None if recipe.is_counted() => {
                let prefix = match recipe.has_prefix() {
                    true => self.prefix(spot, recipe)?,
                    false => String::new(),
                };
                let mut counter = recipe.counter(&prefix).map_err(no)?;
                for (path, id) in &spot.known {
                    let inner = below(&base, path);
                    if let (Some(_), Some(id)) = (inner, id) {
                        counter.id(id);
                    }
                }
                let skipped = self.paths_everywhere(&base, &mut |path| {
                    if let Some(inner) = below(&base, path) {
                        counter.path(inner);
                    }
                })?;
                warnings.extend(skipped.into_iter().map(unseen));
                let number = counter.next().map_err(no)?;
                (recipe.id(&prefix, number), Some(number))
            }
            None => (None, None),
        };
        let today = clock::iso(now_ns);
        let called = Called {
            title: &wish.title,
            id: id.as_deref(),
            number,
            date: &today[..10],
            base: &spot.base,
            folder: &spot.folder,
        };
        let mut inner = recipe.path(preset, called).map_err(no)?;
        if let (Some(folder), false) = (&wish.folder, recipe.leaves_folder_open()) {
            let asked = below(root, folder).unwrap_or_default();
            if below(asked, &inner).is_none() {
                let name = inner.rsplit('/').next().unwrap_or(&inner);
                inner = joined(asked, name);
            }
        }
        let path = joined(root, &inner);
        write::check_new(Path::new(&path)).map_err(|error| unwritten(&error))?;
        let variant = preset.variant_at(&inner).ok_or_else(|| {
            let reason = format!("`{path}` would be no item of preset `{}`", preset.name);
            EngineError::usage("not-an-item", reason).hint("name another folder with `--in`")
        })?;
        Ok(Name {
            id,
            number,
            path,
            variant,
        })
    }

    /// An id that was asked for, if it is one and nobody has it.
    fn free(
        &self,
        spot: &Spot,
        id: &str,
        warnings: &mut Vec<String>,
    ) -> Result<String, EngineError> {
        let rules = spot.place.preset.id_rules();
        let fits = match &rules.valid {
            Some(valid) => valid.0.is_match(id),
            None => !id.is_empty() && !id.contains(|c: char| c.is_control() || "/\\".contains(c)),
        };
        if !fits {
            let message = format!("`{id}` is no id of this convention");
            let made = EngineError::usage("id-malformed", message);
            return Err(match &rules.valid {
                Some(valid) => made.hint(format!("ids look like `{}`", valid.0)),
                None => made,
            });
        }
        let same = |other: &str| plain(other).eq_ignore_ascii_case(plain(id));
        let ids = spot.known.iter();
        let mut holder = ids
            .filter(|(_, other)| other.as_deref().is_some_and(same))
            .map(|(path, _)| path.clone())
            .next();
        let root = spot.place.root.as_str();
        if let (None, Some(in_path)) = (&holder, &rules.path) {
            let skipped = self.paths_everywhere(root, &mut |path| {
                let inner = below(root, path);
                if holder.is_none()
                    && inner
                        .and_then(|inner| in_path.first(inner))
                        .is_some_and(same)
                {
                    holder = Some(path.to_owned());
                }
            })?;
            warnings.extend(skipped.into_iter().map(unseen));
        }
        match holder {
            None => Ok(id.to_owned()),
            Some(path) => Err(EngineError {
                class: Class::No,
                ..EngineError::environment("id-taken", format!("`{id}` is the id of another item"))
            }
            .path(Path::new(&path))
            .hint("leave out `--id`, and it gets one that nobody has")),
        }
    }

    /// What ids begin with: as the settings of the backlog say, as most of its ids, as it is named.
    fn prefix(&self, spot: &Spot, recipe: &Recipe) -> Result<String, EngineError> {
        let rules = spot.place.preset.prefix();
        let base = joined(&spot.place.root, &spot.base);
        let by_file = rules.files.iter().find_map(|settings| {
            let path = self.origin.root().join(&base).join(&settings.file);
            let (bytes, _) = read::read_path(&path, SETTINGS).ok()?;
            setting(&settings.file, bytes, &settings.key)
        });
        let ids = spot.known.iter();
        let ids = ids.filter(|(path, _)| below(&base, path).is_some());
        let ids = ids.filter_map(|(_, id)| id.as_deref());
        let name = base.rsplit('/').next().filter(|name| !name.is_empty());
        let root = self.origin.root().file_name();
        let root = root.map(|name| name.to_string_lossy().into_owned());
        let project = self.config.name.clone().or(root).unwrap_or_default();
        let derived = || presets::derived_prefix(name.unwrap_or(&project));
        let prefix = by_file
            .or_else(|| recipe.common_prefix(ids))
            .or_else(|| rules.default.clone())
            .or_else(derived);
        let sound = |prefix: &String| {
            prefix.len() <= 32
                && prefix.starts_with(|c: char| c.is_ascii_alphabetic())
                && prefix.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        prefix.filter(sound).ok_or_else(|| {
            let message = "there is no word that ids of this backlog could begin with";
            EngineError::usage("no-prefix", message).hint("give the whole id with `--id`")
        })
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
            let folder = name.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            (joined(folder, file), text)
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

fn unseen(part: String) -> String {
    format!("an id that is taken there may have been given again: {part}")
}

/// A value of a file of settings.
fn setting(file: &str, bytes: Vec<u8>, key: &str) -> Option<String> {
    if file.ends_with(".toml") {
        let text = String::from_utf8(bytes).ok()?;
        let mut table: toml::Table = text.parse().ok()?;
        let mut keys = key.split('.').peekable();
        loop {
            let value = table.remove(keys.next()?)?;
            match (value, keys.peek()) {
                (toml::Value::String(text), None) => return Some(text),
                (toml::Value::Table(inner), Some(_)) => table = inner,
                _ => return None,
            }
        }
    }
    let decoded = parse::decode(bytes);
    let document = parse::parse(&decoded, Source::Yaml);
    match &document.get(key)?.node.value {
        crate::model::document::Value::Text(text) => Some(text.trim().to_owned()),
        _ => None,
    }
}

/// The number at the end of an id.
fn trailing(id: &str) -> Option<u64> {
    let digits = id.bytes().rev().take_while(u8::is_ascii_digit).count();
    id[id.len() - digits..].parse().ok()
}

/// A number without zeros in front; anything else as it is.
fn plain(id: &str) -> &str {
    match id.bytes().all(|byte| byte.is_ascii_digit()) {
        true => id.trim_start_matches('0'),
        false => id,
    }
}

fn joined(folder: &str, name: &str) -> String {
    match (folder, name) {
        ("", name) => name.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, name) => format!("{folder}/{name}"),
    }
}
