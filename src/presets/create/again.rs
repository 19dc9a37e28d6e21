//! An item that is there, under another id or title: which ids go on from its own, and what its file is
//! called then.
//! Gets ids, titles and paths below the root. Gives the new ones.
//! Never: touches a part of a path that says neither.

use regex::Regex;

use crate::base::path;
use crate::model::edit::Refused;
use crate::presets::create::count::{Counter, pattern};
use crate::presets::create::{Recipe, name};
use crate::presets::file::Capture;
use crate::presets::preset::Preset;
use crate::presets::writing::Convention;

/// Of a name that was cut, so many bytes tell the title.
const TELLING: usize = 25;

/// The ids that go on from one of them: `KABSD-TSK-0298`, `task-12`, `0004`.
#[derive(Debug)]
pub(crate) struct Series {
    counter: Counter,
    head: String,
    width: usize,
}

impl Preset {
    /// The ids that go on from that of an item of a kind. Numbers are counted as for new items, where
    /// one of that kind would get such an id.
    pub(crate) fn series(&self, id: &str, kind: Option<&str>) -> Result<Series, Refused> {
        let (head, digits) = parted(id);
        if digits.is_empty() {
            let reason = format!("`{id}` does not end in a number that could be another one");
            return Err(Refused::at("no-number", 0, reason).hint("give it an id with `kanban set`"));
        }
        let recipe = self.recipe(kind).ok();
        if recipe.as_ref().is_some_and(|recipe| recipe.id_is_given) {
            let reason = "the number of such an item comes from elsewhere";
            let hint = "give it one with `kanban set`, and its file another path with `kanban mv`";
            return Err(Refused::at("no-id", 0, reason).hint(hint));
        }
        let own = recipe.filter(|recipe| recipe.makes(id));
        let counter = match own.as_ref().and_then(|recipe| recipe.taken.as_ref()) {
            Some(taken) => Counter::of(head, Some(taken.clone())),
            // A number alone may be a folder of anything.
            None if head.is_empty() => {
                let name = Regex::new("(?:^|/)([0-9]+)[^/]*$");
                Counter::of(head, Some(name.expect("because it is a constant")))
            }
            None => Counter::of(head, None),
        };
        Ok(Series {
            counter: counter?,
            head: head.to_owned(),
            width: digits.len(),
        })
    }
}

impl Series {
    /// Whether that id is one of them.
    pub(crate) fn has(&self, id: &str) -> bool {
        let (head, digits) = parted(id);
        !digits.is_empty() && head.eq_ignore_ascii_case(&self.head)
    }

    /// Takes notice of a path below the base.
    pub(crate) fn path(&mut self, inner: &str) {
        self.counter.path(inner);
    }

    /// Takes notice of an id.
    pub(crate) fn id(&mut self, id: &str) {
        self.counter.id(id);
    }

    /// An id that nobody has, each time another one.
    pub(crate) fn next(&mut self) -> Result<String, Refused> {
        let number = self.counter.next()?;
        let id = format!("{}{number:0width$}", self.head, width = self.width);
        self.counter.id(&id);
        Ok(id)
    }
}

impl Recipe {
    /// Whether new items of this kind get ids of that form.
    fn makes(&self, id: &str) -> bool {
        let form = self.id.as_deref().unwrap_or_default();
        let form = pattern(form, "[A-Za-z][A-Za-z0-9]*", &self.code, "[0-9]+");
        Regex::new(&format!("(?i)^{form}$")).is_ok_and(|form| form.is_match(id))
    }
}

impl Convention<'_> {
    /// The id that the path says, below the root.
    pub(crate) fn id_in_path<'t>(&self, inner: &'t str) -> Option<&'t str> {
        self.rules.file.id.path.as_ref()?.first(inner)
    }

    /// The path of a file below the root when its item has another id.
    pub(crate) fn renumbered(&self, inner: &str, id: &str) -> String {
        let rules = &self.rules.file.id;
        let Some(range) = rules.path.as_ref().and_then(|rule| range(rule, inner)) else {
            return inner.to_owned();
        };
        let (said_head, said_digits) = parted(&inner[range.clone()]);
        let (head, digits) = parted(id);
        // In the letters and with the zeros of the name.
        let word = match (said_head.eq_ignore_ascii_case(head), digits.parse::<u64>()) {
            (true, Ok(number)) if !said_digits.is_empty() => {
                format!("{said_head}{number:0width$}", width = said_digits.len())
            }
            _ => id.to_owned(),
        };
        let mut path = inner.to_owned();
        path.replace_range(range, &word);
        self.in_bucket(path, digits)
    }

    /// The same path in the numbered folder of its id, where it stands in one.
    fn in_bucket(&self, path: String, digits: &str) -> String {
        let size = self.rules.file.id.bucket_size;
        let (folder, name) = path::split(&path);
        let (above, bucket) = path::split(folder);
        let is_bucket = !bucket.is_empty() && bucket.bytes().all(|byte| byte.is_ascii_digit());
        match digits.parse::<u64>() {
            Ok(number) if size > 0 && is_bucket => {
                let right = number - number % size;
                let width = bucket.len();
                path::joined(above, &format!("{right:0width$}/{name}"))
            }
            _ => path,
        }
    }

    /// A file name when its item has another title; the same where it does not follow the title. `kind`
    /// tells how new files of its like are called.
    pub(crate) fn retitled(&self, file: &str, kind: Option<&str>, old: &str, new: &str) -> String {
        let (stem, ending) = file
            .rsplit_once('.')
            .map_or((file, ""), |(stem, _)| (stem, &file[stem.len()..]));
        let recipe = self.preset.recipe(kind).ok();
        let path = recipe.map_or_else(String::new, |recipe| recipe.path);
        let mut styles = name::STYLES;
        styles.sort_by_key(|(word, _)| !path.contains(word));
        for (_, style) in styles {
            let (was, now) = (style(old, usize::MAX), style(new, name::SLUG));
            if was.is_empty() || now.is_empty() {
                continue;
            }
            let starts = stem.char_indices().map(|(at, _)| at);
            let mut starts = starts.filter(|at| *at == 0 || stem[..*at].ends_with(['_', '-', ' ']));
            // Names are cut at different lengths.
            let start = starts.find(|at| {
                let tail = &stem[*at..];
                tail == was || (tail.len() >= TELLING && was.starts_with(tail))
            });
            if let Some(at) = start {
                return format!("{}{now}{ending}", &stem[..at]);
            }
        }
        file.to_owned()
    }
}

/// Where the first group that takes part stands.
fn range(rule: &Capture, text: &str) -> Option<std::ops::Range<usize>> {
    let found = rule.regex().captures(text)?;
    found.iter().skip(1).flatten().next().map(|m| m.range())
}

/// An id without the number at its end, and that number.
fn parted(id: &str) -> (&str, &str) {
    let digits = id.bytes().rev().take_while(u8::is_ascii_digit).count();
    id.split_at(id.len() - digits)
}
