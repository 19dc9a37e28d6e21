//! The merge driver in git's configuration, and the lines of `.gitattributes` that name it: both are
//! needed, and only the lines can be committed.
//! Gets a `Place` and our program. Gives how each half stands, or what was done.
//! Never: touches a driver of that name that somebody else has set.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::base::atomic;
use crate::hooks::configured::{get, remove_section, set};
use crate::hooks::folder::ask_now;
use crate::hooks::{HooksError, State, Wish};
use crate::source::name;
use crate::source::repo::{Kind, Place};

const SECTION: &str = "merge.kanban";
const COMMAND: &str = "merge.kanban.driver";
const NAME: &str = "merge.kanban.name";
/// What git shows of it.
const SHOWN: &str = "items of kanban, merged by meaning";
/// What every command of ours has in it.
const OURS: &[u8] = b" merge-driver %O %A %B ";
/// In one word: a path may begin with `-`.
const PATH: &[u8] = b" --path=%P";
/// The attribute of the items.
pub(crate) const ATTRIBUTE: &str = "merge=kanban";
pub(crate) const ATTRIBUTES: &str = ".gitattributes";

const BEGIN: &str = "# >>> kanban merge";
const END: &str = "# <<< kanban merge <<<";

/// How the merge driver stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Driver {
    /// `Active` where git would start it; never `Silent`, `Chained` or `Restored`.
    pub state: State,
    /// The command that git has.
    pub command: Option<String>,
    /// Whether git's attributes give files to it.
    pub named: bool,
    /// The command is of an older kanban.
    pub old: bool,
}

/// The command: where our program is gone, git merges lines as it does by itself.
fn wanted(program: &Path) -> Vec<u8> {
    let mut quoted = b"'".to_vec();
    for byte in name::os_bytes(program.as_os_str()) {
        match byte {
            b'\'' => quoted.extend_from_slice(b"'\\''"),
            // Git would read a place for one of its own values.
            b'%' => quoted.extend_from_slice(b"%%"),
            byte => quoted.push(*byte),
        }
    }
    quoted.push(b'\'');
    [
        b"if [ -x ",
        quoted.as_slice(),
        b" ]; then ",
        &quoted,
        OURS,
        b"--marker-size %L",
        PATH,
        b"; else git merge-file --marker-size=%L \
          -L ours -L base -L theirs %A %O %B || exit 1; fi",
    ]
    .concat()
}

pub(super) fn status(place: &Place, program: &Path) -> Result<Option<Driver>, HooksError> {
    if !matches!(place.kind, Kind::WorkTree { .. }) {
        return Ok(None);
    }
    let command = get(place, COMMAND)?;
    let state = match &command {
        None => State::Missing,
        Some(command) if *command == wanted(program) || is_ours(command) => State::Active,
        Some(_) => State::Foreign,
    };
    Ok(Some(driver(place, state, command)))
}

pub(super) fn install(place: &Place, wish: &Wish) -> Result<Option<Driver>, HooksError> {
    if !matches!(place.kind, Kind::WorkTree { .. }) {
        return Ok(None);
    }
    let wanted = wanted(&wish.program);
    let command = get(place, COMMAND)?;
    let state = match &command {
        Some(command) if *command == wanted => State::Unchanged,
        Some(command) if !is_ours(command) => State::Refused,
        Some(_) => State::Renewed,
        None => State::Installed,
    };
    let writes = matches!(state, State::Installed | State::Renewed);
    if writes && !wish.dry_run {
        set(place, NAME, Path::new(SHOWN))?;
        set(place, COMMAND, &name::os_path(&wanted))?;
    }
    let command = if writes { Some(wanted) } else { command };
    Ok(Some(driver(place, state, command)))
}

pub(super) fn uninstall(place: &Place, wish: &Wish) -> Result<Option<Driver>, HooksError> {
    if !matches!(place.kind, Kind::WorkTree { .. }) {
        return Ok(None);
    }
    let command = get(place, COMMAND)?;
    let state = match &command {
        Some(command) if is_ours(command) => State::Removed,
        Some(_) => State::Refused,
        None => State::Unchanged,
    };
    if state == State::Removed && !wish.dry_run {
        // All of it: a section without a command makes git refuse to merge at all.
        remove_section(place, SECTION)?;
    }
    if wish.shared {
        unname(&place.root, wish.dry_run)?;
    }
    let command = command.filter(|_| state == State::Refused);
    Ok(Some(driver(place, state, command)))
}

fn is_ours(command: &[u8]) -> bool {
    memchr::memmem::find(command, OURS).is_some()
}

fn driver(place: &Place, state: State, command: Option<Vec<u8>>) -> Driver {
    Driver {
        state,
        named: gives(place).unwrap_or_else(|| is_named(&place.root)),
        old: command.as_deref().is_some_and(is_old),
        command: command.map(|command| String::from_utf8_lossy(&command).into_owned()),
    }
}

/// Whether a command is ours, but not as it is put in now.
pub(crate) fn is_old(command: &[u8]) -> bool {
    is_ours(command) && memchr::memmem::find(command, PATH).is_none()
}

/// Whether git gives any file to the driver: by which of all files of attributes, it knows itself.
fn gives(place: &Place) -> Option<bool> {
    let files = format!(":(attr:{ATTRIBUTE})");
    let answer = ask_now(
        place,
        &[
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
            "--",
            &files,
        ],
    );
    let answer = answer.ok().filter(|answer| answer.code == Some(0))?;
    Some(!answer.stdout.is_empty())
}

/// Whether the `.gitattributes` of a folder names the driver: for a git that cannot tell.
fn is_named(folder: &Path) -> bool {
    std::fs::read(folder.join(ATTRIBUTES)).is_ok_and(|bytes| {
        let lines = bytes.split(|byte| *byte == b'\n');
        lines.filter(|line| !line.starts_with(b"#")).any(|line| {
            let mut words = line.split(u8::is_ascii_whitespace);
            words.any(|word| word == ATTRIBUTE.as_bytes())
        })
    })
}

/// The text of `.gitattributes` with a block of these lines, in place of one that is there. None
/// where that changes nothing.
pub(crate) fn named(old: Option<&[u8]>, lines: &[String]) -> Option<Vec<u8>> {
    let (rest, kind) = match old {
        None => (Vec::new(), " (file)"),
        Some(old) => match block(old) {
            Some((range, kind)) => {
                let mut text = old[..range.start].to_vec();
                text.extend(text_of(lines, kind));
                text.extend_from_slice(&old[range.end..]);
                return (text != old).then_some(text);
            }
            None if old.is_empty() || old.ends_with(b"\n") => (old.to_vec(), ""),
            None => (old.to_vec(), " (line)"),
        },
    };
    Some([rest, text_of(lines, kind)].concat())
}

/// The block; its first line says what was there before, so that it can be taken out again.
fn text_of(lines: &[String], kind: &str) -> Vec<u8> {
    let before = if kind == " (line)" { "\n" } else { "" };
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    format!("{before}{BEGIN}{kind} >>>\n{lines}{END}\n").into_bytes()
}

/// Where our block is in `.gitattributes`, and of which kind it is.
fn block(bytes: &[u8]) -> Option<(Range<usize>, &'static str)> {
    for kind in ["", " (line)", " (file)"] {
        let begin = format!("{BEGIN}{kind} >>>\n");
        let Some(start) = memchr::memmem::find(bytes, begin.as_bytes()) else {
            continue;
        };
        let end = format!("{END}\n");
        let end = start + memchr::memmem::find(&bytes[start..], end.as_bytes())? + end.len();
        let start = start - usize::from(kind == " (line)" && start > 0);
        return Some((start..end, kind));
    }
    None
}

/// Takes the block out of `.gitattributes`; what was there before is there again, byte for byte.
fn unname(folder: &Path, dry_run: bool) -> Result<(), HooksError> {
    let path: PathBuf = folder.join(ATTRIBUTES);
    let Ok(bytes) = std::fs::read(&path) else {
        return Ok(());
    };
    let Some((range, kind)) = block(&bytes) else {
        return Ok(());
    };
    let rest = [&bytes[..range.start], &bytes[range.end..]].concat();
    let failed = |source| HooksError::Io {
        act: "write",
        path: path.clone(),
        source,
    };
    if dry_run {
        Ok(())
    } else if rest.is_empty() && kind == " (file)" {
        std::fs::remove_file(&path).map_err(failed)
    } else {
        atomic::write(&path, &rest).map_err(|error| failed(error.source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_goes_in_once_and_out_without_a_trace() {
        let lines = vec!["a/**/*.md merge=kanban".to_owned()];
        let more = vec!["b/**/*.md merge=kanban".to_owned()];
        for old in [
            None,
            Some(&b""[..]),
            Some(b"*.png binary\n"),
            Some(b"*.png binary"),
            Some(b"x\r\n\n"),
        ] {
            let new = named(old, &lines).unwrap();
            assert_eq!(named(Some(&new), &lines), None);
            let changed = named(Some(&new), &more).unwrap();
            assert_eq!(named(Some(&changed), &lines), Some(new.clone()));
            let (range, _) = block(&new).unwrap();
            let rest = [&new[..range.start], &new[range.end..]].concat();
            assert_eq!(rest, old.unwrap_or_default());
        }
    }

    #[test]
    fn the_command_is_one_for_git_and_for_the_shell() {
        let command = wanted(Path::new("/it's/100%/kanban"));
        let text = String::from_utf8(command.clone()).unwrap();
        assert!(
            text.starts_with(r"if [ -x '/it'\''s/100%%/kanban' ]; then "),
            "{text}"
        );
        assert!(is_ours(&command) && !is_old(&command));
        assert!(is_old(
            b"'kanban' merge-driver %O %A %B --marker-size %L --path %P"
        ));
        assert!(!is_old(b"my-merge %O %A %B"));
        assert!(!is_ours(b"my-merge %O %A %B"));
    }
}
