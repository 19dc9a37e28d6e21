//! The audit: what sync did, in order, each entry chained to the one before by its hash.
//!
//! What an entry says of people and items is its details. The chain holds only their commitment, the hash of a
//! salt and the details: with both erased (`forget`) nothing can be guessed from it, and the chain is as
//! provable as before.
//!
//! A chain does not tell that its newest entries are gone. So their number and the hash of the last one stand
//! beside it too: in a table, with each entry, and behind each entry in the file [`HEAD`]. The file may be
//! behind the chain, where somebody died in between, and never ahead of it. Who may write all of that can make
//! it all anew: only a hash that is kept elsewhere proves against them.
//! Never: changes an entry but for erasing its details and salt; overwrites a head that the chain has lost.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use crate::base::{atomic, hash};
use crate::stores::state::{Result, State, hex};

/// Name of the file beside `state.db` that knows the newest entry: its number and its hash.
pub(super) const HEAD: &str = "audit-head";

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Init,
    Publish,
    /// The server showed something else than the files: it was overwritten.
    Overwrite,
    Retry,
    Member,
    Forget,
    Remove,
    Export,
    Import,
}

impl Act {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Publish => "publish",
            Self::Overwrite => "overwrite",
            Self::Retry => "retry",
            Self::Member => "member",
            Self::Forget => "forget",
            Self::Remove => "remove",
            Self::Export => "export",
            Self::Import => "import",
        }
    }
}

/// What is to be noted. `counts` and `details` are JSON objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    pub act: Act,
    /// `done`, `partly` or `failed`.
    pub outcome: &'a str,
    pub repository: &'a str,
    pub branch: &'a str,
    pub counts: String,
    pub details: String,
}

/// An entry as it was noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Audited {
    pub seq: u64,
    pub at_ms: i64,
    pub act: String,
    pub outcome: String,
    pub repository: String,
    pub branch: String,
    pub counts: String,
    /// Nothing where it was erased.
    pub details: Option<String>,
    pub hash: String,
}

/// The first entry at which the chain does not hold, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    pub seq: u64,
    pub reason: &'static str,
}

/// An entry with all that proves it, as it stands in the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Link {
    seq: i64,
    at_ms: i64,
    act: String,
    outcome: String,
    repository: String,
    branch: String,
    counts: String,
    #[serde(
        serialize_with = "hex::write_maybe",
        deserialize_with = "hex::read_maybe"
    )]
    salt: Option<Vec<u8>>,
    details: Option<String>,
    #[serde(serialize_with = "hex::write", deserialize_with = "hex::read")]
    commitment: Vec<u8>,
    #[serde(serialize_with = "hex::write", deserialize_with = "hex::read")]
    previous: Vec<u8>,
    #[serde(serialize_with = "hex::write", deserialize_with = "hex::read")]
    hash: Vec<u8>,
}

impl Link {
    /// Without what it says of people and items; as provable as before.
    pub(crate) fn erased(mut self) -> Self {
        self.salt = None;
        self.details = None;
        self
    }

    /// Lengths stand in front of texts, so that no two entries have one encoding.
    fn proof(&self) -> [u8; 32] {
        let mut bytes = Vec::new();
        let mut add = |part: &[u8]| {
            bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
            bytes.extend_from_slice(part);
        };
        add(&self.previous);
        add(&self.seq.to_le_bytes());
        add(&self.at_ms.to_le_bytes());
        for text in [
            &self.act,
            &self.outcome,
            &self.repository,
            &self.branch,
            &self.counts,
        ] {
            add(text.as_bytes());
        }
        add(&self.commitment);
        hash::content_hash(&bytes)
    }
}

fn commitment(salt: &[u8], details: &str) -> [u8; 32] {
    hash::content_hash(&[salt, details.as_bytes()].concat())
}

/// The first entry at which a chain does not hold, if there is one.
pub(crate) fn prove(chain: &[Link]) -> Option<Broken> {
    let mut previous: &[u8] = &[];
    for (number, link) in (1_i64..).zip(chain) {
        let broken = |reason| {
            Some(Broken {
                seq: number.cast_unsigned(),
                reason,
            })
        };
        if link.seq != number {
            return broken("an entry is missing");
        }
        if link.previous != previous {
            return broken("it does not follow the one before");
        }
        if link.proof()[..] != link.hash[..] {
            return broken("it was changed");
        }
        match (&link.salt, &link.details) {
            (Some(salt), Some(details)) => {
                if commitment(salt, details)[..] != link.commitment[..] {
                    return broken("its details were changed");
                }
            }
            (None, None) => {}
            _ => return broken("its details were erased by half"),
        }
        previous = &link.hash;
    }
    None
}

const COLUMNS: &str = "seq, at_ms, act, outcome, repository, branch, counts, salt, details,
  commitment, previous, hash";

fn link(row: &rusqlite::Row<'_>) -> rusqlite::Result<Link> {
    Ok(Link {
        seq: row.get(0)?,
        at_ms: row.get(1)?,
        act: row.get(2)?,
        outcome: row.get(3)?,
        repository: row.get(4)?,
        branch: row.get(5)?,
        counts: row.get(6)?,
        salt: row.get(7)?,
        details: row.get(8)?,
        commitment: row.get(9)?,
        previous: row.get(10)?,
        hash: row.get(11)?,
    })
}

fn add(
    connection: &Connection,
    entry: &Entry<'_>,
    salt: [u8; 32],
    at_ms: i64,
) -> rusqlite::Result<Head> {
    let last: Option<(i64, Vec<u8>)> = connection
        .query_row(
            "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let (seq, previous) = last.map_or((1, Vec::new()), |(seq, hash)| (seq + 1, hash));
    let mut link = Link {
        seq,
        at_ms,
        act: entry.act.as_str().to_owned(),
        outcome: entry.outcome.to_owned(),
        repository: entry.repository.to_owned(),
        branch: entry.branch.to_owned(),
        counts: entry.counts.clone(),
        commitment: commitment(&salt, &entry.details).to_vec(),
        salt: Some(salt.to_vec()),
        details: Some(entry.details.clone()),
        previous,
        hash: Vec::new(),
    };
    link.hash = link.proof().to_vec();
    connection.execute(
        &format!("INSERT INTO audit ({COLUMNS}) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)"),
        params![
            link.seq,
            link.at_ms,
            link.act,
            link.outcome,
            link.repository,
            link.branch,
            link.counts,
            link.salt,
            link.details,
            link.commitment,
            link.previous,
            link.hash
        ],
    )?;
    connection.execute(
        "INSERT INTO audit_head VALUES (1, ?1, ?2)
         ON CONFLICT DO UPDATE SET seq = excluded.seq, hash = excluded.hash",
        params![link.seq, link.hash],
    )?;
    Ok(Head {
        seq: link.seq,
        hash: hash::hex(&link.hash),
    })
}

/// Number and hash of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Head {
    seq: i64,
    hash: String,
}

impl Head {
    /// What the file says; nothing where there is none, or half of one.
    fn read(file: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(file).ok()?;
        let (seq, hash) = text.strip_suffix('\n')?.split_once(' ')?;
        Some(Self {
            seq: seq.parse().ok()?,
            hash: hash.to_owned(),
        })
    }

    fn is_in(&self, chain: &[Link]) -> bool {
        let found = chain.iter().find(|link| link.seq == self.seq);
        found.is_some_and(|link| hash::hex(&link.hash) == self.hash)
    }
}

impl State {
    /// Notes what was done.
    pub(crate) fn audit(&mut self, entry: &Entry<'_>, salt: [u8; 32], at_ms: i64) -> Result<()> {
        let head = self.change("noting what was done in", |connection| {
            add(connection, entry, salt, at_ms)
        })?;
        let file = self.path.with_file_name(HEAD);
        // What it knows of and the chain has lost is to be seen by whoever asks for the proof.
        let known = Head::read(&file);
        if known.is_none() || known.is_some_and(|known| self.stands(&known).unwrap_or(false)) {
            // It may be behind.
            drop(atomic::write(
                &file,
                format!("{} {}\n", head.seq, head.hash).as_bytes(),
            ));
        }
        Ok(())
    }

    fn stands(&self, head: &Head) -> Result<bool> {
        self.read("reading the audit in", |connection| {
            let sql = "SELECT hash FROM audit WHERE seq = ?1";
            let hash = connection.query_row(sql, [head.seq], |row| row.get::<_, Vec<u8>>(0));
            Ok(hash
                .optional()?
                .is_some_and(|found| hash::hex(&found) == head.hash))
        })
    }

    /// The newest entries, newest first.
    pub(crate) fn audited(&self, most: usize) -> Result<Vec<Audited>> {
        self.read("reading the audit in", |connection| {
            let sql = format!("SELECT {COLUMNS} FROM audit ORDER BY seq DESC LIMIT ?1");
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map([i64::try_from(most).unwrap_or(i64::MAX)], link)?;
            rows.map(|link| {
                let link = link?;
                Ok(Audited {
                    seq: link.seq.cast_unsigned(),
                    at_ms: link.at_ms,
                    act: link.act,
                    outcome: link.outcome,
                    repository: link.repository,
                    branch: link.branch,
                    counts: link.counts,
                    details: link.details,
                    hash: hash::hex(&link.hash),
                })
            })
            .collect()
        })
    }

    /// Every entry, oldest first, with what proves it.
    pub(crate) fn chain(&self) -> Result<Vec<Link>> {
        self.read("reading the audit in", |connection| {
            let sql = format!("SELECT {COLUMNS} FROM audit ORDER BY seq");
            let mut statement = connection.prepare_cached(&sql)?;
            statement.query_map([], link)?.collect()
        })
    }

    /// Proves the chain: every entry as it was noted, none missing between the first and the last, and the last
    /// no older than what the heads know.
    pub(crate) fn prove_audit(&self) -> Result<Option<Broken>> {
        // In this order, since the chain may grow meanwhile.
        let file = Head::read(&self.path.with_file_name(HEAD));
        let table = self.read("reading the audit in", |connection| {
            let sql = "SELECT seq, hash FROM audit_head";
            let head = connection.query_row(sql, [], |row| {
                Ok(Head {
                    seq: row.get(0)?,
                    hash: hash::hex(&row.get::<_, Vec<u8>>(1)?),
                })
            });
            head.optional()
        })?;
        let chain = self.chain()?;
        if let Some(broken) = prove(&chain) {
            return Ok(Some(broken));
        }
        let has_head = table.is_some() || chain.is_empty();
        let is_whole = has_head
            && [table, file]
                .iter()
                .flatten()
                .all(|head| head.is_in(&chain));
        Ok((!is_whole).then(|| Broken {
            seq: chain.len() as u64 + 1,
            reason: "the newest entries are missing, or others stand in their place",
        }))
    }

    /// Erases the details of the entries for which `which` holds. Gives how many.
    pub(crate) fn erase_details(&mut self, which: impl Fn(&str) -> bool) -> Result<u64> {
        self.change("erasing from", |connection| {
            let mut statement =
                connection.prepare("SELECT seq, details FROM audit WHERE details IS NOT NULL")?;
            let rows = statement.query_map([], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
            })?;
            let all: Vec<(i64, String)> = rows.collect::<rusqlite::Result<_>>()?;
            let mut erased = 0;
            for (seq, _) in all.iter().filter(|(_, details)| which(details)) {
                erased += connection.execute(
                    "UPDATE audit SET salt = NULL, details = NULL WHERE seq = ?1",
                    [seq],
                )?;
            }
            Ok(erased as u64)
        })
    }
}
