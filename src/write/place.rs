//! Which paths may be written to: below the root, no folder of git's, and, for new files, names that
//! every system can hold.
//! Gets paths relative to the root; gives nothing, or why not. Never: looks at the disk.

use std::path::{Component, Path};

use crate::write::WriteError;

/// Bytes of one component of a path.
const LONGEST_NAME: usize = 255;

/// Names that mean a device on Windows, with or without an extension.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Whether an existing file may be changed there.
pub(crate) fn check(path: &Path) -> Result<(), WriteError> {
    each(path, |name| {
        is_git(name).then(|| format!("`{name}` belongs to git"))
    })
}

/// Whether a file may be made there.
pub(crate) fn check_new(path: &Path) -> Result<(), WriteError> {
    check(path)?;
    each(path, unfit)
}

fn each(path: &Path, fault: impl Fn(&str) -> Option<String>) -> Result<(), WriteError> {
    let refuse = |reason: String| WriteError::Unsafe {
        path: path.to_owned(),
        reason,
    };
    if path.as_os_str().is_empty() {
        return Err(refuse("it is empty".to_owned()));
    }
    for part in path.components() {
        let Component::Normal(name) = part else {
            return Err(refuse("it leaves the root".to_owned()));
        };
        if let Some(reason) = fault(&name.to_string_lossy()) {
            return Err(refuse(reason));
        }
    }
    // `components` leaves these out.
    let text = path.to_string_lossy();
    if text.split('/').any(|part| matches!(part, "." | "")) {
        return Err(refuse("it has an empty component".to_owned()));
    }
    Ok(())
}

/// Whether some system takes the name for git's folder.
fn is_git(name: &str) -> bool {
    // HFS+ does not see these characters; Windows neither blanks and dots at the end, nor what
    // stands behind a colon.
    let seen: String = name
        .chars()
        .filter(|c| {
            !matches!(*c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
        })
        .collect();
    let seen = seen.split(':').next().unwrap_or_default();
    let seen = seen.trim_end_matches([' ', '.']);
    seen.eq_ignore_ascii_case(".git") || seen.eq_ignore_ascii_case("git~1")
}

/// What makes a name one that some system cannot hold.
fn unfit(name: &str) -> Option<String> {
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.trim_end().to_ascii_lowercase();
    let is_port = |port: &str| {
        stem.strip_prefix(port).is_some_and(|number| {
            matches!(number.chars().next(), Some('0'..='9' | '¹' | '²' | '³'))
                && number.chars().count() == 1
        })
    };
    if DEVICES.contains(&&*stem) || is_port("com") || is_port("lpt") {
        return Some(format!("`{name}` is a device on Windows"));
    }
    if let Some(char) = name
        .chars()
        .find(|c| c.is_control() || matches!(c, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|'))
    {
        return Some(format!(
            "not every system allows {} in a name",
            char.escape_debug()
        ));
    }
    if name.ends_with(['.', ' ']) {
        return Some("a name must not end in a dot or blank".to_owned());
    }
    if name.len() > LONGEST_NAME {
        return Some(format!("a name has at most {LONGEST_NAME} bytes"));
    }
    None
}
