//! Who may publish onto a branch of the shared cache, by how the commits are related.
//!
//! Who is ahead of what is shown publishes; who is behind it keeps still, so that a stale clone never puts older
//! rows over newer ones. Where the two have parted (a force-push, or two clones that both committed), what the
//! remote holds decides, for that is what the team shares. What is shown may be a commit that its publisher has
//! not pushed yet: then its anchor, the newest commit below it that the remote held, is still what the remote
//! holds, and it is not older for that. Where our own branch once stood at what is shown, and the remote has
//! nothing of it that is not ours, it was taken back here on purpose: by a reset, an amend, a rebase.
//! What was taken back stays so: who still has it is ahead of what is shown, and publishes only what the remote
//! holds. Another remote than that of the publishers decides nothing: a fork has the same names.
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
    /// A commit below ours: what is above it is nobody's but ours.
    Below,
    /// A commit above ours: nothing of ours is anybody's alone.
    Above,
    /// Another one.
    Other,
    /// It has no such branch.
    Absent,
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

/// What is asked for only where it decides.
pub(crate) struct Asked<R, O> {
    pub remote: R,
    /// Whether our branch has stood at what is shown.
    pub was_ours: O,
}

/// How we stand against what is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    pub kinship: Kinship,
    /// Our commit is the anchor of what is shown.
    pub is_anchor: bool,
    /// Somebody began to publish it long ago, and has not come back.
    pub is_stuck: bool,
    /// Its publishers have another remote.
    pub is_foreign: bool,
    /// Among our commits is one that was shown and taken back, and that the remote does not hold.
    pub is_withdrawn: bool,
    /// The remote held our commit when it was last asked.
    pub is_pushed: bool,
    /// Somebody has decided that ours holds.
    pub takes_over: bool,
}

pub(crate) fn verdict(
    standing: Standing,
    asked: Asked<impl FnOnce() -> Remote, impl FnOnce() -> bool>,
) -> Verdict {
    let kinship = standing.kinship;
    if standing.takes_over || kinship == Kinship::Same {
        return Verdict::Publish;
    }
    if standing.is_foreign {
        return match kinship {
            Kinship::Behind => Verdict::Stale,
            _ => Verdict::Wait(
                "those who publish this branch have another remote; `sync now --take-over` where \
                 this one holds",
            ),
        };
    }
    if kinship == Kinship::Ahead {
        if !standing.is_withdrawn {
            return Verdict::Publish;
        }
        return match (asked.remote)() {
            Remote::Ours | Remote::Missing => Verdict::Publish,
            _ => Verdict::Wait(
                "a commit of the branch was taken back by somebody; pull, or push what holds",
            ),
        };
    }
    let was_ours = (asked.was_ours)();
    if standing.is_anchor && !was_ours && !standing.is_stuck {
        // It was committed on top of ours, and is not pushed yet.
        return Verdict::Stale;
    }
    match ((asked.remote)(), kinship) {
        (Remote::Ours, _) => Verdict::Publish,
        (Remote::Below | Remote::Absent | Remote::Missing, _) if was_ours => Verdict::Publish,
        (_, Kinship::Behind) | (Remote::Above, _) => Verdict::Stale,
        // All that we have the remote has had; there is nothing of ours to part with.
        (Remote::Other, Kinship::Unknown) if standing.is_pushed => Verdict::Stale,
        (Remote::Below | Remote::Other | Remote::Absent, Kinship::Unknown) => {
            Verdict::Wait("somebody has published a commit that is not here yet; fetch first")
        }
        (Remote::Below | Remote::Other | Remote::Absent, _) => {
            Verdict::Wait("the branch and what is shown have parted; pull and push first")
        }
        (Remote::Silent, _) => Verdict::Wait(
            "the branch and what is shown have parted, and the remote does not tell which holds",
        ),
        (Remote::Missing, _) => Verdict::Wait(
            "the branch and what is shown have parted, and there is no remote to decide",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REMOTES: [Remote; 7] = [
        Remote::Ours,
        Remote::Below,
        Remote::Above,
        Remote::Other,
        Remote::Absent,
        Remote::Silent,
        Remote::Missing,
    ];

    fn standing(kinship: Kinship, is_anchor: bool) -> Standing {
        Standing {
            kinship,
            is_anchor,
            is_stuck: false,
            is_foreign: false,
            is_withdrawn: false,
            is_pushed: false,
            takes_over: false,
        }
    }

    fn says(kinship: Kinship, is_anchor: bool, remote: Remote, was_ours: bool) -> Verdict {
        answered(standing(kinship, is_anchor), remote, was_ours)
    }

    fn answered(standing: Standing, remote: Remote, was_ours: bool) -> Verdict {
        let asked = Asked {
            remote: || remote,
            was_ours: || was_ours,
        };
        verdict(standing, asked)
    }

    #[test]
    fn another_remote_decides_nothing_and_what_was_taken_back_stays_so() {
        for remote in REMOTES {
            for was_ours in [false, true] {
                for kinship in [
                    Kinship::Ahead,
                    Kinship::Behind,
                    Kinship::Apart,
                    Kinship::Unknown,
                ] {
                    let foreign = Standing {
                        is_foreign: true,
                        ..standing(kinship, false)
                    };
                    let said = answered(foreign, remote, was_ours);
                    assert_ne!(said, Verdict::Publish, "{kinship:?} {remote:?}");
                }
                let withdrawn = Standing {
                    is_withdrawn: true,
                    ..standing(Kinship::Ahead, false)
                };
                assert_eq!(
                    answered(withdrawn, remote, was_ours) == Verdict::Publish,
                    matches!(remote, Remote::Ours | Remote::Missing),
                    "{remote:?}"
                );
            }
        }
    }

    #[test]
    fn a_verdict_for_every_case() {
        for remote in REMOTES {
            assert_eq!(says(Kinship::Same, false, remote, false), Verdict::Publish);
            assert_eq!(says(Kinship::Ahead, false, remote, false), Verdict::Publish);
            for kinship in [Kinship::Behind, Kinship::Apart, Kinship::Unknown] {
                let said = says(kinship, false, remote, false);
                assert_eq!(
                    said == Verdict::Publish,
                    remote == Remote::Ours,
                    "{kinship:?} {remote:?}"
                );
                // Who is only behind has nothing to do.
                let waits = matches!(said, Verdict::Wait(_));
                let is_below = kinship == Kinship::Behind || remote == Remote::Above;
                let parted = !is_below && remote != Remote::Ours;
                assert_eq!(waits, parted, "{kinship:?} {remote:?}");
                assert_eq!(
                    says(kinship, true, remote, false),
                    Verdict::Stale,
                    "{kinship:?} {remote:?}"
                );
                // What was ours may be taken back, unless others have built on it.
                for is_anchor in [false, true] {
                    let taken_back = says(kinship, is_anchor, remote, true) == Verdict::Publish;
                    let may = matches!(
                        remote,
                        Remote::Ours | Remote::Below | Remote::Absent | Remote::Missing
                    );
                    assert_eq!(taken_back, may, "{kinship:?} {remote:?}");
                }
            }
        }
    }

    #[test]
    fn nothing_is_asked_where_it_does_not_decide() {
        for (kinship, takes_over) in [
            (Kinship::Same, false),
            (Kinship::Ahead, false),
            (Kinship::Apart, true),
        ] {
            let asked = Asked {
                remote: || panic!("asked for nothing"),
                was_ours: || panic!("asked for nothing"),
            };
            let standing = Standing {
                takes_over,
                ..standing(kinship, true)
            };
            assert_eq!(verdict(standing, asked), Verdict::Publish);
        }
        let asked = Asked {
            remote: || panic!("asked for nothing"),
            was_ours: || false,
        };
        assert_eq!(
            verdict(standing(Kinship::Behind, true), asked),
            Verdict::Stale
        );
    }
}
