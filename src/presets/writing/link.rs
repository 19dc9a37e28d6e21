//! How a link to another item is written.
//! Never: asks whether that item exists.

use crate::presets::file::TargetForm;
use crate::presets::glob::split;
use crate::presets::writing::Convention;

/// The item that a link leads to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LinkTo<'a> {
    pub id: Option<&'a str>,
    /// From the top, as that of the file with the link.
    pub path: &'a str,
    /// Whether another item has the same file name.
    pub shares_stem: bool,
}

impl Convention<'_> {
    /// The text of a link from the file at `from`, in the frontmatter.
    pub(crate) fn link_text(&self, from: &str, to: LinkTo<'_>) -> String {
        let way = || way(split(from).0, to.path);
        match self.file.target.form {
            TargetForm::Id => to.id.map_or_else(way, str::to_owned),
            TargetForm::UpperId => to.id.map_or_else(way, str::to_uppercase),
            TargetForm::Path => way(),
            TargetForm::Folder => format!("/{}", split(to.path).0),
            TargetForm::Wikilink => {
                let whole = to.path.rsplit_once('.').map_or(to.path, |(stem, _)| stem);
                let name = if to.shares_stem {
                    whole
                } else {
                    split(whole).1
                };
                format!("[[{name}]]")
            }
        }
    }
}

/// The relative path from a folder to a file.
fn way(folder: &str, path: &str) -> String {
    let mut here = folder.split('/').filter(|part| !part.is_empty()).peekable();
    let (there, name) = split(path);
    let mut parts = there.split('/').filter(|part| !part.is_empty()).peekable();
    while let (Some(a), Some(b)) = (here.peek(), parts.peek())
        && a == b
    {
        here.next();
        parts.next();
    }
    let mut out = "../".repeat(here.count());
    for part in parts {
        out.push_str(part);
        out.push('/');
    }
    out + name
}
