//! The part of an update that is about items: their rows, names and problems.
//! Gets an item and what is recorded of it. Gives rows that say what a rebuild would.
//! Never: writes a row that says already what it should.

use rusqlite::params;

use crate::model::item::Item;
use crate::model::problem::Problem;
use crate::projection::Node;
use crate::stores::sqlite::SqliteError;
use crate::stores::sqlite::rows::{Onto, Reading, each_name, insert_item, insert_problem};
use crate::stores::sqlite::update::Update;

type Result<T> = std::result::Result<T, SqliteError>;

/// A recorded problem, as text that two of them can be compared by.
struct Recorded {
    seq: i64,
    text: String,
}

impl Update {
    /// Takes an item out, with everything that is recorded of it but its files.
    pub(crate) fn remove(&self, key: i64, node: &Node) -> Result<()> {
        for table in [
            "item", "content", "outline", "person", "tag", "link", "problem",
        ] {
            self.execute(&format!("DELETE FROM {table} WHERE item = ?1"), [key])?;
        }
        for name in names(node) {
            self.remove_name(key, name)?;
        }
        self.count_items(i64::from(node.space), -1)
    }

    /// Adds an item under a key that no other has, without its links and problems.
    pub(crate) fn add(&self, key: i64, node: &Node, item: &Item, reading: Reading) -> Result<()> {
        insert_item(&self.connection, key, item, reading, Onto::Nothing)
            .map_err(self.failed_to_write())?;
        for name in names(node) {
            self.add_name(key, name)?;
        }
        self.count_items(reading.space, 1)
    }

    /// Writes an item over what was recorded under its key, without its links and problems.
    pub(crate) fn replace(
        &self,
        key: i64,
        before: &Node,
        node: &Node,
        item: &Item,
        reading: Reading,
    ) -> Result<()> {
        insert_item(&self.connection, key, item, reading, Onto::Old)
            .map_err(self.failed_to_write())?;
        let (old, new) = (names(before), names(node));
        for name in old.iter().filter(|name| !new.contains(name)) {
            self.remove_name(key, *name)?;
        }
        for name in new.iter().filter(|name| !old.contains(name)) {
            self.add_name(key, *name)?;
        }
        if before.space != node.space {
            self.count_items(i64::from(before.space), -1)?;
            self.count_items(reading.space, 1)?;
        }
        Ok(())
    }

    fn add_name(&self, item: i64, (key, class): (i64, i64)) -> Result<()> {
        self.execute(
            "INSERT OR IGNORE INTO name VALUES (?1,?2,?3)",
            [key, class, item],
        )?;
        Ok(())
    }

    fn remove_name(&self, item: i64, (key, class): (i64, i64)) -> Result<()> {
        self.execute(
            "DELETE FROM name WHERE key = ?1 AND class = ?2 AND item = ?3",
            [key, class, item],
        )?;
        Ok(())
    }

    fn count_items(&self, space: i64, more: i64) -> Result<()> {
        self.execute(
            "UPDATE space SET items = items + ?2 WHERE space = ?1",
            [space, more],
        )?;
        Ok(())
    }

    /// Whether an item has a problem of one of the codes.
    pub(crate) fn has_problem(&self, key: i64, codes: &[&str]) -> Result<bool> {
        let recorded = self.problems(key, |code| codes.contains(&code))?;
        Ok(!recorded.is_empty())
    }

    /// The problems of an item with such codes.
    fn problems(&self, key: i64, which: impl Fn(&str) -> bool) -> Result<Vec<Recorded>> {
        let rows = self.all(
            "SELECT seq, code, severity, companion, line, col, message, hint FROM problem
             WHERE item = ?1 ORDER BY seq",
            [key],
            |row| {
                let code: String = row.get(1)?;
                let text = problem_text(
                    &code,
                    &row.get::<_, String>(2)?,
                    row.get(3)?,
                    row.get(4)?,
                    row.get(5)?,
                    &row.get::<_, String>(6)?,
                    &row.get::<_, String>(7)?,
                );
                let seq = row.get(0)?;
                Ok(which(&code).then_some(Recorded { seq, text }))
            },
        )?;
        Ok(rows.into_iter().flatten().collect())
    }

    /// Puts problems in the place of those of an item that have such codes; false where they were
    /// there already.
    pub(crate) fn replace_problems(
        &self,
        key: i64,
        which: impl Fn(&str) -> bool,
        problems: &[&Problem],
    ) -> Result<bool> {
        let recorded = self.problems(key, which)?;
        let mut before: Vec<&str> = recorded.iter().map(|one| &*one.text).collect();
        let mut after: Vec<String> = problems
            .iter()
            .map(|problem| {
                problem_text(
                    problem.code,
                    problem.severity.as_str(),
                    problem.companion,
                    problem.line,
                    problem.col,
                    &problem.message,
                    &problem.hint,
                )
            })
            .collect();
        before.sort_unstable();
        after.sort_unstable();
        if before == after {
            return Ok(false);
        }
        for one in &recorded {
            self.execute(
                "DELETE FROM problem WHERE item = ?1 AND seq = ?2",
                [key, one.seq],
            )?;
        }
        for problem in problems {
            self.add_problem(key, problem)?;
        }
        Ok(true)
    }

    /// Adds a problem of an item behind its others.
    fn add_problem(&self, key: i64, problem: &Problem) -> Result<()> {
        let seq: Option<i64> = self
            .first(
                "SELECT max(seq) FROM problem WHERE item = ?1",
                params![key],
                |row| row.get(0),
            )?
            .flatten();
        let seq = seq.map_or(0, |seq| seq + 1);
        insert_problem(&self.connection, key, seq, problem).map_err(self.failed_to_write())
    }
}

/// Key and class of every name.
fn names(node: &Node) -> Vec<(i64, i64)> {
    let mut names = Vec::new();
    each_name(
        &node.path,
        node.id.as_deref(),
        node.uid.as_deref(),
        &node.aliases,
        |key, class| names.push((key, class)),
    );
    names
}

fn problem_text(
    code: &str,
    severity: &str,
    companion: bool,
    line: u32,
    col: u32,
    message: &str,
    hint: &str,
) -> String {
    format!("{code}\0{severity}\0{companion}\0{line}\0{col}\0{message}\0{hint}")
}
