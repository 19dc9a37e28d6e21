//! A write of several files that was begun when its process was killed is finished: its new files
//! stand ready and durable, and each goes in place where the file is still what the write had read.
//!
//! What was not begun is left alone, and so is all of it where HEAD is another one since, or where
//! somebody has taken back what was done: then the rest is not wanted any more. Where somebody has
//! changed what was done, no other item is begun.
//! Gets a journal. Gives how the write has ended. Never: touches a file that is not as it was read.

use std::collections::HashSet;
use std::path::Path;

use crate::base::fault;
use crate::write::WriteError;
use crate::write::ground::{Ground, There};
use crate::write::journal::{Act, Ending, Entry, Hash, Journal};

/// How far one entry has come. Only its stage tells that we have begun it: what is in the file may be
/// somebody's own doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    /// The file is as it was meant.
    Done,
    /// It was, and somebody has changed it since.
    Passed,
    /// It was, and somebody has made it again what it was before.
    TakenBack,
    /// It is as it was meant, and not by us.
    Alike,
    /// It is as it was read, and the new file stands ready.
    Open,
    /// Somebody has changed it first.
    Other,
}

impl Stand {
    fn is_begun(self) -> bool {
        matches!(self, Self::Done | Self::Passed | Self::TakenBack)
    }

    fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Passed | Self::Alike)
    }
}

/// Finishes what was begun.
pub(super) fn carry_on(
    journal: &Journal,
    ground: &Ground<'_>,
    head: Option<&str>,
    ours: &HashSet<&str>,
) -> Result<Ending, WriteError> {
    if !journal.staged {
        return Ok(Ending::Untouched);
    }
    let groups = journal
        .entries
        .chunk_by(|one, next| one.group == next.group);
    let mut groups: Vec<(&[Entry], Vec<Stand>)> =
        groups.map(|group| (group, stands(ground, group))).collect();
    let all = || groups.iter().flat_map(|(_, stands)| stands);
    if !all().any(|stand| stand.is_begun()) {
        return Ok(
            match !groups.is_empty() && all().all(|stand| stand.is_over()) {
                true => Ending::Finished,
                false => Ending::Untouched,
            },
        );
    }
    let is_unwanted = journal.head.as_deref() != head
        || head.is_none()
        || all().any(|stand| *stand == Stand::TakenBack);
    // Who has changed what was done may have thrown it away for what it was before that.
    let is_disputed = all().any(|stand| *stand == Stand::Passed);
    if !is_unwanted {
        let mut carried = Vec::new();
        for (number, (group, stands)) in groups.iter_mut().enumerate() {
            if !is_disputed || stands.iter().any(|stand| stand.is_begun()) {
                carried.extend(carry(ground, group, stands, ours)?);
            }
            let is_first = journal.first_decides && number == 0;
            if is_first && !stands.iter().all(|stand| stand.is_over()) {
                break;
            }
        }
        ground.sync_folders(carried.into_iter())?;
    }
    let mut all = groups.iter().flat_map(|(_, stands)| stands);
    Ok(match all.all(|stand| stand.is_over()) {
        true => Ending::Finished,
        false => Ending::Left,
    })
}

/// Carries out what is open in one group: all of a group of which nothing is done yet, or nothing.
/// Names last, and only where all that is in the files is as it was meant.
fn carry<'e>(
    ground: &Ground<'_>,
    group: &'e [Entry],
    stands: &mut [Stand],
    ours: &HashSet<&str>,
) -> Result<Vec<&'e Entry>, WriteError> {
    let is_begun = |stands: &[Stand]| stands.iter().any(|stand| stand.is_begun());
    if !is_begun(stands) && stands.contains(&Stand::Other) {
        return Ok(Vec::new());
    }
    let mut carried = Vec::new();
    for (at, entry) in group.iter().enumerate() {
        let is_name = entry.to.is_some();
        if stands[at] != Stand::Open || (is_name && stands.contains(&Stand::Other)) {
            continue;
        }
        fault::point("forward.before-one")
            .map_err(|error| WriteError::io("finish the write of", &entry.path, error))?;
        // What cannot be done now is told, and stands in the way of no other write.
        stands[at] = match ground.put_one(group, at, ours) {
            Ok(()) => Stand::Done,
            Err(_) => Stand::Other,
        };
        if stands[at] == Stand::Done {
            carried.push(entry);
        } else if !is_begun(stands) {
            break;
        }
    }
    for (at, entry) in group.iter().enumerate() {
        let is_ours = carried.iter().any(|own| std::ptr::eq(*own, entry));
        let mut moves = group.iter().filter(|other| other.path == entry.path);
        if is_ours && moves.all(|other| other.to.is_none()) {
            let landed = ground.settle(std::slice::from_ref(entry), ours);
            if landed.error.is_some() {
                stands[at] = Stand::Other;
            }
        }
    }
    Ok(carried)
}

fn stands(ground: &Ground<'_>, group: &[Entry]) -> Vec<Stand> {
    let mut stands = Vec::with_capacity(group.len());
    for entry in group {
        let same = group.iter().filter(|other| other.path == entry.path);
        let moved = same.clone().find_map(|other| other.to.as_deref());
        // What is to be moved may have to be written first.
        let earlier = group.iter().zip(&stands);
        let written = earlier
            .filter(|(other, _)| other.path == entry.path)
            .map(|(_, stand)| *stand)
            .next_back();
        stands.push(stand(ground, entry, moved, written));
    }
    stands
}

/// `moved` is the name that the file gets in the end, `written` how far the step before has come.
fn stand(
    ground: &Ground<'_>,
    entry: &Entry,
    moved: Option<&Path>,
    written: Option<Stand>,
) -> Stand {
    let now = ground.there(&entry.path);
    let is = |hash: &Hash| now == There::File(*hash);
    let staged = ground.in_stage(entry, |stage| There::in_folder(stage.folder, stage.name));
    let holds = |hash: &Hash| staged == Some(There::File(*hash));
    let is_empty = staged == Some(There::Nothing);
    match entry.act() {
        None => Stand::Done,
        Some(Act::Replace { before, after }) => {
            let moved = moved
                .filter(|_| now.is_nothing())
                .map(|to| ground.there(to));
            let is_done = is(after) || moved == Some(There::File(*after));
            match () {
                // Where two files cannot change places, the stage goes to where the file was.
                () if holds(before) || is_empty => match is_done {
                    true => Stand::Done,
                    false if is(before) => Stand::TakenBack,
                    false => Stand::Passed,
                },
                () if is_done => Stand::Alike,
                () if is(before) && holds(after) => Stand::Open,
                () => Stand::Other,
            }
        }
        Some(Act::Create { after }) => match () {
            () if is_empty && is(after) => Stand::Done,
            () if is_empty && now.is_nothing() => Stand::TakenBack,
            () if is_empty => Stand::Passed,
            () if is(after) => Stand::Alike,
            () if holds(after) && now.is_nothing() => Stand::Open,
            () => Stand::Other,
        },
        Some(Act::Remove { before }) => match () {
            () if holds(before) && now.is_nothing() => Stand::Done,
            () if holds(before) && is(before) => Stand::TakenBack,
            () if holds(before) => Stand::Passed,
            () if now.is_nothing() => Stand::Alike,
            () if is_empty && is(before) => Stand::Open,
            () => Stand::Other,
        },
        Some(Act::Move { before, to }) => {
            let is_written = written.is_none_or(Stand::is_begun);
            match ground.there(to) {
                There::File(hash) if now.is_nothing() && hash == *before && is_written => {
                    Stand::Done
                }
                // It has no stage that could tell who has done that.
                There::File(_) if now.is_nothing() && written.is_some_and(Stand::is_begun) => {
                    Stand::Passed
                }
                There::File(hash) if now.is_nothing() && hash == *before => Stand::Alike,
                There::Nothing if is(before) || written == Some(Stand::Open) => Stand::Open,
                There::File(_) | There::Nothing | There::Else => Stand::Other,
            }
        }
    }
}
