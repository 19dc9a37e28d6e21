//! One hook file: how it stands, a block put into it, a block taken out.
//! Gets the folder, the hook's name and our program; gives what was done.
//! Never: follows a symbolic link, makes somebody else's code run that did not run before.

use std::io;
use std::path::Path;

use crate::base::{atomic, fault};
use crate::hooks::block::{self, Kind, Standing};
use crate::hooks::error::HooksError;
use crate::hooks::{Deed, State, chain, shell};

/// What stands at the place of a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seen {
    Missing,
    /// A symbolic link, wherever it leads.
    Link,
    /// A folder, a device: nothing that can be a hook.
    Other,
    File {
        bytes: Vec<u8>,
        executable: bool,
    },
}

pub(super) fn look(path: &Path) -> Result<Seen, HooksError> {
    let at = |source| HooksError::io("look at", path, source);
    let meta = match path.symlink_metadata() {
        Ok(meta) => meta,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(Seen::Missing);
        }
        Err(error) => return Err(at(error)),
    };
    if meta.is_symlink() {
        return Ok(Seen::Link);
    }
    if !meta.is_file() {
        return Ok(Seen::Other);
    }
    Ok(Seen::File {
        executable: is_executable(&meta),
        bytes: std::fs::read(path).map_err(|source| HooksError::io("read", path, source))?,
    })
}

#[cfg(unix)]
fn is_executable(meta: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    meta.permissions().mode() & 0o111 != 0
}

/// Elsewhere there is no such bit, and git runs every hook.
#[cfg(not(unix))]
fn is_executable(_: &std::fs::Metadata) -> bool {
    true
}

/// What shall be done, all of it settled before anything is.
#[derive(Debug)]
enum Step {
    Nothing,
    /// The whole new content; where ours, it can be executed afterwards.
    Write(Vec<u8>),
    WriteProgram(Vec<u8>),
    /// The hook is kept under another name, and this takes its place.
    Chain(Vec<u8>),
    Remove,
    /// The kept one goes back to its place.
    Unchain,
    /// What a chaining left behind that was killed half-way.
    Forget,
}

/// Puts our block there; `made_folder` where the folder was made for it.
pub(super) fn install(
    folder: &Path,
    hook: &str,
    program: &Path,
    made_folder: bool,
    dry_run: bool,
) -> Result<Deed, HooksError> {
    let (step, deed) = plan_install(folder, hook, program, made_folder)?;
    if !dry_run {
        act(folder, hook, step)?;
    }
    Ok(deed)
}

fn plan_install(
    folder: &Path,
    hook: &str,
    program: &Path,
    made_folder: bool,
) -> Result<(Step, Deed), HooksError> {
    let path = folder.join(hook);
    let chained = || -> Result<(Step, Deed), HooksError> {
        if !chain::is_free(folder, hook)? {
            return Ok(refused(
                format!("{} holds an earlier hook already", chain::name(hook)),
                format!(
                    "join the two by hand and remove `{}`",
                    chain::kept(folder, hook).display()
                ),
            ));
        }
        let text = block::whole(hook, Kind::Chain, program);
        let message = format!("the old one is kept as {}", chain::name(hook));
        Ok((Step::Chain(text), Deed::new(State::Chained, message)))
    };
    let (bytes, executable) = match look(&path)? {
        Seen::Missing => {
            let kind = if made_folder {
                Kind::OwnFolder
            } else {
                Kind::Own
            };
            let text = block::whole(hook, kind, program);
            return Ok((
                Step::WriteProgram(text),
                Deed::new(State::Installed, "a new hook"),
            ));
        }
        Seen::Other => return Ok(in_the_way(&path)),
        Seen::Link => return chained(),
        Seen::File { bytes, executable } => (bytes, executable),
    };
    let (range, kind) = match block::find(&bytes, hook) {
        Standing::Broken => return Ok(broken(&path)),
        Standing::None if executable && shell::takes_a_block(&bytes) => {
            let text = block::with(&bytes, &block::text(hook, Kind::Guest, program));
            let message = "a block behind the first line of the hook that is there";
            return Ok((Step::Write(text), Deed::new(State::Installed, message)));
        }
        Standing::None => return chained(),
        Standing::Whole { range, kind } => (range, kind),
    };
    let rest = block::without(&bytes, &range);
    // Only a file that holds nothing but ours may be made to run.
    let ours = kind != Kind::Guest && rest == block::SHEBANG;
    if !ours && !executable {
        return Ok(refused(
            "it may not be executed, so git runs neither the hook nor our block in it",
            format!("`chmod +x '{}'`, if it shall run", path.display()),
        ));
    }
    if !ours && !shell::takes_a_block(&rest) {
        return Ok(refused(
            "it holds our block, and is no shell script any more",
            "run `kanban hooks uninstall`, then `kanban hooks install`",
        ));
    }
    let text = block::with(&rest, &block::text(hook, kind, program));
    if text == bytes && executable {
        return Ok((
            Step::Nothing,
            Deed::new(State::Unchanged, "already installed"),
        ));
    }
    let step = if ours {
        Step::WriteProgram(text)
    } else {
        Step::Write(text)
    };
    Ok((
        step,
        Deed::new(State::Renewed, "an older block was replaced"),
    ))
}

/// Takes our block out.
pub(super) fn uninstall(folder: &Path, hook: &str, dry_run: bool) -> Result<Deed, HooksError> {
    let (step, deed) = plan_uninstall(folder, hook)?;
    if !dry_run {
        act(folder, hook, step)?;
    }
    Ok(deed)
}

/// Whether the hook says that its folder was made for it.
pub(super) fn is_in_folder_of_ours(folder: &Path, hook: &str) -> Result<bool, HooksError> {
    Ok(match look(&folder.join(hook)) {
        Ok(Seen::File { bytes, .. }) => matches!(
            block::find(&bytes, hook),
            Standing::Whole {
                kind: Kind::OwnFolder,
                ..
            }
        ),
        Ok(Seen::Missing | Seen::Link | Seen::Other) => false,
        Err(error) => return Err(error),
    })
}

fn plan_uninstall(folder: &Path, hook: &str) -> Result<(Step, Deed), HooksError> {
    let path = folder.join(hook);
    let nothing = |message: &str| (Step::Nothing, Deed::new(State::Unchanged, message));
    let foreign = || {
        // A chaining that was killed between its two steps has kept what never went away.
        let step = if chain::is_half(folder, hook)? {
            Step::Forget
        } else {
            Step::Nothing
        };
        let message = "not ours, and kept as it is";
        Ok((step, Deed::new(State::Unchanged, message)))
    };
    let bytes = match look(&path)? {
        Seen::Missing => return Ok(nothing("not installed")),
        Seen::Link => return foreign(),
        Seen::Other => return Ok(nothing("not ours, and kept as it is")),
        Seen::File { bytes, .. } => bytes,
    };
    let (range, kind) = match block::find(&bytes, hook) {
        Standing::Broken => return Ok(broken(&path)),
        Standing::None => return foreign(),
        Standing::Whole { range, kind } => (range, kind),
    };
    let rest = block::without(&bytes, &range);
    let ours = rest == block::SHEBANG;
    Ok(match kind {
        Kind::Chain if !ours => refused(
            "lines were added to it that would be lost",
            format!(
                "move them into `{}` first",
                chain::kept(folder, hook).display()
            ),
        ),
        Kind::Chain if chain::is_kept(folder, hook) => (
            Step::Unchain,
            Deed::new(State::Restored, "the old hook is back in its place"),
        ),
        Kind::Own | Kind::OwnFolder | Kind::Chain if ours => {
            (Step::Remove, Deed::new(State::Removed, "the hook was ours"))
        }
        Kind::Guest | Kind::Own | Kind::OwnFolder | Kind::Chain => (
            Step::Write(rest),
            Deed::new(State::Restored, "our block is out of it"),
        ),
    })
}

fn act(folder: &Path, hook: &str, step: Step) -> Result<(), HooksError> {
    let path = folder.join(hook);
    match step {
        Step::Nothing => {}
        Step::Write(text) => atomic::write(&path, &text)?,
        Step::WriteProgram(text) => atomic::write_program(&path, &text)?,
        Step::Chain(text) => {
            chain::keep(folder, hook)?;
            fault::point("hooks.after-keep")
                .map_err(|source| HooksError::io("chain", &path, source))?;
            atomic::write_program(&path, &text)?;
        }
        Step::Remove => {
            std::fs::remove_file(&path)
                .and_then(|()| atomic::sync_folder(folder))
                .map_err(|source| HooksError::io("remove", &path, source))?;
        }
        Step::Unchain => chain::give_back(folder, hook)?,
        Step::Forget => chain::forget(folder, hook)?,
    }
    Ok(())
}

fn refused(why: impl Into<String>, hint: impl Into<String>) -> (Step, Deed) {
    (Step::Nothing, Deed::new(State::Refused, why).hint(hint))
}

fn broken(path: &Path) -> (Step, Deed) {
    refused(
        "one of the two markers of our block is gone",
        format!(
            "remove what is left of it from `{}` by hand",
            path.display()
        ),
    )
}

fn in_the_way(path: &Path) -> (Step, Deed) {
    refused(
        "something that is no file stands there",
        format!("move `{}` away", path.display()),
    )
}
