//! Who may publish onto a branch of the shared cache, by how the commits are related.
//!
//! Who is ahead of what is shown publishes; who is behind it keeps still, so that a stale clone never puts older
//! rows over newer ones. Where the two have parted (a force-push, or two clones that both committed), what the
//! remote holds decides, for that is what the team shares. What is shown may be a commit that its publisher has
//! not pushed yet: then its anchor, the newest commit below it that the remote held, is still what the remote
//! holds, and it is not older for that.
//! Never: guesses.

/// How our commit is related to the one that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kinship {
    Same,
    /// What is shown is among our ancestors.
    Ahead,
    /// We are among the ancestors of what is shown.
    Behind,
    Apart,
    /// We do not have the commit that is shown.
    Unknown,
}

/// What the remote of the branch holds, asked just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remote {
    /// Our commit.
    Ours,
    /// Another one, or no such branch.
    Other,
    /// It did not answer.
    Silent,
    /// There is none: this repository is alone.
    Missing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Publish,
    /// Newer is shown already; nothing of ours is wanted.
    Stale,
    /// Our branch and what is shown have parted; the reason is for people.
    Wait(&'static str),
}

/// `is_anchor`: our commit is the anchor of what is shown. `remote` is only asked where it decides.
pub(crate) fn verdict(
    kinship: Kinship,
    is_anchor: bool,
    takes_over: bool,
    remote: impl FnOnce() -> Remote,
) -> Verdict {
    match kinship {
        Kinship::Same | Kinship::Ahead => Verdict::Publish,
        _ if takes_over => Verdict::Publish,
        // It was committed on top of ours, and is not pushed yet.
        _ if is_anchor => Verdict::Stale,
        Kinship::Behind => match remote() {
            // The branch was set back on purpose.
            Remote::Ours => Verdict::Publish,
            Remote::Other | Remote::Silent | Remote::Missing => Verdict::Stale,
        },
        Kinship::Apart | Kinship::Unknown => match (kinship, remote()) {
            (_, Remote::Ours) => Verdict::Publish,
            (Kinship::Unknown, Remote::Other) => {
                Verdict::Wait("somebody has published a commit that is not here yet; fetch first")
            }
            (_, Remote::Other) => {
                Verdict::Wait("the branch and what is shown have parted; pull and push first")
            }
            (_, Remote::Silent) => Verdict::Wait(
                "the branch and what is shown have parted, and the remote does not tell which holds",
            ),
            (_, Remote::Missing) => Verdict::Wait(
                "the branch and what is shown have parted, and there is no remote to decide",
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_for_every_case() {
        let says = |kinship, remote| verdict(kinship, false, false, || remote);
        for remote in [Remote::Ours, Remote::Other, Remote::Silent, Remote::Missing] {
            assert_eq!(says(Kinship::Same, remote), Verdict::Publish);
            assert_eq!(says(Kinship::Ahead, remote), Verdict::Publish);
            let set_back = says(Kinship::Behind, remote) == Verdict::Publish;
            assert_eq!(set_back, remote == Remote::Ours);
            for kinship in [Kinship::Apart, Kinship::Unknown] {
                let publishes = says(kinship, remote) == Verdict::Publish;
                assert_eq!(publishes, remote == Remote::Ours, "{kinship:?} {remote:?}");
                assert_eq!(verdict(kinship, false, true, || remote), Verdict::Publish);
                let unpushed = verdict(kinship, true, false, || remote);
                assert_eq!(unpushed, Verdict::Stale, "{kinship:?} {remote:?}");
            }
        }
    }

    #[test]
    fn the_remote_is_asked_only_where_it_decides() {
        for kinship in [Kinship::Same, Kinship::Ahead] {
            let never = || panic!("asked for nothing");
            assert_eq!(verdict(kinship, true, false, never), Verdict::Publish);
        }
    }
}
