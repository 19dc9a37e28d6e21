//! Who is to be forgotten, and what of them goes from here.
//! Never: holds a name.

use rusqlite::{Connection, params};

use crate::model::sharing::Person;
use crate::stores::state::{Result, State, line};

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
            // Rows go with the people, and come back only where it is seen that they are gone.
            line::know_nothing(connection)
        })
    }

    /// How many entries of the outbox there are for whose path or draft `which` holds.
    pub(crate) fn entries_with(&self, which: impl Fn(&str) -> bool) -> Result<u64> {
        self.read("reading the outbox of", |connection| {
            let mut statement = connection.prepare_cached("SELECT path, draft FROM outbox")?;
            let rows = statement.query_map([], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            })?;
            let mut found = 0;
            for row in rows {
                let (path, draft) = row?;
                found += u64::from(which(&path) || which(&draft));
            }
            Ok(found)
        })
    }

    /// Takes out the entries of the outbox for whose path or draft `which` holds, and such drafts. Gives how
    /// many entries.
    pub(crate) fn drop_entries(&mut self, which: impl Fn(&str) -> bool) -> Result<u64> {
        self.change("erasing from the outbox of", |connection| {
            let mut gone = 0;
            for (names, erase) in [
                (
                    "SELECT DISTINCT path FROM outbox",
                    "DELETE FROM outbox WHERE path = ?1",
                ),
                (
                    "SELECT DISTINCT draft FROM outbox",
                    "DELETE FROM outbox WHERE draft = ?1",
                ),
            ] {
                for name in all(connection, names)?.iter().filter(|name| which(name)) {
                    gone += connection.execute(erase, [name])?;
                }
            }
            for name in all(connection, "SELECT DISTINCT draft FROM line")? {
                if which(&name) {
                    connection.execute("DELETE FROM line WHERE draft = ?1", [name])?;
                }
            }
            Ok(gone as u64)
        })
    }
}

fn all(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    rows.collect()
}
