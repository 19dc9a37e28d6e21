//! A real Postgres: one cluster for all tests of this process, a database for each test.
//!
//! ```no_run
//! let Some(database) = pg::database() else { return }; // No server is installed: it was said.
//! let world = World::backlog().env("KANBAN_POSTGRES_URL", database.url("postgres"));
//! ```
//!
//! A `sh` waits on a pipe that ends with this process, however it dies, then stops the server and removes its
//! folder. Never: listens on a port, runs as root, touches a server that is there.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a developer without a server is told.
const INSTALL: &str = "apt-get install postgresql pgbouncer";

/// The login that may do everything.
pub(crate) const ADMIN: &str = "postgres";

/// A role whose members come in by password only; all others are trusted.
const PASSWORDED: &str = "passworded";

/// A fresh database in the cluster of this process; nothing where no server is installed.
pub(crate) fn database() -> Option<Database> {
    shared().map(Cluster::database)
}

/// The cluster of this process; tests that stop a server start one of their own.
pub(crate) fn shared() -> Option<&'static Cluster> {
    static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
    SHARED.get_or_init(Cluster::start).as_ref()
}

/// A program that comes with the pooler; nothing where it is not installed.
pub(crate) fn pooler() -> Option<PathBuf> {
    let folders = ["/usr/sbin", "/usr/bin", "/usr/local/bin"].map(PathBuf::from);
    let found = folders.into_iter().find_map(|folder| {
        let program = folder.join("pgbouncer");
        program.exists().then_some(program)
    });
    found.or_else(|| missing("pgbouncer"))
}

/// Says what is missing. The machine that decides what lands has everything.
#[expect(clippy::print_stderr, reason = "a test that is skipped says why")]
fn missing<T>(what: &str) -> Option<T> {
    let says = format!("no {what} is installed; `{INSTALL}` brings it");
    assert!(std::env::var_os("CI").is_none(), "{says}");
    eprintln!("skipped: {says}");
    None
}

/// Where the programs of the newest server are.
fn programs() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::var_os("PG_BIN")
        .map(PathBuf::from)
        .into_iter()
        .collect();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(String::from_utf8_lossy(&output.stdout).trim().into());
    }
    let debian = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut versions: Vec<(u32, PathBuf)> = debian
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort();
    folders.extend(versions.into_iter().rev().map(|(_, folder)| folder));
    let found = folders
        .into_iter()
        .find(|folder| folder.join("initdb").exists());
    found.or_else(|| missing("Postgres server"))
}

/// Whom the server runs as where we are root, which it refuses.
fn unprivileged() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let user = |name: &str| {
        let line = users
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut ids = line.split(':').skip(2);
        Some((ids.next()?.parse().ok()?, ids.next()?.parse().ok()?))
    };
    user("postgres")
        .or_else(|| user("nobody"))
        .or(Some((65_534, 65_534)))
}

/// A command that is not root.
pub(crate) fn lowly(program: &Path) -> Command {
    let mut command = Command::new(program);
    if let Some((user, group)) = unprivileged() {
        command.uid(user).gid(group);
    }
    command
        .current_dir("/")
        .env("LC_ALL", "C")
        .stdin(Stdio::null());
    command
}

/// A folder of a short name (a socket in it has at most 107 bytes), for whoever is not root.
pub(crate) fn lowly_folder() -> PathBuf {
    let all = std::env::temp_dir();
    let all = if all.as_os_str().len() > 60 {
        Path::new("/tmp")
    } else {
        &all
    };
    let folder = tempfile::Builder::new()
        .prefix("kpg")
        .tempdir_in(all)
        .unwrap()
        .keep();
    if let Some((user, group)) = unprivileged() {
        chown(&folder, Some(user), Some(group)).unwrap();
    }
    folder
}

fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A running server.
pub(crate) struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    guard: Child,
}

impl Cluster {
    /// Starts a server; nothing where none is installed.
    pub(crate) fn start() -> Option<Self> {
        let programs = programs()?;
        let folder = lowly_folder();
        let cluster = Self {
            guard: guard(&programs, &folder),
            programs,
            folder,
        };
        let data = cluster.folder.join("data");
        run(lowly(&cluster.programs.join("initdb"))
            .args([
                "-A",
                "trust",
                "--no-sync",
                "--no-locale",
                "-E",
                "UTF8",
                "-U",
                ADMIN,
                "-D",
            ])
            .arg(&data));
        let mut settings = File::options()
            .append(true)
            .open(data.join("postgresql.conf"))
            .unwrap();
        write!(
            settings,
            "listen_addresses = ''\nunix_socket_directories = '{}'\nfsync = off\n\
             synchronous_commit = off\nfull_page_writes = off\nautovacuum = off\njit = off\n\
             shared_buffers = 32MB\nmax_connections = 200\nlog_statement = all\n\
             log_line_prefix = '%d|'\nlog_parameter_max_length_on_error = -1\n",
            cluster.folder.display()
        )
        .unwrap();
        let rules = format!("local all +{PASSWORDED} scram-sha-256\nlocal all all trust\n");
        fs::write(
            data.join("pg_hba.conf"),
            format!("# No rule for {PASSWORDED} yet.\nlocal all all trust\n"),
        )
        .unwrap();
        cluster.control(&["-w", "start"]);
        cluster
            .psql("postgres", ADMIN, &format!("CREATE ROLE {PASSWORDED}"))
            .unwrap();
        fs::write(data.join("pg_hba.conf"), rules).unwrap();
        cluster.control(&["reload"]);
        Some(cluster)
    }

    fn control(&self, arguments: &[&str]) {
        run(lowly(&self.programs.join("pg_ctl"))
            .args(["-s", "-D"])
            .arg(self.folder.join("data"))
            .arg("-l")
            .arg(self.log_file())
            .args(arguments)
            .stdout(Stdio::null()));
    }

    /// Ends it as a crash of the machine does, but for the files.
    pub(crate) fn crash(&self) {
        self.control(&["-m", "immediate", "-w", "stop"]);
    }

    /// Starts it again.
    pub(crate) fn again(&self) {
        self.control(&["-w", "start"]);
    }

    /// The folder with its socket.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// A fresh database.
    pub(crate) fn database(&self) -> Database {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        let name = format!("d{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.psql("postgres", ADMIN, &format!("CREATE DATABASE {name}"))
            .unwrap();
        Database {
            name,
            socket: self.folder.clone(),
            programs: self.programs.clone(),
            log: self.log_file(),
        }
    }

    fn psql(&self, database: &str, login: &str, sql: &str) -> Result<String, String> {
        psql(&self.programs, &self.folder, database, login, sql)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        drop(self.guard.wait());
    }
}

/// Waits until the pipe ends, which it does with this process, and cleans up. It stands in a group of its own,
/// so that what ends the tests from a terminal does not end it.
fn guard(programs: &Path, folder: &Path) -> Child {
    let script = "cat >/dev/null; \"$1/pg_ctl\" -D \"$2/data\" -m immediate -w stop; \
                  for round in 1 2 3 4 5; do rm -rf \"$2\" && break; sleep 1; done";
    let mut command = lowly(Path::new("sh"));
    command.args(["-c", script, "sh"]).arg(programs).arg(folder);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.process_group(0).spawn().unwrap()
}

/// A database of a test.
pub(crate) struct Database {
    name: String,
    socket: PathBuf,
    programs: PathBuf,
    log: PathBuf,
}

impl Database {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its address for a login.
    pub(crate) fn url(&self, login: &str) -> String {
        self.url_by(&self.socket, login)
    }

    /// Its address by a proxy or a pooler whose socket is in another folder.
    pub(crate) fn url_by(&self, socket: &Path, login: &str) -> String {
        let socket = socket.display().to_string().replace('/', "%2F");
        format!("postgres://{login}@{socket}/{}", self.name)
    }

    /// Makes a login with these roles; its name is its own, since logins belong to the whole server.
    pub(crate) fn login(&self, name: &str, roles: &[&str]) -> String {
        let login = format!("{name}_{}", self.name);
        self.sql(&format!("CREATE ROLE {login} LOGIN"));
        for role in roles {
            self.sql(&format!("GRANT {role} TO {login}"));
        }
        login
    }

    /// From now on the login needs that password.
    pub(crate) fn password(&self, login: &str, password: &str) {
        self.sql(&format!(
            "ALTER ROLE {login} PASSWORD '{password}'; GRANT {PASSWORDED} TO {login}"
        ));
    }

    /// Runs statements as the administrator. Gives rows as lines, columns joined by `|`.
    pub(crate) fn sql(&self, sql: &str) -> String {
        self.sql_as(ADMIN, sql)
            .unwrap_or_else(|error| panic!("{sql}\n{error}"))
    }

    /// The same as another login, or what the server says to it.
    pub(crate) fn sql_as(&self, login: &str, sql: &str) -> Result<String, String> {
        psql(&self.programs, &self.socket, &self.name, login, sql)
    }

    /// Everything in the database, as text.
    pub(crate) fn dump(&self) -> String {
        run(lowly(&self.programs.join("pg_dump"))
            .args(["-U", ADMIN, "--inserts", "-h"])
            .arg(&self.socket)
            .arg(&self.name))
    }

    /// What the server has logged about this database: every statement with its parameters.
    pub(crate) fn log(&self) -> String {
        let text = String::from_utf8_lossy(&fs::read(&self.log).unwrap()).into_owned();
        let begin = format!("{}|", self.name);
        let mut ours = false;
        let lines = text.split_inclusive('\n').filter(|line| {
            // A statement of several lines goes on behind a tab.
            if !line.starts_with('\t') {
                ours = line.starts_with(&begin);
            }
            ours
        });
        lines.collect()
    }
}

fn psql(
    programs: &Path,
    socket: &Path,
    database: &str,
    login: &str,
    sql: &str,
) -> Result<String, String> {
    let mut command = lowly(&programs.join("psql"));
    command.args([
        "-X",
        "-q",
        "-A",
        "-t",
        "-v",
        "ON_ERROR_STOP=1",
        "-v",
        "VERBOSITY=verbose",
        "-U",
        login,
    ]);
    command
        .arg("-h")
        .arg(socket)
        .args(["-d", database, "-f", "-"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let sql = sql.to_owned();
    // What it tells may fill the pipe before it has read everything.
    let writer = std::thread::spawn(move || drop(stdin.write_all(sql.as_bytes())));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes)
            .trim_end_matches('\n')
            .to_owned()
    };
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(text(&output.stderr)),
    }
}
