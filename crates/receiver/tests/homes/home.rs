//! Where a test's receiver keeps its data: in a folder, or with `SYNCWARD_TEST_DATABASE=postgres` in a database of a
//! cluster that this process starts and that ends with it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use syncward_receiver::config::Wishes;
use syncward_receiver::store::{Place, Store};
use tempfile::TempDir;

/// Makes the cluster, says so, and takes it away once nobody holds its standard input any more, however the tests ended.
const CLUSTER: &str = r#"
set -e
folder=$1 bin=$2 port=$3
as() {
    if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; else "$@"; fi
}
if [ "$(id -u)" = 0 ]; then chown postgres "$folder"; fi
cd "$folder"
as "$bin/initdb" --pgdata="$folder/data" --auth=trust --username=syncward --encoding=UTF8 --locale=C --no-sync >"$folder/initdb.log" 2>&1
as "$bin/pg_ctl" --pgdata="$folder/data" --log="$folder/log" --wait start >"$folder/start.log" 2>&1 \
    -o "-c listen_addresses=127.0.0.1 -p $port -k $folder -c fsync=off -c max_connections=300"
echo ready
cat >/dev/null
as "$bin/pg_ctl" --pgdata="$folder/data" --mode=immediate --wait stop >/dev/null 2>&1
cd /
rm -rf "$folder"
"#;

/// A place for one receiver's data.
pub struct Home {
    folder: TempDir,
    database: Option<String>,
}

impl Home {
    /// An empty one.
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            database: is_postgres().then(database),
        }
    }

    /// One in PostgreSQL, whatever this run is about.
    pub fn in_postgres() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            database: Some(database()),
        }
    }

    /// One in a folder, for what only that can do.
    pub fn in_folder() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            database: None,
        }
    }

    /// The folder, for what lies beside the database.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The database's address; none for SQLite in the folder.
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// A configuration that knows its place and nothing else.
    pub fn wishes(&self) -> Wishes {
        Wishes {
            data_dir: Some(self.folder.path().to_owned()),
            database_url: self.database.clone(),
            secret_key: self.database.is_some().then(key),
            ..Wishes::default()
        }
    }

    /// The same for a process.
    pub fn environment(&self) -> Vec<(String, String)> {
        let folder = self.folder.path().display().to_string();
        let mut environment = vec![("SYNCWARD_DATA_DIR".to_owned(), folder)];
        if let Some(database) = &self.database {
            environment.push(("SYNCWARD_DATABASE_URL".to_owned(), database.clone()));
            environment.push(("SYNCWARD_SECRET_KEY".to_owned(), key()));
        }
        environment
    }

    /// Its store.
    pub fn open(&self) -> Store {
        Store::open_at(&self.place()).unwrap()
    }

    /// Where that is.
    pub fn place(&self) -> Place {
        self.wishes().check().unwrap().place
    }
}

/// Whether this run is about PostgreSQL.
pub fn is_postgres() -> bool {
    std::env::var("SYNCWARD_TEST_DATABASE").is_ok_and(|kind| kind == "postgres")
}

/// The key of whatever lies in a database.
pub fn key() -> String {
    "5".repeat(64)
}

/// A new database in this process's cluster.
pub fn database() -> String {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    let cluster = CLUSTER.get_or_init(Cluster::start);
    let name = format!("t{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    cluster.run("postgres", &format!("create database {name}"));
    format!("postgres://syncward@127.0.0.1:{}/{name}", cluster.port)
}

struct Cluster {
    port: u16,
    bin: PathBuf,
    // Its standard input is what keeps the cluster.
    _child: Child,
}

impl Cluster {
    fn start() -> Self {
        let bin = bin();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let folder = tempfile::Builder::new().prefix("syncward-pg").tempdir();
        let folder = folder.unwrap().keep();
        let mut child = Command::new("sh")
            .args(["-c", CLUSTER, "sh"])
            .arg(&folder)
            .arg(&bin)
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "see the logs in {}", folder.display());
        Self {
            port,
            bin,
            _child: child,
        }
    }

    fn run(&self, database: &str, sql: &str) {
        let done = Command::new(self.bin.join("psql"))
            .args(["-h", "127.0.0.1", "-U", "syncward", "-p"])
            .arg(self.port.to_string())
            .args(["-q", "-v", "ON_ERROR_STOP=1", "-c", sql, database])
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
    }
}

/// Where PostgreSQL's programs are: Debian keeps them apart by version.
fn bin() -> PathBuf {
    let by_version = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let mut found: Vec<PathBuf> = by_version
        .map(|one| one.unwrap().path().join("bin"))
        .collect();
    found.retain(|bin| bin.join("initdb").exists());
    found.sort();
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&on_path).find(|bin| bin.join("initdb").exists());
    found.pop().or(on_path).expect("PostgreSQL is installed")
}

/// A trigger that lets inserts into a table through and their commits fail, and its end.
pub fn poison(table: &str) -> (String, String) {
    let tables = "create table parent (id integer primary key); \
                  create table poison (id integer references parent deferrable initially deferred)";
    if is_postgres() {
        let make = format!(
            "{tables}; create function poison() returns trigger language plpgsql as 'begin insert into poison values (1); return new; end'; \
             create trigger poison after insert on {table} for each row execute function poison()"
        );
        return (make, format!("drop trigger poison on {table}"));
    }
    let make = format!(
        "{tables}; create trigger poison after insert on {table} begin insert into poison values (1); end"
    );
    (make, "drop trigger poison".to_owned())
}

/// A trigger that makes every commit after an insert into a table slow.
pub fn slow(table: &str) -> String {
    if is_postgres() {
        return format!(
            "create function slow() returns trigger language plpgsql as 'begin perform pg_sleep(0.005); return new; end'; \
             create trigger slow after insert on {table} for each row execute function slow()"
        );
    }
    format!(
        "create table ballast (content blob); insert into ballast values (null); \
         create trigger slow after insert on {table} begin update ballast set content = zeroblob(1000000); end"
    )
}

/// A trigger that refuses what would be inserted into a table, and its end.
pub fn refusal(table: &str, when: &str) -> (String, String) {
    if is_postgres() {
        let make = format!(
            "create function refuse() returns trigger language plpgsql as 'begin raise exception ''refused''; end'; \
             create trigger refusal before insert on {table} for each row when ({when}) execute function refuse()"
        );
        let end = format!("drop trigger refusal on {table}; drop function refuse()");
        return (make, end);
    }
    let make = format!(
        "create trigger refusal before insert on {table} when {when} begin select raise(abort, 'refused'); end"
    );
    (make, "drop trigger refusal".to_owned())
}
