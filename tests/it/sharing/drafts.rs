//! What is not committed, published beside its branch.

use crate::sharing::{REPOSITORY, now, share, status, task, titles};
use crate::support::World;
use crate::support::pg::{self, ADMIN, Database};
use crate::support::watcher::Watcher;

const MORE: &str = "drafts = true\nevery = \"1s\"\n[privacy]\nkeys = [\"private\"]\n";

fn drafting(database: &Database) -> World {
    let world = share(World::backlog(), database).env("KANBAN_AUTHOR", "Ada Lovelace");
    world.write(
        "kanban.toml",
        format!("[sync]\nrepository = \"{REPOSITORY}\"\n{MORE}"),
    );
    world.commit("rules");
    now(&world, &[], &[]);
    world
}

/// Path, status and title of every row of a draft.
fn draft(database: &Database) -> Vec<String> {
    let rows = database.sql(
        "SELECT path, status, title FROM kanban.items WHERE draft LIKE 'ada-lovelace.%' ORDER BY path",
    );
    rows.lines().map(str::to_owned).collect()
}

/// What a reader sees who lays the draft over the branch.
const OVERLAID: &str = "SELECT i.path, i.title FROM kanban.items i
  WHERE CASE i.draft WHEN '' THEN NOT EXISTS (
      SELECT 1 FROM kanban.items d WHERE d.draft <> '' AND d.path = i.path)
    ELSE i.status <> 'deleted' END ORDER BY 1";

#[test]
fn a_draft_shows_what_differs_and_goes_when_it_is_committed() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = drafting(&database);
    let before = titles(&database, "main");
    assert_eq!(draft(&database), [""; 0]);

    let (new, text) = task("DM-TSK-0201", "New, by ada@example.org");
    world.write(&new, text);
    let (hidden, text) = task("DM-TSK-0202", "Mine");
    world.write(&hidden, text.replace("type:", "private: yes\ntype:"));
    let list = world.kanban(["--json", "list", "kind:Bug"]).data();
    let gone = list["items"][0]["path"].as_str().unwrap().to_owned();
    world.remove(&gone);
    let rows = now(&world, &[], &[]);
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert_eq!(rows[1]["standing"], "level", "{rows:?}");
    let mut expected = vec![
        format!("{new}|ok|New, by «redacted-email»"),
        format!("{gone}|deleted|"),
    ];
    expected.sort();
    let shown = draft(&database);
    // Links to what is gone dangle: other rows may differ too.
    for row in &expected {
        assert!(shown.contains(row), "{row} in {shown:?}");
    }
    assert!(!shown.iter().any(|row| row.contains(&hidden)), "{shown:?}");
    assert_eq!(titles(&database, "main").len(), before.len() + shown.len());
    let committed = "SELECT count(*) FROM kanban.items WHERE draft = ''";
    assert_eq!(database.sql(committed), before.len().to_string());

    // Laid over the branch it is what a commit of it would show.
    let overlaid = database.sql(OVERLAID);
    world.commit("all of it");
    now(&world, &[], &[]);
    assert_eq!(draft(&database), [""; 0]);
    assert_eq!(database.sql(OVERLAID), overlaid);

    // Nothing to say, nothing said.
    assert_eq!(now(&world, &[], &[]).len(), 1);
}

#[test]
fn a_draft_goes_when_it_is_taken_back_or_the_branch_is_left() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = drafting(&database);
    let (new, text) = task("DM-TSK-0203", "Here and gone");
    world.write(&new, &text);
    now(&world, &[], &[]);
    assert_eq!(draft(&database).len(), 1);
    assert!(status(&world).to_string().contains("ada-lovelace."));
    world.remove(&new);
    now(&world, &[], &[]);
    assert_eq!(draft(&database), [""; 0]);
    // Nothing tells of it any more.
    for table in ["branch", "item", "seal"] {
        let left = format!("SELECT count(*) FROM kanban_data.{table} WHERE draft <> ''");
        assert_eq!(database.sql(&left), "0", "{table}");
    }
    assert!(!status(&world).to_string().contains("ada-lovelace."));
    let brief = world.kanban(["--json", "status"]).data();
    assert_eq!(brief["sync"]["standing"], "level", "{brief}");

    world.write(&new, &text);
    now(&world, &[], &[]);
    assert_eq!(draft(&database).len(), 1);
    let rules = format!("[sync]\nrepository = \"{REPOSITORY}\"\n");
    world.write("kanban.toml", rules);
    now(&world, &[], &[]);
    assert_eq!(draft(&database), [""; 0]);
}

#[test]
fn a_draft_goes_when_its_branch_is_left_whoever_comes_next() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = drafting(&database);
    let (new, text) = task("DM-TSK-0205", "Left behind");
    world.write(&new, &text);
    now(&world, &[], &[]);
    assert_eq!(draft(&database).len(), 1);
    world.git(["checkout", "-q", "-b", "next"]);
    now(&world, &[], &[]);
    let shown = "SELECT string_agg(branch, ' ') FROM kanban.items WHERE draft <> ''";
    assert_eq!(database.sql(shown), "next");
    // By another name, and then without a branch and without drafts.
    let world = world.env("KANBAN_AUTHOR", "Grace");
    now(&world, &[], &[]);
    let shown = "SELECT string_agg(draft, ' ') FROM kanban.items WHERE draft <> ''";
    assert!(database.sql(shown).starts_with("grace."));
    world.git(["checkout", "-q", "--detach"]);
    let rows = now(&world, &[], &["--branch", "main"]);
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert_eq!(database.sql(shown), "");
}

#[test]
fn a_draft_is_found_by_whose_it_is() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = drafting(&database);
    let (new, text) = task("DM-TSK-0207", "Found");
    world.write(&new, &text);
    now(&world, &[], &[]);
    let name = database.sql("SELECT DISTINCT draft FROM kanban.items WHERE draft <> ''");
    let list = |who: &str| {
        let run = ["--json", "--store", "postgres", "list", "--draft", who];
        world.kanban(run).ok().json()
    };
    for who in ["ada-lovelace", &name] {
        assert_eq!(list(who)["data"]["total"], 1, "{who}");
        let run = ["--store", "postgres", "search", "Found", "--draft", who];
        world.kanban(run).ok().shows("DM-TSK-0207");
    }
    for who in ["ada", "all", "ada-lovelace."] {
        let json = list(who);
        assert_eq!(json["data"]["total"], 0, "{json}");
        let warning = json["warnings"].to_string();
        assert!(warning.contains(&name), "{warning}");
        assert!(!warning.contains("member"), "{warning}");
    }
    // Of several of hers it is the newest, unless one is named.
    let other = world.beside("other");

    let path = other.to_str().unwrap();
    world.git(["clone", "-q", "-b", "main", ".", path]);
    let second = World::empty()
        .at(other)
        .env("KANBAN_POSTGRES_URL", database.url(ADMIN))
        .env("KANBAN_AUTHOR", "Ada Lovelace");
    let (newer, text) = task("DM-TSK-0208", "Newer");
    second.write(&newer, &text);
    now(&second, &[], &["--take-over"]);
    let run = ["--store", "postgres", "list", "--draft", "ada-lovelace"];
    let run = world.kanban(run).ok();
    run.shows("DM-TSK-0208");
    assert!(run.stderr().contains(&name), "{run}");
    assert_eq!(list(&name)["data"]["items"][0]["path"], new);
}

#[test]
fn a_watcher_empties_a_draft_that_was_left() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = drafting(&database);
    let (new, text) = task("DM-TSK-0206", "Left behind");
    world.write(&new, &text);
    now(&world, &[], &[]);
    let mut watcher = Watcher::start(&world);
    world.git(["checkout", "-q", "--detach"]);
    loop {
        let line = watcher.tells("sync");
        if line["draft"] != "" && line["removed"] == 1 {
            break;
        }
    }
    assert_eq!(draft(&database), [""; 0]);
    watcher.end();
}

#[test]
fn a_watcher_publishes_a_draft_as_it_is_saved() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = drafting(&database);
    let mut watcher = Watcher::start(&world);
    let (new, text) = task("DM-TSK-0204", "Saved");
    world.write(&new, text);
    let mut level = |written: u64| loop {
        let line = watcher.tells("sync");
        let moved = line["written"].as_u64().unwrap() + line["removed"].as_u64().unwrap();
        if line["draft"] != "" && line["standing"] == "level" && moved > 0 {
            assert_eq!(moved, written, "{line}");
            return;
        }
    };
    level(1);
    assert_eq!(draft(&database), [format!("{new}|ok|Saved")]);
    world.commit("saved");
    level(1);
    assert_eq!(draft(&database), [""; 0]);
    watcher.end();
}
