//! What the way to the server, and the server, refuse: each is told as what it is, and shows no password.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::thread;

use serde_json::Value;

use crate::sharing::proxy::{Fate, Proxy};
use crate::sharing::{level, now, share, status};
use crate::support::World;
use crate::support::pg::{self, ADMIN, Cluster, Database, lowly};

/// The error of a command that fails so.
fn error(world: &World, url: &str, arguments: &[&str], code: i32) -> Value {
    let all = [&["--json"], arguments].concat();
    let run = world.kanban_with(&[("KANBAN_POSTGRES_URL", url)], all);
    run.code(code).json()["error"].take()
}

fn text(error: &Value, key: &str) -> String {
    error[key].as_str().unwrap_or_default().to_owned()
}

/// Passwords that nobody has escaped.
const CARELESS: [&str; 5] = [
    "postgres://ada:1234/hunter2@db.example.org/team",
    "postgres://ada:12?hunter2@db.example.org/team",
    "postgres://ada:12#hunter2@db.example.org/team",
    "postgres://ada:a@1234/hunter2@db.example.org/team",
    "postgres://ada@%2Fnonexistent/team?sslpassword=hunter2",
];

#[test]
fn a_password_is_shown_nowhere() {
    let world = World::backlog();
    world.write("kanban.toml", super::CONFIG);
    world.commit("share");
    for url in CARELESS {
        for arguments in [
            &["sync", "now"][..],
            &["sync", "status"],
            &["sync", "member", "list"],
            &["--store", "postgres", "list"],
            &["--store", "postgres", "sql", "SELECT 1"],
            &["sync", "export", "rows.jsonl", "--from-server"],
            &["sync", "forget", "--author", "Grace", "--dry-run"],
        ] {
            for form in [&[][..], &["--json"], &["--log-format", "json"]] {
                let envs = [
                    ("KANBAN_POSTGRES_URL", url),
                    ("KANBAN_LOG", "trace,sqlx_postgres::options::parse=trace"),
                ];
                let run = world.kanban_with(&envs, [form, arguments].concat()).seen();
                let told = format!("{}{}", run.stdout(), run.stderr());
                assert!(!told.contains("hunter2"), "{url} {arguments:?}: {run}");
            }
        }
        let error = error(&world, url, &["sync", "now"], 3);
        assert_eq!(error["code"], "invalid-address", "{error}");
        assert!(text(&error, "hint").contains("%2F"), "{error}");
    }
    let state = fs::read(world.root().join(".git/kanban/state.db")).unwrap_or_default();
    assert!(!String::from_utf8_lossy(&state).contains("hunter2"));
    // Nor one that stands where everybody reads it.
    for config in [
        "store = \"postgres://u:hunter2@h/d\"",
        "[sync]\nevery = \"postgres://u:hunter2@h/d\"",
        "[sync]\nrepository = \"postgres://u:hunter2@h/d\"",
        "[redaction]\ndetectors = [\"postgres://u:hunter2@h/d\"]",
        "[[sync.now]]\nwhen = \"postgres://u:hunter2@h/d kind:\"",
    ] {
        world.write("kanban.toml", config);
        world.commit("careless");
        for arguments in [&["sync", "now"][..], &["list"], &["check"]] {
            let nowhere = [("KANBAN_POSTGRES_URL", "postgres://ada@%2Fnonexistent/d")];
            let run = world.kanban_with(&nowhere, arguments).seen();
            let told = format!("{}{}", run.stdout(), run.stderr());
            assert!(!told.contains("hunter2"), "{config} {arguments:?}: {run}");
        }
    }
}

/// A server that answers the wish for encryption so, and then says nothing that makes sense.
fn impostor(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.2:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let mut wish = [0; 8];
            if client.read_exact(&mut wish).is_ok() {
                drop(client.write_all(answer));
                drop(client.read(&mut [0; 4096]));
            }
        }
    });
    format!("postgres://ada@{address}/team")
}

#[test]
fn who_does_not_prove_who_it_is_gets_nothing_and_is_no_bad_weather() {
    let world = World::backlog();
    world.write("kanban.toml", super::CONFIG);
    world.commit("share");
    for answer in [
        &b"N"[..],
        b"Sthis is no handshake at all, and long enough to be read",
    ] {
        let url = impostor(answer);
        for arguments in [
            &["sync", "now"][..],
            &["sync", "member", "list"],
            &["--store", "postgres", "list"],
        ] {
            let error = error(&world, &url, arguments, 3);
            assert_eq!(error["code"], "server-unproven", "{error}");
            assert!(text(&error, "hint").contains("sslrootcert"), "{error}");
        }
        assert_eq!(status(&world)["branches"][0]["standing"], "refused");
    }
    let missing = format!("{}?sslrootcert=/nonexistent/root.pem", impostor(b"N"));
    let error = error(&world, &missing, &["sync", "now"], 3);
    assert_eq!(error["code"], "server-unproven", "{error}");
    assert!(
        text(&error, "message").contains("/nonexistent/root.pem"),
        "{error}"
    );
}

/// Certificates of an authority and of `db.example.org`; false where they cannot be made.
fn certificates(folder: &Path) -> bool {
    let script = "cd \"$1\" && key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes' &&
        openssl req -x509 $key -keyout ca.key -out ca.pem -days 9 -subj /CN=ca &&
        openssl req $key -keyout server.key -out server.csr -subj /CN=db &&
        echo subjectAltName=DNS:db.example.org >names &&
        openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 9 \
          -extfile names -out server.pem && chmod 600 server.key";
    let mut made = lowly(Path::new("sh"));
    made.args(["-c", script, "sh"]).arg(folder);
    made.output().is_ok_and(|made| made.status.success())
}

#[test]
fn a_certificate_is_of_somebody_trusted_and_for_that_name() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let folder = cluster.folder().to_owned();
    if !certificates(&folder) {
        return;
    }
    let database = cluster.database();
    let port = TcpListener::bind("127.0.0.2:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    for setting in [
        "ssl = on".to_owned(),
        format!("ssl_cert_file = '{}/server.pem'", folder.display()),
        format!("ssl_key_file = '{}/server.key'", folder.display()),
        "listen_addresses = '127.0.0.2'".to_owned(),
        format!("port = {port}"),
    ] {
        database.sql(&format!("ALTER SYSTEM SET {setting}"));
    }
    let url = format!("postgres://{ADMIN}@127.0.0.2:{port}/{}", database.name());
    cluster.crash();
    cluster.again();
    let world = World::backlog();
    world.write("kanban.toml", super::CONFIG);
    world.commit("share");
    let root = folder.join("ca.pem").display().to_string();
    // Others than the server may read it.
    let root = {
        let copy = world.beside("root.pem");
        fs::copy(root, &copy).unwrap();
        copy.display().to_string()
    };
    for (parameters, code, reason) in [
        (String::new(), "server-unproven", "nobody who is trusted"),
        (
            format!("?sslrootcert={root}"),
            "server-unproven",
            "another name",
        ),
        // The server is proved; it knows no rule for us.
        (
            format!("?sslrootcert={root}&sslmode=verify-ca"),
            "server-refused",
            "pg_hba.conf",
        ),
    ] {
        let error = error(&world, &format!("{url}{parameters}"), &["sync", "now"], 3);
        assert_eq!(error["code"], code, "{error}");
        let told = text(&error, "message");
        assert!(told.contains(reason), "{error}");
        assert!(!told.contains("Error"), "{error}");
    }
}

#[test]
fn a_server_that_falls_silent_in_a_question_is_offline() {
    let Some(database) = pg::database() else {
        return;
    };
    let proxy = Proxy::before(pg::shared().unwrap().folder());
    let world = share(World::backlog(), &database);
    level(&world);
    let url = proxy.url(&database, ADMIN);
    let world = world.env("KANBAN_PATIENCE_MS", "300");
    let (list, sql) = (&["list"][..], &["sql", "SELECT 1"][..]);
    for (question, words) in [
        (list, "BEGIN ISOLATION"),
        (list, "WITH here"),
        (list, "FROM item i"),
        (sql, "statement_timeout = "),
        (sql, "DECLARE answer"),
        (sql, "FETCH FORWARD"),
    ] {
        proxy.next(&[Fate::SilenceFrom(words)]);
        let arguments = [&["--store", "postgres"], question].concat();
        let error = error(&world, &url, &arguments, 3);
        assert_eq!(error["code"], "server-offline", "{words}: {error}");
        assert!(
            text(&error, "message").contains("no answer"),
            "{words}: {error}"
        );
    }
}

#[test]
fn a_server_that_only_reads_for_now_is_offline() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    level(&world);
    world.write("more.md", "# More\n");
    world.commit("more");
    let read_only = |is: &str| {
        let name = database.name();
        database.sql(&format!(
            "ALTER DATABASE {name} SET default_transaction_read_only = {is}"
        ))
    };
    read_only("on");
    let rows = now(&world, &[], &["--full"]);
    assert_eq!(rows[0]["standing"], "offline", "{rows:?}");
    database.sql(&format!(
        "SET default_transaction_read_only = off; ALTER DATABASE {} RESET ALL",
        database.name()
    ));
    level(&world);
}

fn remedy(database: &Database, world: &World, login: &str, arguments: &[&str]) -> String {
    let error = error(world, &database.url(login), arguments, 3);
    assert_eq!(error["code"], "server-refused", "{error}");
    format!("{} | {}", text(&error, "message"), text(&error, "hint"))
}

#[test]
fn each_refusal_has_its_own_remedy() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    level(&world);
    let now = &["sync", "now"][..];
    let list = &["--store", "postgres", "list"][..];
    let nobody = remedy(&database, &world, "nobody_is_that", now);
    assert!(nobody.contains("CREATE ROLE"), "{nobody}");
    let secret = database.login("secret", &["kanban_writer"]);
    database.password(&secret, "right");
    let wrong = database.url(&format!("{secret}:wrong"));
    let wrong = text(&error(&world, &wrong, now, 3), "hint");
    assert!(wrong.contains("password"), "{wrong}");
    let gone = database
        .url(ADMIN)
        .replace(database.name(), "no_such_database");
    let gone = text(&error(&world, &gone, now, 3), "hint");
    assert!(gone.contains("CREATE DATABASE"), "{gone}");

    // A member of the repository who has no role of the server.
    let plain = database.login("plain", &[]);
    world
        .kanban(["sync", "member", "add", &plain, "--role", "admin"])
        .ok();
    for (arguments, role) in [(now, "kanban_writer"), (list, "kanban_reader")] {
        let told = remedy(&database, &world, &plain, arguments);
        assert!(told.contains(&format!("GRANT {role} TO")), "{told}");
        assert!(!told.contains("member add"), "{told}");
    }
    database.sql(&format!("GRANT kanban_writer TO {plain}"));
    let told = remedy(
        &database,
        &world,
        &plain,
        &["sync", "member", "add", "grace"],
    );
    assert!(told.contains("GRANT kanban_admin TO"), "{told}");

    // And the other way round.
    let writer = database.login("writer", &["kanban_writer"]);
    let told = remedy(&database, &world, &writer, now);
    assert!(told.contains("sync member add"), "{told}");
    // Somebody was forgotten here while nobody answered.
    let nowhere = [("KANBAN_POSTGRES_URL", "postgres://ada@%2Fnonexistent/d")];
    world
        .kanban_with(&nowhere, ["sync", "forget", "--author", "Grace Hopper"])
        .code(1);
    let told = remedy(&database, &world, &writer, now);
    assert!(!told.contains("refuses forgetting"), "{told}");
    assert!(told.contains("sync member add"), "{told}");
}

#[test]
fn who_goes_unencrypted_is_told_each_time() {
    let world = World::backlog();
    world.write("kanban.toml", super::CONFIG);
    world.commit("share");
    let file = world.beside("rows.jsonl").display().to_string();
    let nobody = TcpListener::bind("127.0.0.2:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("postgres://ada@{nobody}/team?sslmode=disable");
    for arguments in [
        &["sync", "init"][..],
        &["sync", "now"],
        &["sync", "member", "list"],
        &["sync", "member", "add", "grace"],
        &["sync", "export", &file, "--from-server"],
        &["sync", "forget", "--author", "Grace", "--dry-run"],
        &["--store", "postgres", "list"],
        &["--store", "postgres", "sql", "SELECT 1"],
        &["--store", "postgres", "rebuild-index"],
    ] {
        let envs = [("KANBAN_POSTGRES_URL", &*url)];
        let run = world.kanban_with(&envs, arguments).seen();
        assert!(
            run.stderr().contains("not encrypted"),
            "{arguments:?}: {run}"
        );
    }
}

#[test]
fn the_last_admin_stays() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    for arguments in [
        &["sync", "member", "rm", ADMIN][..],
        &["sync", "member", "add", ADMIN, "--role", "writer"],
    ] {
        let error = error(&world, &database.url(ADMIN), arguments, 1);
        assert_eq!(error["code"], "last-admin", "{error}");
    }
    let other = database.login("other", &["kanban_admin"]);
    world
        .kanban(["sync", "member", "add", &other, "--role", "admin"])
        .ok();
    world
        .kanban(["sync", "member", "add", ADMIN, "--role", "admin"])
        .ok();
    // Of two who take each other out at once, one stays.
    let (url, its) = (database.url(ADMIN), database.url(&other));
    let one = world.spawn(
        &[("KANBAN_POSTGRES_URL", &url)],
        &["sync", "member", "rm", &other],
    );
    let two = world.spawn(
        &[("KANBAN_POSTGRES_URL", &its)],
        &["sync", "member", "rm", ADMIN],
    );
    let ended = [one.finish().seen(), two.finish().seen()];
    let done = ended
        .iter()
        .filter(|run| run.output.status.success())
        .count();
    assert_eq!(done, 1, "{} {}", ended[0], ended[1]);
    let admins = "SELECT count(*) FROM kanban_data.member WHERE role = 'admin'";
    assert_eq!(database.sql(admins), "1");
    let nobody = error(
        &world,
        &database.url(ADMIN),
        &["sync", "member", "rm", "nobody"],
        3,
    );
    assert_eq!(nobody["code"], "no-such-member", "{nobody}");
}
