//! A write of several files that was begun when its process was killed is finished: its new files
//! stand ready and durable, and each goes in place where the file is still what the write had read.
//!
//! What was not begun is left alone, and so is all of it where HEAD is another one since, or where
//! somebody has taken back what was done: then the rest is not wanted any more.
//! Gets a journal. Gives how the write has ended. Never: touches a file that is not as it was read.

use std::collections::HashSet;

use crate::base::fault;
use crate::write::WriteError;
use crate::write::ground::{Ground, There};
use crate::write::journal::{Act, Ending, Entry, Hash, Journal};
use crate::write::replace;

/// How far one entry has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    /// The file is as it was meant.
    Done,
    /// It was, and somebody has changed it since.
    Passed,
    /// It was, and somebody has made it again what it was before.
    TakenBack,
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
        matches!(self, Self::Done | Self::Passed)
    }
}

/// Finishes what was begun.
pub(super) fn carry_on(
    journal: &Journal,
    ground: &Ground<'_>,
    head: Option<&str>,
    ours: &HashSet<&str>,
) -> Result<Ending, WriteError> {
    let groups = journal
        .entries
        .chunk_by(|one, next| one.group == next.group);
    let mut groups: Vec<(&[Entry], Vec<Stand>)> =
        groups.map(|group| (group, stands(ground, group))).collect();
    let mut all = groups.iter().flat_map(|(_, stands)| stands);
    if !journal.staged || !all.clone().any(|stand| stand.is_begun()) {
        return Ok(Ending::Untouched);
    }
    let is_unwanted = journal.head.as_deref() != head
        || head.is_none()
        || all.any(|stand| *stand == Stand::TakenBack);
    if !is_unwanted {
        let mut carried = Vec::new();
        for (number, (group, stands)) in groups.iter_mut().enumerate() {
            carried.extend(carry(ground, group, stands, ours)?);
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
    let is_begun = stands.iter().any(|stand| stand.is_begun());
    if !is_begun && stands.contains(&Stand::Other) {
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
    for (at, entry) in group.iter().enumerate() {
        let now = ground.there(&entry.path);
        let staged = ground.in_stage(entry, |stage| replace::hash_in(&stage));
        let staged = staged.flatten();
        let is = |hash: &Hash| now == There::File(*hash);
        stands.push(match entry.act() {
            None => Stand::Done,
            Some(Act::Replace { before, after }) => {
                let mut same = group.iter().filter(|other| other.path == entry.path);
                let moved = same.find_map(|other| other.to.as_deref());
                let moved = moved
                    .map(|to| ground.there(to))
                    .filter(|_| now.is_nothing());
                match moved {
                    Some(There::File(hash)) if hash == *after => Stand::Done,
                    Some(There::File(_)) => Stand::Passed,
                    _ if is(after) => Stand::Done,
                    _ if is(before) && staged == Some(*after) => Stand::Open,
                    _ if is(before) && staged == Some(*before) => Stand::TakenBack,
                    _ if staged == Some(*before) => Stand::Passed,
                    _ => Stand::Other,
                }
            }
            Some(Act::Create { after }) => match staged == Some(*after) {
                _ if is(after) => Stand::Done,
                true if now.is_nothing() => Stand::Open,
                true => Stand::Other,
                false if now.is_nothing() => Stand::TakenBack,
                false => Stand::Passed,
            },
            Some(Act::Remove { before }) => match staged == Some(*before) {
                _ if now.is_nothing() => Stand::Done,
                true if is(before) => Stand::TakenBack,
                true => Stand::Passed,
                false if is(before) => Stand::Open,
                false => Stand::Other,
            },
            Some(Act::Move { before, to }) => {
                // What is to be moved may still have to be written.
                let mut earlier = group[..at].iter().zip(&stands);
                let is_coming =
                    earlier.any(|(other, stand)| other.path == entry.path && *stand == Stand::Open);
                match ground.there(to) {
                    There::File(hash) if now.is_nothing() && hash == *before => Stand::Done,
                    There::File(_) if now.is_nothing() => Stand::Passed,
                    There::Nothing if is(before) || is_coming => Stand::Open,
                    There::File(_) | There::Nothing | There::Else => Stand::Other,
                }
            }
        });
    }
    stands
}
