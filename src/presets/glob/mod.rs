//! Globs over relative paths, split into a part for the folder and a part for the file name.
//! Gets the text of a glob; letters match in either case (ASCII).
//! Gives answers in two steps: the folder part is asked once a folder, and the name part, nearly
//! always an extension, once a file. Nothing is compiled before it is first asked, so that a
//! command pays only for the conventions it meets.
//! Never: knows what a glob is for.
//! Read next: `recognize`, which asks.

use std::sync::OnceLock;

use globset::{GlobBuilder, GlobMatcher};
use serde::Deserialize;

/// A glob such as `items/**/*.md`; `*` stops at `/`, `**/` is any number of folders.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct PathGlob {
    folder: Folder,
    name: Name,
}

/// Which folders can hold a match.
#[derive(Debug, Clone)]
enum Folder {
    Any,
    /// This one only.
    Only(String),
    /// Its parts, one a level.
    Parts(Vec<Part>),
    /// The whole glob with `x` for the file name, so that `a/**` means `a` too: where a part could
    /// stand for several levels.
    Glob(Lazy),
}

/// A level of a folder.
#[derive(Debug, Clone)]
enum Part {
    /// `**`
    Levels,
    One(Name),
}

/// Which file names match.
#[derive(Debug, Clone)]
pub(crate) enum Name {
    Any,
    Only(String),
    /// `*` and this.
    Ending(String),
    Glob(Lazy),
}

/// A glob that is compiled when it is first asked.
#[derive(Debug, Clone)]
pub(crate) struct Lazy {
    text: String,
    cell: OnceLock<GlobMatcher>,
}

impl Lazy {
    fn new(text: String) -> Result<Self, String> {
        build(&text)?;
        Ok(Self {
            text,
            cell: OnceLock::new(),
        })
    }

    fn matches(&self, path: &str) -> bool {
        self.cell
            .get_or_init(|| {
                build(&self.text)
                    .expect("because the glob was understood before")
                    .compile_matcher()
            })
            .is_match(path)
    }
}

fn build(text: &str) -> Result<globset::Glob, String> {
    GlobBuilder::new(text)
        .literal_separator(true)
        .case_insensitive(true)
        .build()
        .map_err(|error| error.kind().to_string())
}

impl TryFrom<String> for PathGlob {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::new(&text)
    }
}

impl PathGlob {
    /// A glob of that text; the error says what is wrong with it.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.starts_with('/') || text.ends_with('/') {
            return Err(format!(
                "`{text}` is no glob for files: it is relative, without `/` at either end"
            ));
        }
        let cut = last_slash(text);
        let (folder, name) = match cut {
            Some(at) => (&text[..at], &text[at + 1..]),
            None => ("", text),
        };
        let name = Name::new(name)?;
        let folder = match folder {
            "" => Folder::Only(String::new()),
            "**" => Folder::Any,
            plain if !plain.contains(SPECIAL) => Folder::Only(plain.to_owned()),
            other => {
                let whole = Lazy::new(format!("{other}/x"))?;
                match parts(other) {
                    Some(parts) => Folder::Parts(parts),
                    None => Folder::Glob(whole),
                }
            }
        };
        Ok(Self { folder, name })
    }

    /// What the glob asks of the names of files in a folder (relative, `""` for the top), or none
    /// where no file directly in it can match.
    pub(crate) fn in_folder(&self, folder: &str) -> Option<&Name> {
        let yes = match &self.folder {
            Folder::Any => true,
            Folder::Only(only) => only.eq_ignore_ascii_case(folder),
            Folder::Parts(parts) => matches(parts, folder),
            Folder::Glob(glob) if folder.is_empty() => glob.matches("x"),
            Folder::Glob(glob) => glob.matches(&format!("{folder}/x")),
        };
        yes.then_some(&self.name)
    }

    /// Whether a whole path matches; for where there is no folder to ask first.
    #[cfg(test)]
    pub(crate) fn matches(&self, path: &str) -> bool {
        let (folder, name) = crate::base::path::split(path);
        self.in_folder(folder)
            .is_some_and(|names| names.matches(name))
    }

    pub(crate) fn name(&self) -> &Name {
        &self.name
    }
}

impl Name {
    fn new(text: &str) -> Result<Self, String> {
        if text.contains('/') {
            return Err(format!("`{text}`: a `/` may not stand in the last braces"));
        }
        Ok(match text.strip_prefix('*') {
            Some("" | "*") => Self::Any,
            Some(ending) if !ending.contains(SPECIAL) => Self::Ending(ending.to_owned()),
            _ if !text.contains(SPECIAL) => Self::Only(text.to_owned()),
            _ => Self::Glob(Lazy::new(text.to_owned())?),
        })
    }

    pub(crate) fn matches(&self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Only(only) => only.eq_ignore_ascii_case(name),
            Self::Ending(ending) => ends_with(name, ending),
            Self::Glob(glob) => glob.matches(name),
        }
    }

    /// What every matching name ends with; empty where nothing can be said.
    pub(crate) fn ending(&self) -> &str {
        match self {
            Self::Any => "",
            Self::Only(text) | Self::Ending(text) => text,
            Self::Glob(glob) => glob
                .text
                .rsplit(['*', '?', ']', '}', '\\'])
                .next()
                .unwrap_or_default(),
        }
    }
}

const SPECIAL: [char; 6] = ['*', '?', '[', ']', '{', '\\'];

/// The levels of a glob for folders; none where braces or brackets hold a `/`.
fn parts(glob: &str) -> Option<Vec<Part>> {
    let part = |text: &str| match text {
        "**" => Some(Part::Levels),
        text if text.contains("**") => None,
        text => Name::new(text).ok().map(Part::One),
    };
    glob.split('/').map(part).collect()
}

/// Whether a folder has these levels. Where `**` took too few, the last one takes one more.
fn matches(parts: &[Part], folder: &str) -> bool {
    let levels: Vec<&str> = folder
        .split('/')
        .filter(|level| !level.is_empty())
        .collect();
    let (mut part, mut level) = (0, 0);
    let mut last = None;
    loop {
        match parts.get(part) {
            Some(Part::Levels) => {
                part += 1;
                last = Some((part, level));
                continue;
            }
            Some(Part::One(name)) if levels.get(level).is_some_and(|level| name.matches(level)) => {
                (part, level) = (part + 1, level + 1);
                continue;
            }
            None if level == levels.len() => return true,
            _ => {}
        }
        match last {
            Some((behind, taken)) if taken < levels.len() => {
                (part, level) = (behind, taken + 1);
                last = Some((behind, taken + 1));
            }
            _ => return false,
        }
    }
}

/// Whether a name ends so, in either case.
pub(crate) fn ends_with(name: &str, ending: &str) -> bool {
    name.len() >= ending.len()
        && name.as_bytes()[name.len() - ending.len()..].eq_ignore_ascii_case(ending.as_bytes())
}

/// Position of the last `/` outside braces.
fn last_slash(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut found = None;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b'/' if depth == 0 => found = Some(at),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests;
