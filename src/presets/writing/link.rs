//! How a link to another item is written.
//! Never: asks whether that item exists.

use crate::base::path;
use crate::presets::file::TargetForm;
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
        let way = || path::relative(path::folder_of(from), to.path);
        match self.file.target.form {
            TargetForm::Id => to.id.map_or_else(way, str::to_owned),
            TargetForm::UpperId => to.id.map_or_else(way, str::to_uppercase),
            TargetForm::Path => way(),
            TargetForm::Folder => format!("/{}", path::folder_of(to.path)),
            TargetForm::Wikilink => {
                let name = match to.shares_stem {
                    true => path::without_ending(to.path),
                    false => path::stem_of(to.path),
                };
                format!("[[{name}]]")
            }
        }
    }
}
