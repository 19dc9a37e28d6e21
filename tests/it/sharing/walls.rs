//! Nobody sees a repository of which they are no member: every relation and every function is tried.

use crate::sharing::{CONFIG, REPOSITORY, level, share, task};
use crate::support::World;
use crate::support::pg::{self, Cluster, Database};

/// Roles and functions of a gateway as Supabase has them; roles belong to the whole server.
const GATEWAY: &str = "
  DO $$
  DECLARE role text;
  BEGIN
    FOREACH role IN ARRAY ARRAY['anon NOLOGIN', 'authenticated NOLOGIN', 'service_role NOLOGIN BYPASSRLS',
                                'authenticator LOGIN NOINHERIT'] LOOP
      BEGIN EXECUTE 'CREATE ROLE ' || role;
      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END;
    END LOOP;
    GRANT anon, authenticated, service_role TO authenticator;
  EXCEPTION WHEN OTHERS THEN NULL; -- Another test does the same at this moment.
  END $$;
  CREATE SCHEMA auth;
  GRANT USAGE ON SCHEMA auth TO PUBLIC;
  CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT nullif(coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''),
      nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'), '')::uuid $$;";

const ADA: &str = "11111111-1111-4111-8111-111111111111";
const EVE: &str = "22222222-2222-4222-8222-222222222222";

/// A database with two repositories; a reader and a writer of the other one.
fn two() -> Option<(Database, World)> {
    let database = pg::database()?;
    database.sql(GATEWAY);
    let world = share(World::backlog(), &database);
    level(&world);
    database
        .sql("INSERT INTO kanban_data.member VALUES ('other/backlog', 'login:nobody', 'reader')");
    Some((database, world))
}

fn outsider(database: &Database, name: &str, role: &str) -> String {
    let login = database.login(name, &[&format!("kanban_{role}")]);
    database.sql(&format!(
        "INSERT INTO kanban_data.member VALUES ('other/backlog', 'login:{login}', '{role}')"
    ));
    login
}

/// Every relation that holds or shows rows, by its whole name.
fn relations(database: &Database) -> Vec<String> {
    let told = database.sql(
        "SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname LIKE 'kanban%' AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1",
    );
    told.lines().map(str::to_owned).collect()
}

/// How a login gets to be whom it reads as.
fn count(database: &Database, login: &str, before: &str, relation: &str) -> Result<u64, String> {
    // A row may show something of another repository in any column; those of `kanban_read` are of the
    // chosen one alone.
    let ours = match relation.starts_with("kanban_read.") {
        true => "true".to_owned(),
        false => format!("r::text LIKE '%{REPOSITORY}%' OR r::text LIKE '%DM-%'"),
    };
    let sql = format!(
        "BEGIN; SET LOCAL kanban.repositories = '{{{REPOSITORY}}}'; SET LOCAL kanban.branches = '{{main}}';
         {before} SELECT count(*) FROM {relation} r WHERE {ours};
         COMMIT"
    );
    database
        .sql_as(login, &sql)
        .map(|told| told.lines().last().unwrap().parse().unwrap())
}

#[test]
fn every_table_has_its_policies() {
    let Some((database, _world)) = two() else {
        return;
    };
    let open = database.sql(
        "SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname LIKE 'kanban%' AND c.relkind IN ('r', 'p') AND NOT c.relrowsecurity",
    );
    assert_eq!(open, "", "tables without row-level security");
    let as_owner = database.sql(
        "SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname LIKE 'kanban%' AND c.relkind = 'v'
           AND NOT coalesce('security_invoker=true' = ANY (c.reloptions), false)",
    );
    assert_eq!(as_owner, "", "views that ask as their owner");
    let careless = database.sql(
        "SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname LIKE 'kanban%' AND p.prosecdef
           AND NOT coalesce('search_path=\"\"' = ANY (p.proconfig), false)",
    );
    assert_eq!(
        careless, "",
        "functions that ask as their owner and follow a search_path"
    );
    // Each is called in `who_is_no_member_sees_nothing` or in `tests/it/sharing/forget.rs`; two are of triggers
    // and cannot be called.
    let known = "emptied forget found linkers me mine named remove_branch remove_draft search steps unsealed";
    let definers = database.sql(
        "SELECT string_agg(DISTINCT p.proname, ' ' ORDER BY p.proname)
         FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname LIKE 'kanban%' AND p.prosecdef",
    );
    assert_eq!(definers, known, "functions that read past the policies");
    let of_all = database.sql(
        "SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname LIKE 'kanban%' AND has_function_privilege('public', p.oid, 'EXECUTE')",
    );
    assert_eq!(of_all, "", "functions that everybody may call");
    let owner = database.sql(
        "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname LIKE 'kanban%' AND pg_get_userbyid(c.relowner) <> 'kanban_owner'",
    );
    assert_eq!(owner, "0");
    let can_login = database.sql("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'kanban_owner'");
    assert_eq!(can_login, "f");
}

/// A login sees nothing of the repository, whatever role it takes on and whatever it says it is.
fn sees_nothing(database: &Database, login: &str, relations: &[String]) {
    let claims = format!(
        "SET LOCAL request.jwt.claims = '{{\"sub\":\"{ADA}\",\"role\":\"service_role\"}}';"
    );
    let roles = ["reader", "writer", "admin", "owner"];
    let roles = roles.map(|role| format!("SET LOCAL ROLE kanban_{role};"));
    for relation in relations {
        for before in ["", &claims]
            .into_iter()
            .chain(roles.iter().map(|role| &**role))
        {
            let seen = count(database, login, before, relation).unwrap_or(0);
            assert_eq!(seen, 0, "{login} sees {relation}, {before}");
        }
    }
    for call in CALLS {
        assert_eq!(
            database.sql_as(login, call).unwrap(),
            "0",
            "{login}: {call}"
        );
    }
    for call in [
        format!("SELECT kanban.forget('{REPOSITORY}', '[]'::json, '{{}}', '{{}}', '{{}}')"),
        format!("SELECT kanban.remove_branch('{REPOSITORY}', 'main')"),
        format!("SELECT kanban.found('{REPOSITORY}')"),
        // A sequence tells how many items there are.
        "SELECT last_value FROM kanban_data.item_item_seq".to_owned(),
        "SET ROLE kanban_owner".to_owned(),
    ] {
        let refused = database.sql_as(login, &call);
        assert!(refused.is_err(), "{login}: {call}: {refused:?}");
    }
}

/// Each of them tells how many rows it gives.
const CALLS: [&str; 4] = [
    "SELECT count(*) FROM kanban.search(NULL, NULL, '', to_tsquery('simple', 'card | form | the'), 100)
       s WHERE s.repository = 'acme/backlog'",
    "SET kanban.repositories = '{acme/backlog}'; SET kanban.branches = '{main}';
     SELECT count(*) FROM kanban_read.named('dm-tsk-0001')",
    "SELECT count(*) FROM generate_series(1, 99) key, kanban_read.linkers(key)",
    "SELECT count(*) FROM kanban_data.mine('{reader,writer,admin}') m WHERE m = 'acme/backlog'",
];

#[test]
fn who_is_no_member_sees_nothing() {
    let Some((database, _world)) = two() else {
        return;
    };
    let stranger = database.login("stranger", &[]);
    let relations = relations(&database);
    assert!(relations.len() > 12, "{relations:?}");
    database.sql(&format!(
        "INSERT INTO kanban_data.member VALUES ('{REPOSITORY}', 'user:{ADA}', 'admin')"
    ));
    for relation in &relations {
        let there = count(&database, pg::ADMIN, "", relation).unwrap();
        let may_be_empty = [
            "entries",
            "gateway",
            "step",
            "people",
            "problems",
            "meta",
            "checks",
            "person",
            "problem",
            "forgotten",
        ];
        assert!(
            there > 0 || may_be_empty.iter().any(|name| relation.ends_with(name)),
            "{relation}"
        );
        let refused = count(&database, &stranger, "", relation);
        assert!(refused.is_err(), "{relation} is open to everybody");
    }
    for call in CALLS {
        assert_ne!(database.sql(call), "0", "{call}");
        assert!(database.sql_as(&stranger, call).is_err());
    }
    for role in ["reader", "writer", "admin"] {
        let login = outsider(&database, role, role);
        sees_nothing(&database, &login, &relations);
        for name in [
            "remove_branch('acme/backlog', 'main')",
            "remove_draft('acme/backlog', 'main', 'ada.1')",
        ] {
            let refused = database.sql_as(&login, &format!("SELECT kanban.{name}"));
            assert!(refused.is_err(), "{login}: {name}: {refused:?}");
        }
    }
    for name in [
        "forget('acme/backlog', '[]'::json, '{}', '{}', '{}')",
        "found('x')",
    ] {
        let refused = database.sql_as(&stranger, &format!("SELECT kanban.{name}"));
        assert!(refused.is_err(), "{name}: {refused:?}");
    }
}

/// What is there of the repository, whoever asks.
fn everything(database: &Database) -> String {
    database.sql(
        "SELECT md5(string_agg(i::text, '|' ORDER BY path)) FROM kanban_data.item i
           WHERE repository = 'acme/backlog';
         SELECT * FROM kanban_data.branch WHERE repository = 'acme/backlog';
         SELECT * FROM kanban_data.member WHERE repository = 'acme/backlog' ORDER BY member",
    )
}

/// Neither who has made the shared cache nor who has founded a repository in it is more than others.
#[test]
fn who_has_founded_another_repository_is_nobody_here() {
    // Roles belong to the server: here nobody has made them yet.
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let database = cluster.database();
    let maker = database.login("maker", &[]);
    database.sql(&format!(
        "ALTER ROLE {maker} CREATEROLE; ALTER DATABASE {} OWNER TO {maker}",
        database.name()
    ));
    let founds = |login: &str, repository: &str, world: World| {
        let world = world.env("KANBAN_POSTGRES_URL", database.url(login));
        let config = format!("[sync]\nrepository = \"{repository}\"\n");
        world.write("kanban.toml", config);
        world.commit("share");
        let told = world.kanban(["--json", "sync", "init"]).data();
        assert_eq!(told["founded"], true, "{told}");
        level(&world);
        let shown = world
            .kanban(["--json", "--store", "postgres", "list"])
            .data();
        assert_ne!(shown["items"].as_array().unwrap().len(), 0, "{shown}");
    };
    let clone = |login: &str| {
        let world = World::backlog().env("KANBAN_POSTGRES_URL", database.url(login));
        world.write("kanban.toml", CONFIG);
        world.commit("share");
        world
    };
    let own = || {
        let (path, text) = task("XX-1", "Own");
        World::with(&format!("--- {path}\n{text}"))
    };
    founds(&maker, "maker/backlog", own());
    let grace = database.login("grace", &["kanban_admin"]);
    founds(&grace, REPOSITORY, World::backlog());
    let founder = database.login("founder", &["kanban_writer"]);
    founds(&founder, "other/backlog", own());
    let reader = database.login("reader", &["kanban_reader"]);
    let relations: Vec<String> = relations(&database);
    let before = everything(&database);
    let owner = database.login("owner", &["kanban_owner"]);
    for login in [&maker, &founder, &owner] {
        // Policies do not bind an owner; what the program does is bound all the same.
        if login != &owner {
            for sql in [
                "DELETE FROM kanban_data.item WHERE repository = 'acme/backlog'",
                "UPDATE kanban_data.item SET title = 'mine' WHERE repository = 'acme/backlog'",
                "DELETE FROM kanban_data.member WHERE repository = 'acme/backlog'",
                "UPDATE kanban_data.member SET repository = 'acme/backlog'",
                "ALTER TABLE kanban_data.item DISABLE ROW LEVEL SECURITY",
            ] {
                drop(database.sql_as(login, sql));
            }
            sees_nothing(&database, login, &relations);
        }
        let world = clone(login);
        let file = world.beside("rows.jsonl").display().to_string();
        for (arguments, code) in [
            (&["sync", "init"][..], 3),
            (&["sync", "now"], 3),
            (&["sync", "member", "list"], 1),
            (&["sync", "member", "add", "eve", "--role", "admin"], 3),
            (&["sync", "member", "rm", &grace], 3),
            (&["sync", "export", &file, "--from-server"], 1),
            (&["sync", "remove", "--branch", "main"], 0),
            (&["sync", "forget", "--author", "Grace Hopper"], 1),
            (&["--store", "postgres", "list"], 0),
            (
                &[
                    "--store",
                    "postgres",
                    "sql",
                    "SELECT * FROM items WHERE repository = 'acme/backlog'",
                ],
                0,
            ),
        ] {
            let run = world.kanban(arguments).seen();
            assert_eq!(
                run.output.status.code(),
                Some(code),
                "{login}: {arguments:?}\n{run}"
            );
            for shown in ["DM-TSK", &*grace] {
                let told = run.stdout().replace(&format!("rm {grace}"), "");
                assert!(!told.contains(shown), "{login}: {arguments:?}\n{run}");
            }
        }
        assert_eq!(everything(&database), before, "{login}");
    }
    // What would help is said, and helps.
    let world = clone(&reader);
    let run = world.kanban(["sync", "init"]).explains(3, "refuses");
    assert!(run.stderr().contains("GRANT kanban_writer"), "{run}");
    database.sql(&format!("GRANT kanban_writer TO {reader}"));
    let run = world.kanban(["sync", "init"]).explains(3, "refuses");
    assert!(run.stderr().contains("sync member add"), "{run}");
    let admin = world.env("KANBAN_POSTGRES_URL", database.url(&grace));
    admin.kanban(["sync", "member", "add", &reader]).ok();
    database.sql(&format!("REVOKE kanban_writer FROM {reader}"));
    let world = admin.env("KANBAN_POSTGRES_URL", database.url(&reader));
    let told = world.kanban(["--json", "sync", "init"]).data();
    assert_eq!(told["founded"], false, "{told}");
    // Whoever leaves a repository leaves it to nobody.
    let leaves = "DELETE FROM kanban_data.member WHERE repository = 'acme/backlog'";
    database.sql_as(&grace, leaves).unwrap();
    let world = clone(&founder);
    world.kanban(["sync", "init"]).explains(3, "refuses");
}

#[test]
fn who_is_no_member_writes_nothing() {
    let Some((database, world)) = two() else {
        return;
    };
    let before =
        database.sql("SELECT md5(string_agg(i::text, '|' ORDER BY path)) FROM kanban_data.item i");
    let writer = outsider(&database, "writer", "writer");
    let admin = outsider(&database, "admin", "admin");
    let reader = outsider(&database, "reader", "reader");
    let publish = |repository: &str, version: u64| {
        format!(
            "SELECT kanban.publish('{repository}', 'main', '', {version}, repeat('a', 40), '', '', '[]', 1, 'x', '[]',
             (SELECT json_agg(path) FROM kanban_data.item), true)"
        )
    };
    let version: u64 = database
        .sql("SELECT version FROM kanban_data.branch")
        .parse()
        .unwrap();
    for login in [&writer, &admin, &reader] {
        for sql in [
            publish(REPOSITORY, version),
            publish(REPOSITORY, 0),
            format!(
                "INSERT INTO kanban_data.branch (repository, branch) VALUES ('{REPOSITORY}', 'x')"
            ),
            format!(
                "INSERT INTO kanban_data.member VALUES ('{REPOSITORY}', 'login:{login}', 'reader')"
            ),
            "INSERT INTO kanban_data.gateway VALUES (session_user)".to_owned(),
            "SET ROLE kanban_owner".to_owned(),
            "ALTER TABLE kanban_data.item DISABLE ROW LEVEL SECURITY".to_owned(),
            "CREATE TABLE kanban_data.mine (x int)".to_owned(),
            "CREATE FUNCTION kanban.f() RETURNS int LANGUAGE sql AS 'SELECT 1'".to_owned(),
        ] {
            let refused = database.sql_as(login, &sql);
            assert!(refused.is_err(), "{login}: {sql}: {refused:?}");
        }
        // What is not seen is not changed either, and is no error.
        for sql in [
            "UPDATE kanban_data.item SET title = 'mine'",
            "UPDATE kanban_data.branch SET tip = NULL",
            "DELETE FROM kanban_data.item",
            "DELETE FROM kanban_data.member WHERE repository = 'acme/backlog'",
            "UPDATE kanban_data.member SET repository = 'acme/backlog' WHERE repository = 'other/backlog'",
        ] {
            drop(database.sql_as(login, sql));
        }
    }
    let after =
        database.sql("SELECT md5(string_agg(i::text, '|' ORDER BY path)) FROM kanban_data.item i");
    assert_eq!(before, after);
    let members =
        database.sql("SELECT count(*) FROM kanban_data.member WHERE repository = 'acme/backlog'");
    assert_eq!(members, "1");
    // And by the program: a clone of somebody who is no member.
    let outside = world.env("KANBAN_POSTGRES_URL", database.url(&writer));
    outside.write(
        "kanban.toml",
        "[sync]\nrepository = \"acme/backlog\"\n# more\n",
    );
    outside.commit("more");
    let run = outside.kanban(["sync", "now"]).seen();
    assert_eq!(run.output.status.code(), Some(3), "{run}");
    assert!(run.stderr().contains("refuses"), "{run}");
    assert!(run.stderr().contains("sync member add"), "{run}");
}

#[test]
fn a_member_reads_and_writes_as_its_role_says() {
    let Some((database, world)) = two() else {
        return;
    };
    for (role, writes) in [("reader", false), ("writer", true), ("admin", true)] {
        let login = database.login(role, &[&format!("kanban_{role}")]);
        world
            .kanban(["sync", "member", "add", &login, "--role", role])
            .ok();
        let seen = database.sql_as(&login, "SELECT count(*) > 5 FROM kanban.items");
        assert_eq!(seen.unwrap(), "t", "{role}");
        let found = database.sql_as(
            &login,
            "SELECT count(*) > 0 FROM kanban.search(NULL, NULL, '', to_tsquery('simple', 'card'), 9)",
        );
        assert_eq!(found.unwrap(), "t", "{role}");
        let url = database.url(&login);
        let said = format!("{role} was here");
        world.write(
            &format!("_kano/backlog/products/demo/items/task/0000/{role}.md"),
            said,
        );
        world.commit("more");
        let run = world
            .kanban_with(&[("KANBAN_POSTGRES_URL", &url)], ["sync", "now"])
            .seen();
        assert_eq!(run.output.status.code() == Some(0), writes, "{role}\n{run}");
        let names = world.kanban_with(
            &[("KANBAN_POSTGRES_URL", &url)],
            ["sync", "member", "add", "login:somebody"],
        );
        assert_eq!(
            names.seen().output.status.code() == Some(0),
            role == "admin",
            "{role}"
        );
    }
    // Whoever is taken out sees nothing from then on.
    let reader = format!("reader_{}", database.name());
    world.kanban(["sync", "member", "rm", &reader]).ok();
    assert_eq!(
        database
            .sql_as(&reader, "SELECT count(*) FROM kanban.items")
            .unwrap(),
        "0"
    );
}

#[test]
fn a_gateway_speaks_for_its_users_and_nobody_else_does() {
    let Some((database, world)) = two() else {
        return;
    };
    world
        .kanban(["sync", "member", "add", &format!("user:{ADA}")])
        .ok();
    let ask = |login: &str, role: &str, sub: &str| {
        let sql = format!(
            "BEGIN; SET LOCAL ROLE {role};
             SET LOCAL request.jwt.claims = '{{\"sub\":\"{sub}\",\"role\":\"{role}\"}}';
             SELECT count(*) FROM kanban.items; COMMIT"
        );
        database.sql_as(login, &sql)
    };
    // An init after the gateway's roles were made has let them in.
    let all = database.sql("SELECT count(*) FROM kanban.items");
    assert_eq!(ask("authenticator", "authenticated", ADA).unwrap(), all);
    assert_eq!(ask("authenticator", "authenticated", EVE).unwrap(), "0");
    let anybody = ask("authenticator", "anon", ADA);
    assert!(anybody.is_err(), "{anybody:?}");
    let nothing = database.sql_as(
        "authenticator",
        "BEGIN; SET LOCAL ROLE authenticated; SELECT count(*) FROM kanban.items; COMMIT",
    );
    assert_eq!(nothing.unwrap(), "0");
    // A login that is no gateway may say what it likes.
    let liar = outsider(&database, "liar", "reader");
    assert_eq!(ask(&liar, "kanban_reader", ADA).unwrap(), "0");
    let me = database.sql_as(
        &liar,
        &format!("SET request.jwt.claims = '{{\"sub\":\"{ADA}\"}}'; SELECT kanban_data.me()"),
    );
    assert_eq!(me.unwrap(), format!("login:{liar}"));
    // Claims that make no sense are nobody's.
    for claims in ["", "{}", "{\"sub\":null}", "{\"sub\":\"\"}"] {
        let told = database.sql_as(
            "authenticator",
            &format!(
                "BEGIN; SET LOCAL ROLE authenticated; SET LOCAL request.jwt.claims = '{claims}';
                 SELECT count(*) FROM kanban.items; COMMIT"
            ),
        );
        assert_eq!(told.unwrap(), "0", "{claims}");
    }
}
