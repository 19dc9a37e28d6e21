//! Who is to be forgotten, and what of them goes from here.
//! Never: holds a name.

use rusqlite::params;

use crate::model::sharing::Person;
use crate::stores::state::{Result, State};

impl State {
    pub(crate) fn forgotten(&self) -> Result<Vec<Person>> {
        self.read("reading who is forgotten in", |connection| {
            let mut statement = connection
                .prepare_cached("SELECT hash, words, pseudonym FROM forgotten ORDER BY hash")?;
            let rows = statement.query_map([], |row| {
                Ok(Person {
                    hash: row.get(0)?,
                    words: row.get::<_, i64>(1)?.cast_unsigned(),
                    pseudonym: row.get(2)?,
                })
            })?;
            rows.collect()
        })
    }

    /// Forgets people from now on.
    pub(crate) fn forget(&mut self, people: &[Person], now_ms: i64) -> Result<()> {
        self.change("noting who is forgotten in", |connection| {
            for person in people {
                connection.execute(
                    "INSERT INTO forgotten (hash, words, pseudonym, since_ms) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO UPDATE SET pseudonym = excluded.pseudonym",
                    params![
                        person.hash,
                        person.words.cast_signed(),
                        person.pseudonym,
                        now_ms
                    ],
                )?;
            }
            Ok(())
        })
    }

    /// How many entries of the outbox there are for whose path `which` holds.
    pub(crate) fn entries_with(&self, which: impl Fn(&str) -> bool) -> Result<u64> {
        self.read("reading the outbox of", |connection| {
            let mut statement = connection.prepare_cached("SELECT path FROM outbox")?;
            let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
            let found = rows.filter(|path| path.as_ref().map_or(true, |path| which(path)));
            found.map(|path| path.map(|_| 1)).sum()
        })
    }

    /// Takes out the entries of the outbox for whose path `which` holds. Gives how many.
    pub(crate) fn drop_entries(&mut self, which: impl Fn(&str) -> bool) -> Result<u64> {
        self.change("erasing from the outbox of", |connection| {
            let mut statement = connection.prepare("SELECT DISTINCT path FROM outbox")?;
            let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
            let all: Vec<String> = rows.collect::<rusqlite::Result<_>>()?;
            let mut gone = 0;
            for path in all.iter().filter(|path| which(path)) {
                gone += connection.execute("DELETE FROM outbox WHERE path = ?1", [path])?;
            }
            Ok(gone as u64)
        })
    }
}
