//! Configuration: flags and environment in, checked values out; every fault is named at once.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use syncward_engine::Settings;
use syncward_google::{ClientSecret, Endpoints, OAuthClient};
use url::Url;

use crate::exec::quota::Limits;
use crate::seal::{KEY_FILE, KeyError, Seal, begin_rotation};
use crate::store::place::Address;
use crate::store::{Place, folder};

mod duration;
mod proxies;
pub mod tls;
mod wishes;

pub use duration::duration;
pub use proxies::Proxies;
use tls::{Identity, Tls, TlsError};
pub use wishes::Wishes;

/// What is said of [`Config::is_in_clear`].
pub const IN_CLEAR: &str = "tokens and appointments cross the network in clear text, unless a proxy in front takes https: where there is \
    none, set SYNCWARD_TLS=self-signed, or SYNCWARD_TLS_CERT and SYNCWARD_TLS_KEY";

/// Google's own root.
const GOOGLE_API_URL: &str = "https://www.googleapis.com";

/// What a command needs to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It makes the database and its key where there are none.
    NewOrOld,
    /// It puts a database back, with the key that is there or given; one is made only once that is known to fit.
    Copy,
    /// It works on a database that is there, with its key.
    DatabaseWithKey,
    /// It works on a database that is there, and opens nothing that is sealed.
    Database,
    /// It works without.
    Neither,
}

/// Checked configuration.
pub struct Config {
    pub listen: std::net::SocketAddr,
    pub tls: Tls,
    pub public_url: Option<Url>,
    pub data_dir: PathBuf,
    pub place: Place,
    pub seal: Arc<Seal>,
    /// The secret key lies in the data folder; otherwise it is given.
    pub key_in_folder: bool,
    pub endpoints: Endpoints,
    pub oauth: OAuthClient,
    pub settings: Settings,
    pub google_timeout: Duration,
    pub lease: Duration,
    pub quotas: Limits,
    pub history: Option<Duration>,
    pub metrics_open: bool,
    /// Whose word on a client's address counts.
    pub trusted_proxies: Proxies,
    /// Its environment says where desktops reach it.
    pub says_where: bool,
}

impl Config {
    /// Where desktops reach this receiver: the public address, else this computer's own.
    pub fn address_for_desktops(&self) -> String {
        match &self.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!(
                "{}://{}:{}",
                self.tls.scheme(),
                self.host(),
                self.listen.port()
            ),
        }
    }

    /// Where it is asked from this computer itself.
    pub fn door(&self) -> String {
        let mut door = self.listen;
        match door.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => door.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => door.set_ip(Ipv6Addr::LOCALHOST.into()),
            IpAddr::V4(_) | IpAddr::V6(_) => {}
        }
        format!("{}://{door}", self.tls.scheme())
    }

    /// Whether what it says and hears leaves this computer in plain http.
    pub fn is_in_clear(&self) -> bool {
        self.tls == Tls::Off && !self.listen.ip().is_loopback()
    }

    /// Whom this receiver's own certificate is for.
    ///
    /// # Errors
    /// As [`Tls::identity`].
    pub fn identity(&self) -> Result<Option<Identity>, TlsError> {
        self.tls.identity(self.host().trim_matches(['[', ']']))
    }

    /// This computer as others name it; only TLS lets them in.
    fn host(&self) -> String {
        let ip = self.listen.ip();
        match (ip.is_unspecified(), &self.tls) {
            (true, Tls::Off) => "127.0.0.1".to_owned(),
            (true, Tls::Own(_) | Tls::Given { .. }) => own_name(),
            (false, _) if ip.is_ipv6() => format!("[{ip}]"),
            (false, _) => ip.to_string(),
        }
    }
}

fn own_name() -> String {
    let named = std::fs::read_to_string("/etc/hostname").ok();
    let named = named.or_else(|| std::env::var("COMPUTERNAME").ok());
    match named.as_deref().map(str::trim) {
        Some(name) if !name.is_empty() => name.to_lowercase(),
        Some(_) | None => "127.0.0.1".to_owned(),
    }
}

/// Faults, each naming its variable and what it takes.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct Faults(pub Vec<String>);

impl Wishes {
    /// Checks everything as a receiver needs it that is about to run.
    ///
    /// # Errors
    /// As [`Wishes::check_for`].
    pub fn check(&self) -> Result<Config, Faults> {
        self.check_for(Need::NewOrOld)
    }

    /// Checks everything and names every fault at once.
    ///
    /// # Errors
    /// All faults; nothing is made or changed then, but for the key file of a data folder where one may be made.
    pub fn check_for(&self, need: Need) -> Result<Config, Faults> {
        let mut faults = Vec::new();
        let mut take = |name: &str, text: &Option<String>, default: Duration| {
            match text {
            None => default,
            Some(text) => duration(text).unwrap_or_else(|| {
                faults.push(format!("{name}: '{text}' is no duration; write an integer with ms, s, m, h or d, such as 15m"));
                default
            }),
        }
        };
        let standard = Settings::default();
        let settings = Settings {
            channel_ttl: take(
                "SYNCWARD_CHANNEL_TTL",
                &self.channel_ttl,
                standard.channel_ttl,
            ),
            renew_before: take(
                "SYNCWARD_RENEW_BEFORE",
                &self.renew_before,
                standard.renew_before,
            ),
            poll_interval: take(
                "SYNCWARD_POLL_INTERVAL",
                &self.poll_interval,
                standard.poll_interval,
            ),
            check_interval: take(
                "SYNCWARD_CHECK_INTERVAL",
                &self.check_interval,
                standard.check_interval,
            ),
            overlap: take("SYNCWARD_OVERLAP", &self.overlap, standard.overlap),
            handshake_timeout: take(
                "SYNCWARD_HANDSHAKE_TIMEOUT",
                &self.handshake_timeout,
                standard.handshake_timeout,
            ),
            grace: take("SYNCWARD_GRACE", &self.grace, standard.grace),
            push: self.public_url.is_some(),
        };
        let google_timeout = take(
            "SYNCWARD_GOOGLE_TIMEOUT",
            &self.google_timeout,
            Duration::from_secs(20),
        );
        let lease = take("SYNCWARD_LEASE", &self.lease, Duration::from_secs(30));
        let history = match self.history.as_deref() {
            Some("all") => None,
            _ => Some(take(
                "SYNCWARD_HISTORY",
                &self.history,
                Duration::from_secs(90 * 86_400),
            )),
        };
        let quotas = self.quotas(&mut faults);
        let listen = self.listen.as_deref().unwrap_or("127.0.0.1:8480");
        let listen = listen.parse().unwrap_or_else(|_| {
            faults.push(format!(
                "SYNCWARD_LISTEN: '{listen}' is no address; write host:port, such as 127.0.0.1:8480"
            ));
            std::net::SocketAddr::from(([127, 0, 0, 1], 0))
        });
        if let Some(filter) = &self.log
            && tracing_subscriber::EnvFilter::try_new(filter).is_err()
        {
            faults.push(format!(
                "SYNCWARD_LOG: '{filter}' is no log filter; write a level, such as info"
            ));
        }
        let metrics_open = match self.metrics_open.as_deref() {
            None | Some("false" | "0" | "no") => false,
            Some("true" | "1" | "yes") => true,
            Some(other) => {
                faults.push(format!(
                    "SYNCWARD_METRICS_OPEN: '{other}' is neither true nor false"
                ));
                false
            }
        };
        let trusted_proxies = self.trusted_proxies.as_deref().map(Proxies::parse);
        let trusted_proxies = trusted_proxies.transpose().unwrap_or_else(|why| {
            faults.push(format!("SYNCWARD_TRUSTED_PROXIES: {why}"));
            None
        });
        let trusted_proxies = trusted_proxies.unwrap_or_default();
        let public_url = self
            .public_url
            .as_deref()
            .and_then(|text| url("SYNCWARD_PUBLIC_URL", text, &mut faults))
            .filter(|url| is_bare(url, &mut faults));
        let endpoints = self.endpoints(&mut faults);
        let secret = secret(
            &self.google_client_secret,
            &self.google_client_secret_file,
            "SYNCWARD_GOOGLE_CLIENT_SECRET",
            &mut faults,
        );
        let data_dir = self.data_dir.clone().unwrap_or_else(default_data_dir);
        let tls = self.tls.check(&data_dir, &mut faults);
        let place = self.place(&data_dir, need, &mut faults);
        let seal = self.seal(&data_dir, need, &mut faults);
        match (seal, endpoints, place, faults.is_empty()) {
            (Some(seal), Some(endpoints), Some(place), true) => Ok(Config {
                listen,
                tls,
                public_url,
                data_dir,
                place,
                seal: Arc::new(seal),
                key_in_folder: self.secret_key.is_none() && self.secret_key_file.is_none(),
                endpoints,
                oauth: OAuthClient {
                    id: self.google_client_id.clone().unwrap_or_default(),
                    secret: secret.map(ClientSecret::new),
                },
                settings,
                google_timeout,
                lease,
                quotas,
                history,
                metrics_open,
                trusted_proxies,
                says_where: self.say_where(),
            }),
            _ => Err(Faults(faults)),
        }
    }

    /// The keys: given, or those of the data folder; a new one seals.
    fn seal(&self, data_dir: &Path, need: Need, faults: &mut Vec<String>) -> Option<Seal> {
        const KEY: &str = "SYNCWARD_SECRET_KEY";
        const NEW_KEY: &str = "SYNCWARD_NEW_SECRET_KEY";
        let is_given = self.secret_key.is_some() || self.secret_key_file.is_some();
        let key = secret(&self.secret_key, &self.secret_key_file, KEY, faults);
        let (new, new_file) = (&self.new_secret_key, &self.new_secret_key_file);
        let new = secret(new, new_file, NEW_KEY, faults);
        let mut named = |name: &str, error: KeyError| {
            let cause = std::error::Error::source(&error);
            let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
            faults.push(format!("{name}: {error}{cause}"));
        };
        if !is_given {
            match need {
                Need::Copy
                    if new.is_none()
                        && !folder::database(data_dir).exists()
                        && !data_dir.join(KEY_FILE).exists() =>
                {
                    return Some(Seal::passing());
                }
                Need::NewOrOld | Need::Copy => {}
                Need::DatabaseWithKey if folder::database(data_dir).exists() => {}
                // Told already.
                Need::DatabaseWithKey => return None,
                Need::Database | Need::Neither => return Some(Seal::passing()),
            }
            if let Some(new) = &new
                && let Err(error) = begin_rotation(data_dir, Some(new))
            {
                named(NEW_KEY, error);
            }
            let seal = Seal::in_folder(data_dir);
            return seal.map_err(|error| named("SYNCWARD_DATA_DIR", error)).ok();
        }
        let given = match &self.secret_key_file {
            Some(file) => format!("{KEY}_FILE: {}", file.display()),
            None => KEY.to_owned(),
        };
        let seal = Seal::from_text(&key?).map_err(|error| named(&given, error));
        let seal = seal.ok()?;
        if let Some(new) = &new
            && let Err(error) = seal.renew(new)
        {
            named(NEW_KEY, error);
        }
        Some(seal)
    }

    /// Where the data lies. Replicas share a database, so they share its key, too.
    fn place(&self, data_dir: &Path, need: Need, faults: &mut Vec<String>) -> Option<Place> {
        let Some(url) = &self.database_url else {
            let is_needed = matches!(need, Need::DatabaseWithKey | Need::Database);
            faults.extend(is_needed.then(|| no_database(data_dir)).flatten());
            return Some(Place::Folder(data_dir.to_owned()));
        };
        if self.secret_key.is_none() && self.secret_key_file.is_none() {
            faults.push("SYNCWARD_SECRET_KEY: with SYNCWARD_DATABASE_URL the key must be given, the same to every replica".to_owned());
        }
        match Address::parse(url) {
            Ok(address) => Some(Place::Postgres(Box::new(address))),
            Err(why) => {
                faults.push(format!("SYNCWARD_DATABASE_URL: {why}"));
                None
            }
        }
    }

    fn quotas(&self, faults: &mut Vec<String>) -> Limits {
        let mut limits = Limits::default();
        let wanted = [
            (
                "SYNCWARD_QUOTA_PROJECT",
                &self.quota_project,
                &mut limits.project,
            ),
            ("SYNCWARD_QUOTA_USER", &self.quota_user, &mut limits.user),
        ];
        for (name, text, limit) in wanted {
            let Some(text) = text else { continue };
            match text.parse() {
                Ok(number) if number > 0 => *limit = number,
                Ok(_) | Err(_) => faults.push(format!(
                    "{name}: '{text}' is no number of calls per minute; write one such as {limit}"
                )),
            }
        }
        limits
    }

    fn endpoints(&self, faults: &mut Vec<String>) -> Option<Endpoints> {
        let mut endpoints = Endpoints::default();
        let mut set = |name: &str, text: &Option<String>, place: &mut Url| {
            if let Some(given) = text.as_deref().and_then(|text| url(name, text, faults)) {
                *place = given;
            }
        };
        let mut api = Url::parse(GOOGLE_API_URL).ok()?;
        set("SYNCWARD_GOOGLE_API_URL", &self.google_api_url, &mut api);
        set(
            "SYNCWARD_GOOGLE_AUTH_URL",
            &self.google_auth_url,
            &mut endpoints.auth,
        );
        set(
            "SYNCWARD_GOOGLE_TOKEN_URL",
            &self.google_token_url,
            &mut endpoints.token,
        );
        set(
            "SYNCWARD_GOOGLE_REVOKE_URL",
            &self.google_revoke_url,
            &mut endpoints.revoke,
        );
        if self.google_api_url.is_some() {
            endpoints.api = api;
        }
        Some(endpoints)
    }
}

/// Variables of ours that nobody reads, each with the nearest one that somebody does.
pub fn unknown_variables<'a>(
    names: impl Iterator<Item = &'a str>,
    known: &[String],
) -> Vec<String> {
    let ours =
        names.filter(|name| name.starts_with("SYNCWARD_") && !known.iter().any(|one| one == name));
    ours.map(|name| {
        let nearest = known
            .iter()
            .min_by_key(|one| strsim::levenshtein(one, name));
        format!(
            "{name} is unknown; did you mean {}?",
            nearest.map_or("another", String::as_str)
        )
    })
    .collect()
}

/// Absolute, and https unless it is on loopback.
fn url(name: &str, text: &str, faults: &mut Vec<String>) -> Option<Url> {
    // What may hold a password is not repeated.
    let shown = match text.contains('@') {
        true => "it".to_owned(),
        false => format!("'{text}'"),
    };
    let parsed = Url::parse(text).ok().filter(|url| url.has_host());
    let Some(url) = parsed else {
        faults.push(format!(
            "{name}: {shown} is no absolute address, such as https://calendar.clinic.example"
        ));
        return None;
    };
    let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    match url.scheme() {
        "https" => Some(url),
        "http" if loopback => Some(url),
        _ => {
            faults.push(format!(
                "{name}: {shown} must be https (plain http is for loopback only)"
            ));
            None
        }
    }
}

/// Whether the public address is one that paths are put behind.
fn is_bare(url: &Url, faults: &mut Vec<String>) -> bool {
    let too_much = match url {
        url if !url.username().is_empty() || url.password().is_some() => "a user or a password",
        url if url.query().is_some() => "a query (?…)",
        url if url.fragment().is_some() => "a fragment (#…)",
        _ => return true,
    };
    faults.push(format!(
        "SYNCWARD_PUBLIC_URL: it holds {too_much}; write the address alone, such as https://calendar.clinic.example"
    ));
    false
}

/// What is told of a data folder in which no database is found.
fn no_database(folder: &Path) -> Option<String> {
    let shown = folder.display();
    match folder::database(folder).try_exists() {
        Ok(true) => None,
        Ok(false) => Some(format!(
            "SYNCWARD_DATA_DIR: there is no database in {shown}; set it to the receiver's data folder, or start the receiver first"
        )),
        Err(error) => Some(format!(
            "SYNCWARD_DATA_DIR: could not look into {shown}: {error}; run this as the receiver's user, or as root"
        )),
    }
}

fn secret(
    text: &Option<String>,
    file: &Option<PathBuf>,
    name: &str,
    faults: &mut Vec<String>,
) -> Option<String> {
    match (text, file) {
        (Some(_), Some(_)) => {
            faults.push(format!("{name} and {name}_FILE are both set; set one"));
            None
        }
        (Some(text), None) => Some(text.clone()),
        (None, Some(file)) => match std::fs::read_to_string(file) {
            Ok(text) => Some(text.trim().to_owned()),
            Err(error) => {
                faults.push(format!(
                    "{name}_FILE: could not read {}: {error}",
                    file.display()
                ));
                None
            }
        },
        (None, None) => None,
    }
}

fn default_data_dir() -> PathBuf {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share"));
    std::env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(home)
        .unwrap_or_else(|| PathBuf::from("."))
        .join("syncward-receiver")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn wishes(folder: &std::path::Path) -> Wishes {
        Wishes {
            data_dir: Some(folder.to_owned()),
            ..Wishes::default()
        }
    }

    #[test]
    fn every_fault_is_named_at_once_with_its_variable() {
        let folder = tempfile::tempdir().unwrap();
        let bad = Wishes {
            listen: Some("nowhere".into()),
            channel_ttl: Some("7 days".into()),
            public_url: Some("http://clinic.example".into()),
            database_url: Some("mysql://u:p@db/x".into()),
            secret_key: Some("0".repeat(64)),
            metrics_open: Some("maybe".into()),
            quota_project: Some("0".into()),
            quota_user: Some("10/s".into()),
            ..wishes(folder.path())
        };
        let faults = bad.check().err().unwrap().0;
        let named = [
            "SYNCWARD_LISTEN",
            "SYNCWARD_CHANNEL_TTL",
            "SYNCWARD_PUBLIC_URL",
            "SYNCWARD_DATABASE_URL",
            "SYNCWARD_METRICS_OPEN",
            "SYNCWARD_QUOTA_PROJECT",
            "SYNCWARD_QUOTA_USER",
        ];
        for name in named {
            assert_eq!(
                faults
                    .iter()
                    .filter(|fault| fault.starts_with(name))
                    .count(),
                1,
                "{name} in {faults:?}"
            );
        }
        assert!(
            !faults.iter().any(|fault| fault.contains("u:p")),
            "a password in {faults:?}"
        );
    }

    #[test]
    fn without_a_public_address_links_poll_by_design() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!wishes(folder.path()).check().unwrap().settings.push);
        let public = Wishes {
            public_url: Some("http://127.0.0.1:9".into()),
            ..wishes(folder.path())
        };
        assert!(public.check().unwrap().settings.push);
    }

    #[test]
    fn an_unknown_variable_is_told_with_the_nearest_known_one() {
        let known = ["SYNCWARD_LISTEN".to_owned(), "SYNCWARD_LOG".to_owned()];
        let told = unknown_variables(
            ["SYNCWARD_LISTN", "HOME", "SYNCWARD_LOG"].into_iter(),
            &known,
        );
        assert_eq!(
            told,
            ["SYNCWARD_LISTN is unknown; did you mean SYNCWARD_LISTEN?"]
        );
    }
}
