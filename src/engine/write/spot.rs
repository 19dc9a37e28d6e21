//! Where a new item goes: which convention at which root, in which backlog of it, in which folder.
//! Gets what was asked for, and the folder in which the user is. Gives a `Spot`, or the choices there
//! are. Never: guesses between two.

use std::collections::BTreeSet;

use crate::base::path;
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::snapshot::Snapshot;
use crate::engine::write::created::NewItem;
use crate::presets::Place;

/// A place for a new item.
pub(super) struct Spot {
    pub place: Place,
    /// The folder of the backlog, below the root of the place.
    pub base: String,
    /// The folder below the base that was asked for, or in which the user is.
    pub folder: String,
    /// Path and id of the items of the place.
    pub known: Vec<(String, Option<String>)>,
}

impl Engine {
    pub(super) fn spot(&self, snapshot: &Snapshot, wish: &NewItem) -> Result<Spot, EngineError> {
        let place = self.place_for(snapshot, wish)?;
        let fail = |error| EngineError::sqlite(&error);
        let stamps = snapshot.generation.stamps().map_err(fail)?;
        let known = stamps.names_in(&place.root, &place.preset.name);
        let known = known.map_err(fail)?;
        let base = base_for(&place, &known, wish)?;
        let asked = wish.folder.as_deref().or(Some(&wish.here));
        let inner = asked.and_then(|folder| path::below(&place.root, folder));
        let folder = inner.and_then(|inner| path::below(&base, inner));
        Ok(Spot {
            folder: folder.unwrap_or_default().to_owned(),
            place,
            base,
            known,
        })
    }

    /// The convention: that of the folder that was asked for; that which has such items; that in which
    /// the user is; or the only one.
    fn place_for(&self, snapshot: &Snapshot, wish: &NewItem) -> Result<Place, EngineError> {
        let scanned;
        let scan = match &snapshot.sight {
            Some(sight) => &sight.scan,
            None => {
                scanned = self.scan()?;
                &scanned
            }
        };
        let mut places = self.recognize(scan).places;
        if places.is_empty() {
            let files: Vec<&str> = scan.files.iter().map(|found| &*found.path).collect();
            let dirs: Vec<&str> = scan.marker_dirs.iter().map(String::as_str).collect();
            places = self.presets().open_places(&files, &dirs);
        }
        let kind = wish.kind.as_deref();
        let narrow = |places: &mut Vec<Place>, fits: &dyn Fn(&Place) -> bool| {
            if places.iter().any(fits) {
                places.retain(fits);
            }
        };
        if let Some(folder) = &wish.folder {
            places.retain(|place| path::holds(&place.root, folder));
            let innermost = places.iter().map(|place| place.root.len()).max();
            places.retain(|place| Some(place.root.len()) == innermost);
            if places.is_empty() {
                return Err(EngineError::usage(
                    "no-convention",
                    format!("no convention holds in `{folder}`"),
                )
                .hint("name it in kanban.toml, as `[[root]]`"));
            }
        }
        if let Some(kind) = kind {
            narrow(&mut places, &|place| place.preset.takes_kind(kind));
            narrow(&mut places, &|place| place.preset.knows_kind(kind));
        }
        for path in wish
            .parent
            .iter()
            .map(|parent| parent.path.as_str())
            .chain([&*wish.here])
        {
            let inside = |place: &Place| path::holds(&place.root, path);
            let innermost = places.iter().filter(|place| inside(place));
            let innermost = innermost.map(|place| place.root.len()).max();
            narrow(&mut places, &|place| {
                inside(place) && Some(place.root.len()) == innermost
            });
        }
        match places.as_slice() {
            // Of several at one root the first one would have the file.
            [first, rest @ ..] if rest.iter().all(|place| place.root == first.root) => {
                Ok(first.clone())
            }
            places => {
                let all = places.iter().map(|place| match place.root.as_str() {
                    "" => format!("`--in .` ({})", place.preset.name),
                    root => format!("`--in {root}` ({})", place.preset.name),
                });
                let all: Vec<String> = all.collect();
                Err(EngineError::usage(
                    "several-conventions",
                    "there are several conventions that it could be an item of",
                )
                .hint(format!(
                    "say which one: {}; or give `--kind`",
                    all.join(", ")
                )))
            }
        }
    }
}

/// The backlog, where a convention has several at one root.
fn base_for(
    place: &Place,
    known: &[(String, Option<String>)],
    wish: &NewItem,
) -> Result<String, EngineError> {
    let preset = &place.preset;
    let of =
        |path: &str| path::below(&place.root, path).map(|inner| preset.base_of(inner).to_owned());
    let as_folder = |folder: &str| of(&format!("{folder}/x")).filter(|base| !base.is_empty());
    if let Some(base) = wish.folder.as_deref().and_then(as_folder) {
        return Ok(base);
    }
    if let Some(base) = wish.parent.as_ref().and_then(|parent| of(&parent.path)) {
        return Ok(base);
    }
    if let Some(base) = as_folder(&wish.here) {
        return Ok(base);
    }
    let bases: BTreeSet<String> = known.iter().filter_map(|(path, _)| of(path)).collect();
    let mut all = bases.iter();
    match (all.next(), all.next()) {
        (None, _) => Ok(String::new()),
        (Some(base), None) => Ok(base.clone()),
        _ => {
            let all = bases.iter().map(|base| match place.root.as_str() {
                "" => format!("`--in {base}`"),
                root => format!("`--in {root}/{base}`"),
            });
            let all: Vec<String> = all.collect();
            let message = "there are several backlogs that it could stand in";
            Err(EngineError::usage("several-backlogs", message)
                .hint(format!("say which one: {}", all.join(", "))))
        }
    }
}
