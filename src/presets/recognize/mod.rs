//! Which files are items of which convention. First the roots are found (or taken from the
//! configuration), then each file goes to the most specific root whose preset includes it.
//! Gets sorted paths. All that a glob asks of a folder is asked once a folder; a file costs a few
//! comparisons of endings.
//! Gives a `Layout`.
//! Never: reads a file.
//! Read next: `assign`, then `find_places`.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::base::path;
use crate::presets::glob::Name;
use crate::presets::preset::{FALLBACK, FileSign, Preset, Presets, Sign};

/// What a repository holds.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    /// The conventions, each at its root, sorted by root; only those with items, unless the
    /// configuration names them.
    pub places: Vec<Place>,
    /// One an item, in the order of the files.
    pub units: Vec<Unit>,
}

/// A convention at its root.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub preset: Arc<Preset>,
    /// Relative to the top, with `/`; empty for the top itself.
    pub root: String,
    pub items: usize,
}

/// One item: a file, or a file and its companion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unit {
    /// Index into the places of the layout.
    pub place: usize,
    /// Which of the preset's variants the file is of.
    pub variant: usize,
    /// Index into the files.
    pub file: usize,
    pub companion: Option<usize>,
}

/// What there is to ask of the names of the files in one folder, in this order.
struct Plan<'p> {
    steps: Vec<Step<'p>>,
}

enum Step<'p> {
    /// Files that are no items at all.
    Drop(Vec<&'p Name>),
    /// Files that are items of this place and variant.
    Take {
        place: usize,
        variant: usize,
        names: Vec<&'p Name>,
    },
    /// Nobody further out may have the rest.
    Stop,
}

impl Presets {
    /// Finds the items among `files`: paths relative to the top, sorted by bytes, without
    /// duplicates. `marker_dirs` are the paths of the folders that `wants_dir` asked for.
    pub(crate) fn recognize(&self, files: &[&str], marker_dirs: &[&str]) -> Layout {
        if !self.roots.is_empty() {
            let places = self.configured();
            return self.assign(places, files);
        }
        let places = self.find_places(files, marker_dirs);
        let mut layout = self.assign(places, files);
        if layout.units.is_empty() {
            layout = self.assign(self.fallback(), files);
        }
        if layout.places.iter().any(|place| place.items == 0) {
            // A root without items is none: what it kept from the roots around it is theirs.
            let mut places = layout.places;
            places.retain(|place| place.items > 0);
            layout = self.assign(places, files);
        }
        layout
    }

    /// The roots that may get items: those of the configuration, else those that markers show, else
    /// all of the repository as plain Markdown.
    pub(crate) fn open_places(&self, files: &[&str], marker_dirs: &[&str]) -> Vec<Place> {
        if !self.roots.is_empty() {
            return self.configured();
        }
        let places = self.find_places(files, marker_dirs);
        if places.is_empty() {
            return self.fallback();
        }
        places
    }

    /// The items among `files`, which are sorted, where these conventions hold.
    pub(crate) fn units_in(&self, places: &[Place], files: &[&str]) -> Vec<Unit> {
        self.assign(places.to_vec(), files).units
    }

    fn configured(&self) -> Vec<Place> {
        let places = self.roots.iter().filter_map(|root| {
            Some(Place {
                preset: Arc::clone(self.get(&root.preset)?),
                root: root.path.clone(),
                items: 0,
            })
        });
        sorted(places.collect())
    }

    fn fallback(&self) -> Vec<Place> {
        let places = self.get(FALLBACK).map(|preset| Place {
            preset: Arc::clone(preset),
            root: String::new(),
            items: 0,
        });
        places.into_iter().collect()
    }

    /// The roots that the markers show, without those inside an exclusive one.
    fn find_places(&self, files: &[&str], marker_dirs: &[&str]) -> Vec<Place> {
        let mut found: BTreeSet<(String, usize)> = BTreeSet::new();
        for path in marker_dirs {
            let (parent, name) = path::split(path);
            for (index, preset) in self.presets.iter().enumerate() {
                let shown = |sign: &Sign| matches!(sign, Sign::Folder(dir) if dir == name);
                if preset.markers.iter().any(shown) {
                    found.insert((parent.to_owned(), index));
                }
            }
        }
        let mut folders: HashMap<&str, Vec<(&Name, String, usize)>> = HashMap::new();
        for path in files {
            let (folder, name) = path::split(path);
            let wanted = folders
                .entry(folder)
                .or_insert_with(|| self.signs_in(folder));
            // A root that was shown once needs no second sign in the same folder.
            wanted.retain_mut(|(names, root, index)| {
                let shown = names.matches(name);
                if shown {
                    found.insert((std::mem::take(root), *index));
                }
                !shown
            });
        }
        let exclusive: Vec<&(String, usize)> = found
            .iter()
            .filter(|(_, index)| self.presets[*index].exclusive)
            .collect();
        let inside = |place: &(String, usize)| {
            exclusive
                .iter()
                .any(|outer| **outer != *place && path::holds(&outer.0, &place.0))
        };
        let places = found.iter().filter(|place| !inside(place));
        let mut places: Vec<&(String, usize)> = places.collect();
        // At one root the presets keep their own order.
        places.sort_by_key(|(_, index)| *index);
        let place = |(root, index): &(String, usize)| Place {
            preset: Arc::clone(&self.presets[*index]),
            root: root.clone(),
            items: 0,
        };
        sorted(places.into_iter().map(place).collect())
    }

    /// The file names that would show a convention if they stood in this folder, with the root they
    /// would show and the preset.
    fn signs_in(&self, folder: &str) -> Vec<(&Name, String, usize)> {
        let mut signs = Vec::new();
        for (index, preset) in self.presets.iter().enumerate() {
            for sign in &preset.markers {
                let Sign::File(sign) = sign else { continue };
                let FileSign {
                    roots,
                    beside,
                    glob,
                    depth,
                } = &**sign;
                if *beside {
                    if let Some(names) = glob.in_folder("") {
                        signs.extend(
                            roots
                                .iter()
                                .map(|root| (names, path::joined(folder, root), index)),
                        );
                    }
                } else if roots.is_empty() {
                    let root = depth.and_then(|depth| up(folder, depth));
                    if let Some(root) = root
                        && let Some(inner) = path::below(root, folder)
                        && let Some(names) = glob.in_folder(inner)
                    {
                        signs.push((names, root.to_owned(), index));
                    }
                } else {
                    let root = roots
                        .iter()
                        .flat_map(|name| named(folder, name))
                        .find_map(|root| Some((glob.in_folder(path::below(root, folder)?)?, root)));
                    if let Some((names, root)) = root {
                        signs.push((names, root.to_owned(), index));
                    }
                }
            }
        }
        signs
    }

    /// Gives each file to the place that has it.
    fn assign(&self, mut places: Vec<Place>, files: &[&str]) -> Layout {
        for place in &mut places {
            place.items = 0;
        }
        let presets: Vec<Arc<Preset>> = places.iter().map(|p| Arc::clone(&p.preset)).collect();
        let mut plans: HashMap<&str, Plan<'_>> = HashMap::new();
        let mut units = Vec::new();
        for (file, path) in files.iter().enumerate() {
            let (folder, name) = path::split(path);
            let plan = plans
                .entry(folder)
                .or_insert_with(|| self.plan(folder, &places, &presets));
            let Some((place, variant)) = plan.take(name) else {
                continue;
            };
            places[place].items += 1;
            let companion = presets[place].companion.as_deref().and_then(|beside| {
                let path = path::joined(folder, beside);
                files.binary_search(&path.as_str()).ok()
            });
            units.push(Unit {
                place,
                variant,
                file,
                companion,
            });
        }
        // A file that is an item itself is nobody's companion.
        if units.iter().any(|unit| unit.companion.is_some()) {
            let own: HashSet<usize> = units.iter().map(|unit| unit.file).collect();
            for unit in &mut units {
                unit.companion = unit.companion.filter(|file| !own.contains(file));
            }
        }
        Layout { places, units }
    }

    fn plan<'p>(&'p self, folder: &str, places: &[Place], presets: &'p [Arc<Preset>]) -> Plan<'p> {
        let mut steps = Vec::new();
        let drop = |globs: &'p [crate::presets::glob::PathGlob], folder: &str| {
            let names: Vec<&Name> = globs.iter().filter_map(|g| g.in_folder(folder)).collect();
            (!names.is_empty()).then_some(Step::Drop(names))
        };
        steps.extend(drop(&self.exclude, folder));
        // Sorted by root, so of the roots that hold the folder the innermost is the last; at one
        // root the first preset goes first.
        let holding: Vec<usize> = (0..places.len())
            .filter(|place| path::holds(&places[*place].root, folder))
            .collect();
        for group in holding
            .chunk_by(|a, b| places[*a].root == places[*b].root)
            .rev()
        {
            for place in group.iter().copied() {
                let preset = &presets[place];
                let inner = path::below(&places[place].root, folder).unwrap_or_default();
                steps.extend(drop(&preset.exclude, inner));
                for (variant, globs) in preset.include.iter().enumerate() {
                    let names: Vec<&Name> =
                        globs.iter().filter_map(|g| g.in_folder(inner)).collect();
                    if !names.is_empty() {
                        steps.push(Step::Take {
                            place,
                            variant,
                            names,
                        });
                    }
                }
                if preset.exclusive {
                    steps.push(Step::Stop);
                }
            }
        }
        Plan { steps }
    }
}

impl Plan<'_> {
    /// The place and variant of a file of that name.
    fn take(&self, name: &str) -> Option<(usize, usize)> {
        for step in &self.steps {
            match step {
                Step::Drop(names) if names.iter().any(|n| n.matches(name)) => return None,
                Step::Take {
                    place,
                    variant,
                    names,
                } if names.iter().any(|n| n.matches(name)) => return Some((*place, *variant)),
                Step::Drop(_) | Step::Take { .. } => {}
                Step::Stop => return None,
            }
        }
        None
    }
}

/// By root; the order at one root stays.
fn sorted(mut places: Vec<Place>) -> Vec<Place> {
    places.sort_by(|a, b| a.root.cmp(&b.root));
    places
}

/// The folder so many levels up.
fn up(folder: &str, levels: usize) -> Option<&str> {
    let mut here = folder;
    for _ in 0..levels {
        if here.is_empty() {
            return None;
        }
        here = path::folder_of(here);
    }
    Some(here)
}

/// The folders on the way to `folder`, outermost first, whose path ends in `name`.
fn named<'f>(folder: &'f str, name: &str) -> impl Iterator<Item = &'f str> {
    let ends = memchr::memchr_iter(b'/', folder.as_bytes())
        .chain([folder.len()])
        .map(|end| &folder[..end]);
    ends.filter(move |path| {
        crate::presets::glob::ends_with(path, name)
            && (path.len() == name.len() || path.as_bytes()[path.len() - name.len() - 1] == b'/')
    })
}

#[cfg(test)]
mod tests;
