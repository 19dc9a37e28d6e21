//! `--json`: one envelope around every answer and every failure, as schema/answers.schema.json says.

use crate::support::World;
use crate::support::answers::assert_contract;
use crate::support::pg::{self, ADMIN};

#[test]
fn every_answer_keeps_its_contract() {
    let world = World::backlog();
    let commands: &[(&str, &[&str])] = &[
        ("rebuild", &["rebuild-index"]),
        ("refresh", &["refresh"]),
        ("refresh", &["refresh", "--full"]),
        ("refresh", &["refresh", "--ticket"]),
        ("verify", &["verify"]),
        ("list", &["list"]),
        ("list", &["list", "is:open", "--limit", "1"]),
        ("list", &["list", "state:Nonesuch"]),
        ("show", &["show", "DM-FTR-0001"]),
        ("show", &["show", "ADR-0001"]),
        ("show", &["show", "ADR-0001", "--at", "HEAD"]),
        ("history", &["history", "DM-FTR-0001"]),
        (
            "history",
            &["history", "DM-FTR-0001", "--field", "nonesuch"],
        ),
        ("search", &["search", "card"]),
        ("search", &["search", "nothing-like-this"]),
        ("board", &["board"]),
        ("board", &["board", "--by", "owner"]),
        ("tree", &["tree"]),
        ("tree", &["tree", "DM-TSK-0002"]),
        ("sql", &["sql", "SELECT path, 1, 1.5, NULL FROM items"]),
        ("check", &["check"]),
        ("status", &["status"]),
        ("doctor", &["doctor"]),
        ("hooks", &["hooks", "status"]),
        ("hooks", &["hooks", "install", "--dry-run"]),
        ("hooks", &["hooks", "install"]),
        ("hooks", &["hooks", "status"]),
        ("hooks", &["hooks", "uninstall"]),
        ("watch", &["watch", "status"]),
        ("watch", &["watch", "--daemon"]),
        ("watch", &["watch", "status"]),
        ("list", &["list"]),
        ("doctor", &["doctor"]),
        ("watch", &["watch", "stop"]),
        ("write", &["new", "A new item", "--dry-run"]),
        ("write", &["new", "A new item", "state=Ready"]),
        ("write", &["set", "DM-TSK-0001", "state=Done", "--dry-run"]),
        ("write", &["set", "DM-TSK-0001", "state=Done"]),
        ("write", &["mv", "DM-TSK-0001", "Another title"]),
        ("write", &["rm", "kind:Bug", "--force"]),
        ("init", &["init", "--dry-run"]),
        ("init", &["init"]),
        ("resolve", &["resolve"]),
        ("resolve", &["resolve", "DM-FTR-0001"]),
    ];
    for (name, args) in commands {
        let run = world.kanban(["--json"].iter().chain(*args));
        // Some may say no.
        let code = run.output.status.code();
        assert!(
            code == Some(0)
                || (code == Some(1) && ["check", "doctor", "hooks", "watch"].contains(name)),
            "{run}"
        );
        assert_contract(&run, name);
    }
}

#[test]
fn every_answer_of_sync_keeps_its_contract() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = World::backlog().env("KANBAN_POSTGRES_URL", database.url(ADMIN));
    world.write("kanban.toml", "[sync]\nrepository = \"acme/backlog\"\n");
    world.commit("share");
    let bundle = world.beside("all.kb").display().to_string();
    let rows = world.beside("rows.jsonl").display().to_string();
    let into = world.beside("restored").display().to_string();
    let commands: &[(&str, &[&str])] = &[
        ("sync_status", &["status"]),
        ("sync_init", &["init"]),
        ("sync_init", &["init"]),
        ("sync_now", &["now"]),
        ("sync_now", &["now", "--full"]),
        ("sync_status", &["status", "--items"]),
        ("sync_retry", &["retry"]),
        ("sync_members", &["member", "list"]),
        (
            "sync_members",
            &["member", "add", "grace", "--role", "writer"],
        ),
        ("sync_members", &["member", "rm", "grace"]),
        ("sync_export", &["export", &bundle]),
        ("sync_export", &["export", &rows, "--from-server"]),
        ("sync_import", &["import", &bundle, "--into", &into]),
        ("sync_forget", &["forget", "--author", "Ada", "--dry-run"]),
        ("sync_forget", &["forget", "--author", "Ada Lovelace"]),
        ("sync_log", &["log"]),
        ("sync_log", &["log", "--prove", "-n", "2"]),
    ];
    for (name, args) in commands {
        let run = world.kanban(["--json", "sync"].iter().chain(*args)).ok();
        assert_contract(&run, name);
    }
    // Offline is an answer, too.
    let nowhere = [("KANBAN_POSTGRES_URL", "postgres://ada@%2Fnowhere/none")];
    let (path, text) = ("docs/decisions/0009-x.md", "# X\n");
    world.write(path, text);
    world.commit("more");
    for (name, code, args) in [
        ("sync_now", 0, &["now"][..]),
        ("sync_forget", 1, &["forget", "--author", "Ada Lovelace"]),
        ("an error", 3, &["init"]),
        ("an error", 3, &["member", "list"]),
        ("an error", 1, &["import", &rows, "--into", "elsewhere"]),
    ] {
        let all = [&["--json", "sync"], args].concat();
        let run = world.kanban_with(&nowhere, &all).code(code);
        assert_contract(&run, name);
    }
}

#[test]
fn every_failure_keeps_the_contract() {
    let world = World::backlog();
    let failures: &[(i32, &[&str])] = &[
        (1, &["show", "DM-TSK-9999"]),
        (1, &["show", "DM-TSK-9999", "--at", "HEAD"]),
        (2, &["show", "DM-TSK-0001", "--at", "nonesuch"]),
        (1, &["history", "DM-TSK-9999"]),
        (2, &["history", "DM-TSK-0001", "--since", "soon"]),
        (2, &["list", "statee:Done"]),
        (2, &["list", "is:nonsense"]),
        (2, &["sql", "DELETE FROM items"]),
        (2, &["sql", "SELECT * FROM nothing"]),
        (2, &["list", "--no-such-option"]),
    ];
    for (code, args) in failures {
        let run = world.kanban(["--json"].iter().chain(*args)).code(*code);
        assert_contract(&run, "an error");
        let json = run.json();
        assert!(json.get("data").is_none(), "{run}");
        assert!(json["error"]["code"].is_string(), "{run}");
        assert!(json["error"]["message"].is_string(), "{run}");
    }
    let nowhere = World::empty();
    let run = nowhere.kanban(["--json", "list"]).code(3);
    assert_contract(&run, "an error");
    assert_eq!(run.json()["error"]["code"], "not-a-repository", "{run}");
}

#[test]
fn the_envelope_tells_where_the_answer_comes_from() {
    let world = World::backlog();
    let head = world.git(["rev-parse", "HEAD"]);
    let first = world.kanban(["--json", "list"]).ok().json();
    assert_eq!(first["schema"], "kanban/v1");
    assert_eq!(first["head"], head.as_str());
    assert_eq!(first["fresh"], true);
    assert_eq!(first["generation"], 1);
    assert_eq!(first["warnings"], serde_json::json!([]));

    world.write(
        "_kano/backlog/products/demo/items/task/0000/DM-TSK-0004_new.md",
        "# New\n",
    );
    let unseen = world.kanban(["--json", "--no-refresh", "list"]).ok().json();
    assert_eq!(unseen["fresh"], false);
    assert_eq!(unseen["data"]["total"], first["data"]["total"]);

    let second = world.kanban(["--json", "list"]).ok().json();
    assert_eq!(second["cache"], first["cache"]);
    assert_eq!(second["generation"], 2);
    assert_eq!(
        second["data"]["total"].as_u64(),
        first["data"]["total"].as_u64().map(|total| total + 1)
    );
}

#[test]
fn data_goes_to_stdout_and_words_to_stderr() {
    let world = World::backlog();
    let run = world.kanban(["rebuild-index"]).ok();
    assert_eq!(run.stdout(), "", "{run}");
    // Before it there may be a line for each step, where they take long.
    let summary = run.words().pop().unwrap();
    assert!(
        summary.contains("7 items"),
        "the last line is the summary\n{run}"
    );
    let quiet = world.kanban(["--quiet", "rebuild-index"]).ok();
    assert_eq!(quiet.stderr(), "", "{quiet}");
    let old_name = world.kanban(["--quiet", "rebuild_index"]).ok();
    assert_eq!(old_name.stderr(), "", "{old_name}");
    let json = world.kanban(["--json", "list"]).ok();
    assert_eq!(json.stderr(), "", "{json}");
    assert_eq!(json.stdout().lines().count(), 1, "{json}");
}

#[test]
fn a_pipe_gets_no_color_and_no_escape() {
    let world = World::backlog();
    world.write(
        "_kano/backlog/products/demo/items/task/0000/DM-TSK-0005_evil.md",
        "---\nid: DM-TSK-0005\ntype: Task\ntitle: \"evil \\e[31mred\\e]0;title\\a \\u202e txt\"\nstate: Ready\n---\nBody \u{1b}[2J and \u{9b}31m\n",
    );
    for args in [
        &["list"][..],
        &["board"],
        &["tree"],
        &["show", "DM-TSK-0005"],
        &["search", "evil"],
        &["sql", "SELECT title, body FROM items"],
        &["--json", "show", "DM-TSK-0005"],
    ] {
        let run = world.kanban(args).ok();
        for bad in ['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}'] {
            assert!(!run.stdout().contains(bad), "{bad:?} in the output\n{run}");
        }
    }
}
