//! Where the data lies: in a folder as an SQLite file, or in a PostgreSQL database.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use postgres::config::{Host, SslMode};
use postgres::{Client, Config, NoTls};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio_postgres_rustls::MakeRustlsConnect;
use url::form_urlencoded;

use super::sql::{self, Connection, postgres::Session};

/// Longest wait for a connection to be made, and for a sent byte to be acknowledged.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const HEARD_WITHIN: Duration = Duration::from_secs(10);

/// What every connection is told. A replica that hangs in a transaction must not keep the others' turn.
const WRITER: &str = "set idle_in_transaction_session_timeout = '10s'; set lock_timeout = '30s'; \
    select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'";
const READER: &str = "set default_transaction_read_only = on; set statement_timeout = '60s'";

/// Where the data lies.
#[derive(Clone, Debug)]
pub enum Place {
    Folder(PathBuf),
    Postgres(Box<Address>),
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(out, "the data folder {}", folder.display()),
            Self::Postgres(address) => write!(out, "the database {address}"),
        }
    }
}

/// A PostgreSQL database and the way to it.
#[derive(Clone)]
pub struct Address {
    config: Config,
    /// None: plain.
    tls: Option<MakeRustlsConnect>,
    shown: String,
}

impl fmt::Debug for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.shown)
    }
}

/// Without its password.
impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.shown)
    }
}

impl Address {
    /// Reads `postgres://user:password@host:port/database`; with `sslmode=disable` the way is plain, with
    /// `sslrootcert=FILE` that file's certificates are trusted instead of the system's.
    ///
    /// # Errors
    /// In words, without the password.
    pub fn parse(text: &str) -> Result<Self, String> {
        let unreadable = || {
            "it is no address of a database; write postgres://user:password@host:5432/database"
                .to_owned()
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(unreadable)?;
        if !matches!(scheme, "postgres" | "postgresql") {
            return Err(format!(
                "{scheme} is no database that is served; write postgres://user:password@host:5432/database, or leave it out for SQLite"
            ));
        }
        let (way, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (ours, theirs): (Vec<&str>, Vec<&str>) = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .partition(|pair| matches!(pair.split('=').next(), Some("sslmode" | "sslrootcert")));
        let named = |name: &str| {
            let pair = ours
                .iter()
                .find_map(|pair| pair.split_once('=').filter(|(one, _)| *one == name));
            pair.map(|(_, value)| decoded(value))
        };
        let (mode, root) = (named("sslmode"), named("sslrootcert"));
        let (user, password, place) = parts(way);
        let plain_password =
            password.map_or_else(String::new, |one| format!(":{}", one.replace('@', "%40")));
        let who = user.map_or_else(String::new, |user| format!("{user}{plain_password}@"));
        let theirs = theirs.join("&");
        let mut config = Config::from_str(&format!("postgres://{who}{place}?{theirs}"))
            .map_err(|_| unreadable())?;
        let is_plain = match mode.as_deref() {
            None => is_local(&config),
            Some("disable") => true,
            Some("require" | "verify-ca" | "verify-full") => false,
            Some(other) => {
                return Err(format!(
                    "sslmode={other} may fall back to plain text; write sslmode=require (the certificate is always checked) or sslmode=disable"
                ));
            }
        };
        let tls = match is_plain {
            true => None,
            false => Some(tls(root.as_deref())?),
        };
        let ssl_mode = match is_plain {
            true => SslMode::Disable,
            false => SslMode::Require,
        };
        config
            .ssl_mode(ssl_mode)
            .connect_timeout(CONNECT_WITHIN)
            .tcp_user_timeout(HEARD_WITHIN)
            .application_name("syncward-receiver");
        let user = user.map_or_else(String::new, |user| format!("{user}@"));
        Ok(Self {
            config,
            tls,
            shown: format!("postgres://{user}{place}"),
        })
    }

    /// A client as it comes. Blocks, as [`Address::connect`].
    ///
    /// # Errors
    /// What is in the way.
    pub(super) fn client(&self) -> Result<Client, postgres::Error> {
        match &self.tls {
            Some(tls) => self.config.connect(tls.clone()),
            None => self.config.connect(NoTls),
        }
    }

    /// A connection that writes, or one that only reads. Blocks; never to be called on the runtime's own threads.
    ///
    /// # Errors
    /// `Away` with what is in the way.
    pub fn connect(&self, write: bool) -> sql::Result<Connection> {
        let ready = self.client().and_then(|mut client| {
            client.batch_execute(if write { WRITER } else { READER })?;
            Ok(client)
        });
        match ready {
            Ok(client) => Ok(Session::from(client).into()),
            Err(error) => Err(sql::Error::Away(format!(
                "{}: {}",
                self.shown,
                sql::Error::from(error)
            ))),
        }
    }
}

/// User, password, and hosts with database. An `@` in the password is taken for a part of it.
fn parts(way: &str) -> (Option<&str>, Option<&str>, &str) {
    let hosts_end = way.find('/').unwrap_or(way.len());
    let Some(at) = way[..hosts_end].rfind('@') else {
        return (None, None, way);
    };
    match way[..at].split_once(':') {
        Some((user, password)) => (Some(user), Some(password), &way[at + 1..]),
        None => (Some(&way[..at]), None, &way[at + 1..]),
    }
}

/// A value of the query, in which a plus is a plus.
fn decoded(value: &str) -> String {
    let value = value.replace('+', "%2B");
    form_urlencoded::parse(value.as_bytes())
        .map(|(name, _)| name.into_owned())
        .collect()
}

/// Whether no network lies between.
fn is_local(config: &Config) -> bool {
    let by_name = config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost"
                || name
                    .parse()
                    .is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    });
    by_name && config.get_hostaddrs().iter().all(|ip| ip.is_loopback())
}

fn tls(root: Option<&str>) -> Result<MakeRustlsConnect, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let builder = match root {
        None => builder
            .with_platform_verifier()
            .map_err(|error| format!("the system's certificates can't be read: {error}"))?,
        Some(file) => {
            let unread =
                |error: &dyn fmt::Display| format!("sslrootcert={file} can't be read: {error}");
            let mut roots = RootCertStore::empty();
            let found = CertificateDer::pem_file_iter(file).map_err(|error| unread(&error))?;
            for one in found {
                let one = one.map_err(|error| unread(&error))?;
                roots.add(one).map_err(|error| unread(&error))?;
            }
            builder.with_root_certificates(roots)
        }
    };
    Ok(MakeRustlsConnect::new(builder.with_no_client_auth()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn only_a_local_way_is_plain_unless_it_is_said() {
        let is_plain = |text| Address::parse(text).unwrap().tls.is_none();
        assert!(is_plain("postgres://u:p@127.0.0.1:5432/x"));
        assert!(is_plain("postgres://u@localhost/x"));
        assert!(is_plain("postgres://u@/x?host=/var/run/postgresql"));
        assert!(is_plain("postgres:///x?host=/var/run/postgresql&user=u"));
        assert!(is_plain("postgres://u:p@db.example/x?sslmode=disable"));
        assert!(!is_plain("postgres://u:p@db.example/x"));
        assert!(!is_plain("postgres://u:p@127.0.0.1/x?sslmode=verify-full"));
        assert!(!is_plain("postgres://u:p@127.0.0.1,db.example/x"));
        assert!(!is_plain("postgres://u:p@127.0.0.1/x?hostaddr=192.0.2.1"));
    }

    #[test]
    fn hosts_are_read_as_libpq_reads_them() {
        let hosts = |text| Address::parse(text).unwrap().config.get_hosts().to_vec();
        let socket = Host::Unix("/var/run/postgresql".into());
        let by_socket = "postgres://u:p@/x?host=/var/run/postgresql";
        assert_eq!(hosts(by_socket), std::slice::from_ref(&socket));
        assert_eq!(hosts("postgres://u@%2Fvar%2Frun%2Fpostgresql/x"), [socket]);
        let two = "postgres://u:p@127.0.0.1:5432,[::1]:5433/x";
        assert_eq!(
            hosts(two),
            [Host::Tcp("127.0.0.1".into()), Host::Tcp("::1".into())]
        );
        let config = Address::parse("postgres://u:p%2B@ss@127.0.0.1/x")
            .unwrap()
            .config;
        assert_eq!(config.get_password(), Some(b"p+@ss".as_slice()));
        assert_eq!(config.get_dbname(), Some("x"));
    }

    #[test]
    fn what_may_fall_back_to_plain_text_and_other_databases_are_refused() {
        let fault = |text| Address::parse(text).unwrap_err();
        assert!(fault("postgres://u:p@db.example/x?sslmode=prefer").contains("sslmode=require"));
        assert!(fault("mysql://u:p@db.example/x").contains("mysql"));
        assert!(fault("db.example").contains("postgres://"));
        let root = fault("postgres://u:p@db.example/x?sslrootcert=/nowhere.pem");
        assert!(root.contains("/nowhere.pem"));
    }

    #[test]
    fn its_password_is_never_shown() {
        let address = Address::parse("postgres://u:hunter2@127.0.0.1/x?password=hunter2").unwrap();
        assert_eq!(address.to_string(), "postgres://u@127.0.0.1/x");
        assert_eq!(format!("{address:?}"), "postgres://u@127.0.0.1/x");
        let address = Address::parse("postgresql://u:hunter2@word@/x?host=/run&password=hunter2");
        assert_eq!(address.unwrap().to_string(), "postgres://u@/x");
    }
}
