//! What must never leave: one of every kind, put together when the tests run so that no file of ours holds one.

use crate::sharing::{CONFIG, level, share};
use crate::support::World;
use crate::support::pg::{self, Database};

/// A kind, as its detector is called, and an example.
pub(super) fn all() -> Vec<(&'static str, String)> {
    let run =
        |count: usize| -> String { "aB3dE5gH7jK9mN1pQ2".chars().cycle().take(count).collect() };
    vec![
        ("key", format!("{}{}", "AKIA", "IOSFODNN7EXAMPLE")),
        ("key", format!("{}{}", "AIza", run(35))),
        ("key", format!("{}_{}", "sk_live", run(24))),
        ("key", format!("sk-{}", run(40))),
        ("token", format!("{}_{}", "ghp", run(36))),
        ("token", format!("{}_{}", "github_pat", run(40))),
        ("token", format!("{}-{}", "glpat", run(20))),
        ("token", format!("{}-1234567890-{}", "xoxb", run(24))),
        (
            "token",
            format!("eyJ{}.eyJ{}.{}", run(20), run(30), run(40)),
        ),
        ("email", ["grace.hopper", "example.org"].join("@")),
        ("email", ["jörg", "müller-söhne.de"].join("@")),
        ("phone", ["+49", "30", "1234567"].join(" ")),
        ("phone", ["(415)", "555-0132"].join(" ")),
        ("card", ["4111", "1111", "1111", "1111"].join(" ")),
        ("card", ["5500", "0055", "5555", "5559"].join("-")),
    ]
}

/// Everything about publishing that anybody could read later.
fn traces(world: &World, database: &Database) -> String {
    let mut all = String::new();
    for args in [
        &["--json", "sync", "now"][..],
        &["sync", "now", "--full"],
        &["--json", "sync", "status", "--items"],
        &["sync", "status", "--items"],
        &["--json", "sync", "log", "--prove"],
        &["sync", "log"],
        &["--json", "sync", "retry"],
    ] {
        let run = world.kanban_with(&[("KANBAN_LOG", "trace"), ("RUST_BACKTRACE", "1")], args);
        all += &format!("{args:?}\n{}\n{}\n", run.stdout(), run.stderr());
        drop(run.seen());
    }
    all += &database.dump();
    all += &database.log();
    all
}

/// In the forms in which it could be written down.
fn forms(secret: &str) -> Vec<String> {
    let json = serde_json::to_string(secret)
        .unwrap()
        .trim_matches('"')
        .to_owned();
    let mut all = vec![
        secret.to_owned(),
        secret.to_lowercase(),
        json,
        secret.replace('\'', "''"),
    ];
    let encoded: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    all.push(encoded);
    all
}

fn folder() -> &'static str {
    "_kano/backlog/products/demo/items/task/0000"
}

#[test]
fn a_secret_of_any_kind_at_any_place_is_never_seen() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    let mut number = 1000;
    let mut write = |name: &str, text: String| {
        number += 1;
        let text = text.replace("ID", &format!("DM-TSK-{number}"));
        world.write(
            &format!(
                "{}/{}",
                folder(),
                name.replace("ID", &format!("DM-TSK-{number}"))
            ),
            text,
        );
    };
    for (_, secret) in all() {
        let quoted = secret.replace('"', "\\\"");
        write(
            "ID_title.md",
            format!("---\nid: ID\ntype: Task\ntitle: \"It is {quoted} or so\"\n---\n"),
        );
        write(
            "ID_field.md",
            format!("---\nid: ID\ntype: Task\ntitle: f\nextra:\n  deep: [\"{quoted}\"]\n---\n"),
        );
        write(
            "ID_key.md",
            format!("---\nid: ID\ntype: Task\ntitle: k\n\"{quoted}\": 1\n---\n"),
        );
        write(
            "ID_comment.md",
            format!("---\nid: ID\n# {secret}\ntype: Task\ntitle: c\n---\n"),
        );
        write(
            "ID_body.md",
            format!("---\nid: ID\ntype: Task\ntitle: b\n---\n# {secret}\n\n```\n{secret}\n```\n"),
        );
        write(
            "ID_log.md",
            format!(
                "---\nid: ID\ntype: Task\ntitle: l\n---\n# Worklog\n\n2026-02-01 10:00 [agent={secret}] {secret}\n"
            ),
        );
        write(
            "ID_tag.md",
            format!(
                "---\nid: ID\ntype: Task\ntitle: t\ntags: [\"{quoted}\"]\nowner: \"{quoted}\"\n---\n"
            ),
        );
        write(
            "ID_link.md",
            format!(
                "---\nid: ID\ntype: Task\ntitle: n\nlinks:\n  relates: [\"{quoted}\"]\n---\n[[{secret}]] [x]({secret}) ![]({secret}.png)\n- [ ] {secret}\n"
            ),
        );
        write(
            "ID_state.md",
            format!(
                "---\nid: ID\ntype: \"{quoted}\"\nstate: \"{quoted}\"\npriority: \"{quoted}\"\ncreated: \"{quoted}\"\n---\n"
            ),
        );
        write(
            "ID_id.md",
            format!(
                "---\nid: \"{quoted}\"\nuid: \"{quoted}\"\ntype: Task\naliases: [\"{quoted}\"]\nparent: \"{quoted}\"\n---\n"
            ),
        );
        write(
            "ID_broken.md",
            format!("---\nid: ID\n  bad: [{secret}\n: : {secret}\n---\n{secret}\n"),
        );
        write("ID_spelled.md", {
            let spelled: String = secret
                .chars()
                .map(|letter| format!("\\u{:04x}", u32::from(letter)))
                .collect();
            format!("---\nid: ID\ntype: Task\ntitle: \"{spelled}\"\n---\n")
        });
        write(
            "ID_conflict.md",
            format!(
                "---\nid: ID\ntype: Task\n<<<<<<< a\ntitle: {secret}\n=======\ntitle: b\n>>>>>>> c\n---\n"
            ),
        );
        let stem = secret.replace('/', "-");
        write(
            &format!("{stem}.md"),
            "---\nid: ID\ntype: Task\ntitle: in the name\n---\n".to_owned(),
        );
        write(
            &format!("{stem}/ID_in.md"),
            "---\nid: ID\ntype: Task\ntitle: in the folder\n---\n".to_owned(),
        );
        write("ID_latin.md", String::new());
    }
    // In an encoding of its own.
    let (_, secret) = all().swap_remove(0);
    let wide: Vec<u8> = format!("\u{feff}# {secret}\n")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    world.write(&format!("{}/wide.md", folder()), wide);
    world.commit("secrets");
    let row = level(&world);
    assert!(row["written"].as_u64().unwrap() > 100, "{row}");
    let traces = traces(&world, &database);
    let lower = traces.to_lowercase();
    for (kind, secret) in all() {
        for form in forms(&secret) {
            if let Some(at) = lower.find(&form.to_lowercase()) {
                let begin = lower.floor_char_boundary(at.saturating_sub(300));
                let end = lower.ceil_char_boundary((at + 200).min(lower.len()));
                panic!("a {kind} is seen:\n{}", &lower[begin..end]);
            }
        }
    }
    // What is around them is there.
    assert!(traces.contains("«redacted-email»"));
}

#[test]
fn what_is_withheld_leaves_no_trace() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    level(&world);
    let marks = ["zebra", "quagga", "okapi", "tapir", "dugong"];
    world.write("kanban.toml", format!("{CONFIG}[privacy]\npaths = [\"**/hidden/**\"]\nkinds = [\"Bug\"]\nkeys = [\"private\", \"meta.secret\"]\n"));
    let item = |id: &str, kind: &str, more: &str, mark: &str| {
        format!(
            "---\nid: {id}\nuid: 0194-{mark}\ntype: {kind}\ntitle: The {mark}\n{more}---\n{mark} is a {mark}\n"
        )
    };
    world.write(
        &format!("{}/hidden/one.md", folder()),
        item("Z-1", "Task", "", marks[0]),
    );
    world.write(
        &format!("{}/two.md", folder()),
        item("Z-2", "Bug", "", marks[1]),
    );
    world.write(
        &format!("{}/three.md", folder()),
        item("Z-3", "Task", "private: true\n", marks[2]),
    );
    world.write(
        &format!("{}/four.md", folder()),
        item("Z-4", "Task", "meta: {secret: 1}\n", marks[3]),
    );
    world.write(
        &format!("{}/five.md", folder()),
        format!("---\nprivate: true\ntitle: [{}\n---\n", marks[4]),
    );
    // Others speak of them: by what they say themselves, not by what is found there.
    world.write(&format!("{}/six.md", folder()), "---\nid: DM-TSK-2001\ntype: Task\ntitle: six\nlinks:\n  relates: [Z-1, Z-2, Z-3]\n---\n[[three]] [x](two.md)\n");
    world.commit("withheld");
    level(&world);
    let told = traces(&world, &database).to_lowercase();
    for mark in marks {
        assert!(!told.contains(mark), "{mark} is seen");
    }
    assert_eq!(database.sql("SELECT count(*) FROM kanban.links WHERE path LIKE '%six.md' AND target_path IS NOT NULL"), "0");
    // What was published before and is withheld from now on goes.
    world.write(
        &format!("{}/six.md", folder()),
        "---\nid: DM-TSK-2001\ntype: Task\ntitle: six\nprivate: yes\n---\nokapis\n",
    );
    world.commit("withheld too");
    level(&world);
    let rows = database.sql("SELECT count(*) FROM kanban_data.item WHERE title = 'six' OR body LIKE '%okapi%' OR words::text LIKE '%six''%'");
    assert_eq!(rows, "0");
    assert_eq!(
        database.sql("SELECT count(*) FROM kanban.items WHERE title = 'six'"),
        "0"
    );
}

#[test]
fn files_that_become_items_when_others_are_withheld_are_looked_at_too() {
    let Some(database) = pg::database() else {
        return;
    };
    // With the backlog gone, what is left is recognized as plain files, which were no items before.
    let world = share(World::backlog(), &database);
    world.write(
        "kanban.toml",
        format!("{CONFIG}[privacy]\npaths = [\"_kano/**\"]\nkeys = [\"private\"]\n"),
    );
    let (_, secret) = all().swap_remove(9);
    world.write("notes/diary.md", "---\nprivate: true\n---\n# zebra\n");
    world.write(&format!("notes/{secret}.md"), "# okapi\n");
    world.write("notes/open.md", "# quagga\n");
    world.commit("notes");
    level(&world);
    let shown = database.sql("SELECT title FROM kanban.items ORDER BY 1");
    assert!(shown.contains("quagga"), "{shown}");
    let dump = database.dump();
    for mark in ["zebra", "okapi", &secret] {
        assert!(!dump.contains(mark), "{mark} is seen");
    }
}

#[test]
fn the_address_of_the_server_is_never_told() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    let password = ["hunter2", "hunter3"].join("%24");
    let plain = password.replace("%24", "$");
    let ada = database.login("ada", &["kanban_writer"]);
    database.password(&ada, &plain);
    world
        .kanban(["sync", "member", "add", &ada, "--role", "writer"])
        .ok();
    let good = database.url(&ada).replace('@', &format!(":{password}@"));
    let wrong = good.replace("hunter2", "hunter9");
    let file = world.beside("address");
    std::fs::write(&file, &good).unwrap();
    let envs = |url: &str| {
        vec![
            ("KANBAN_POSTGRES_URL", url.to_owned()),
            ("KANBAN_LOG", "trace".to_owned()),
        ]
    };
    let mut told = String::new();
    let mut codes = Vec::new();
    for url in [
        &*good,
        &wrong,
        "postgres://ada:hunter2@[bad",
        "mysql://ada:hunter2@x/y",
        "hunter2",
        "postgres://ada:hunter2@%2Fnowhere/d",
        "postgres://ada:hunter2@localhost:1/d?sslmode=hunter2",
    ] {
        let envs = envs(url);
        let envs: Vec<(&str, &str)> = envs.iter().map(|(name, value)| (*name, &**value)).collect();
        for args in [
            &["--json", "sync", "now"][..],
            &["sync", "now"],
            &["sync", "status"],
            &["sync", "init"],
        ] {
            let run = world.kanban_with(&envs, args).seen();
            told += &format!("{run}");
            if args[0] == "--json" {
                codes.push(run.output.status.code().unwrap());
            }
        }
    }
    assert_eq!(codes, [0, 3, 3, 3, 3, 0, 3]);
    assert!(!told.contains("hunter"), "{told}");
    // The file must be its owner's alone.
    let by_file = [
        ("KANBAN_POSTGRES_URL", ""),
        ("KANBAN_POSTGRES_URL_FILE", file.to_str().unwrap()),
    ];
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
    world
        .kanban_with(&by_file, ["sync", "now"])
        .explains(3, "others may read")
        .hides("hunter");
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    world.kanban_with(&by_file, ["sync", "now"]).ok();
}

#[test]
fn what_is_written_in_another_way_is_never_seen() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    let all = all();
    let (token, mail) = (&all[4].1, &all[9].1);
    let tail = &token[20..];
    let mut number = 3000;
    let mut write = |text: &str| {
        number += 1;
        let id = format!("DM-TSK-{number}");
        let front = format!("---\nid: {id}\ntype: Task\n---\n");
        world.write(&format!("{}/{id}_x.md", folder()), front + text);
    };
    let escaped = token.replace('_', r"\_");
    let (ada, place) = mail.split_once('@').unwrap();
    write(&format!("# Key {escaped}\n\n- [ ] {escaped}\n"));
    write(&format!(
        "# a\n\n## {ada}&#64;{place}\n\nor {ada}\\@{place}\n"
    ));
    write(&format!(
        "# b\n\n[x](mailto:{ada}%40{place}) [y]({ada}%40{place}.md)\n"
    ));
    write(&format!(
        "# c\n\n{}\n",
        token.replace(tail, &format!("\0{tail}"))
    ));
    write(&format!(
        "# d\n\n{}\n",
        token.replace(tail, &format!("\u{200b}{tail}"))
    ));
    write(&format!(
        "# e\n\n```json\n{{\"x\": \"{ada}\\u0040{place}\"}}\n```\n"
    ));
    // What only Markdown itself can tell withholds the item.
    write(&format!("# f {ada}<!-- -->@{place}\n"));
    write(&format!(
        "# g {}\n\nquokka\n",
        token.replace(tail, &format!("**{tail}**"))
    ));
    // Two bytes a letter, and nothing that says so.
    let wide: Vec<u8> = format!("# {token}\n")
        .bytes()
        .flat_map(|byte| [byte, 0])
        .collect();
    world.write(&format!("{}/wide.md", folder()), wide);
    world.commit("escapes");
    level(&world);
    let dump = database.dump().to_lowercase();
    assert!(!dump.contains("quokka"));
    let bare: String = dump.chars().filter(|c| c.is_alphanumeric()).collect();
    let tail: String = tail
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect();
    for shown in [
        &*tail,
        "gracehopperexample",
        "gracehopper64",
        "gracehopper40",
        "gracehopperu0040",
    ] {
        assert!(!bare.contains(shown), "{shown} is seen");
    }
    assert!(dump.contains("key «redacted-token»"));
}

#[test]
fn the_words_of_the_rules_are_looked_through() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    let (_, mail) = all().swap_remove(9);
    let (path, text) = crate::sharing::task("DM-TSK-3100", "roles");
    let text = text.replace(
        "state: Ready",
        "state: Ready\nasks: Bob\nneeds: DM-TSK-3101",
    );
    world.write(&path, text);
    let rules = format!(
        "{CONFIG}[preset.kano.people]\n\"{mail}\" = [\"asks\"]\n[preset.kano.links]\n\"{mail}\" = [\"needs\"]\n"
    );
    world.write("kanban.toml", &rules);
    world.commit("roles");
    level(&world);
    assert!(database.dump().contains("Bob"));
    let traces = traces(&world, &database);
    assert!(!traces.contains(&mail) && traces.contains("«redacted-email»"));
    // Two that become one cannot be told apart any more.
    let second = ["alan.turing", "example.org"].join("@");
    world.write(
        "kanban.toml",
        rules.replace(
            "[preset.kano.links]",
            &format!("\"{second}\" = [\"x\"]\n[preset.kano.links]"),
        ),
    );
    world.commit("two roles");
    world
        .kanban(["sync", "now"])
        .explains(2, "must not leave")
        .hides(&mail);
}

#[test]
fn rules_that_match_nothing_withhold_or_are_refused() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    let rules =
        |paths: &str| format!("{CONFIG}[privacy]\npaths = [\"{paths}\"]\nkeys = [\"private\"]\n");
    world.write("kanban.toml", rules(&format!("/./{}/hidden", folder())));
    let task = |name: &str, text: &str| world.write(&format!("{}/{name}.md", folder()), text);
    task("hidden/one", "---\nid: Z-1\ntype: Task\n---\nzebra\n");
    task(
        "two",
        "---\nid: Z-2\ntype: Task\nprivate:\n  why: quagga\n---\n",
    );
    task("three", "\n---\nprivate: true\n---\nokapi\n");
    task("four", "<!-- c -->\n---\nprivate: true\n---\ntapir\n");
    task("five", " ---\n private: true\n---\ndugong\n");
    task("six", "----\nprivate: true\n----\nwombat\n");
    world.commit("rules");
    level(&world);
    let dump = database.dump();
    for mark in ["zebra", "quagga", "okapi", "tapir", "dugong", "wombat"] {
        assert!(!dump.contains(mark), "{mark} is seen");
    }
    world.write("kanban.toml", rules("!secret"));
    world.commit("refused");
    world.kanban(["sync", "now"]).explains(2, "!secret");
}

#[test]
fn what_is_noted_every_day_is_never_seen() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    let (path, text) = crate::sharing::task("DM-TSK-3200", "notes");
    let secret = |number: u32| format!("{}{number}Passw0rd", "Zebra");
    let notes = [
        format!("curl -u ada:{} https://x.example", secret(1)),
        format!("```sh\ncurl \\\n  -u ada:{} x\n```", secret(2)),
        format!("DB_PASSWORD_ADMIN={}", secret(3)),
        format!("| User | Password |\n|---|---|\n| ada | {} |", secret(4)),
        format!("- name: DB_PASSWORD\n  value: {}", secret(5)),
        format!("Password:\n\n    {}", secret(6)),
        format!("Password for admin: {}", secret(7)),
        format!("Login: admin / {}", secret(8)),
    ];
    world.write(&path, format!("{text}\n{}\n", notes.join("\n\n")));
    world.commit("notes");
    level(&world);
    let dump = database.dump();
    assert!(!dump.to_lowercase().contains("zebra"), "{dump}");
    assert!(dump.contains("Login: admin / «redacted-key»"));
}
