//! What can be set: each flag with its variable, as it was written.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};

use super::tls::TlsWishes;

/// What can be set; each flag has its variable.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Configuration")]
pub struct Wishes {
    /// Address to answer on [default: 127.0.0.1:8480]
    #[arg(long, env = "SYNCWARD_LISTEN", global = true)]
    pub listen: Option<String>,
    #[command(flatten)]
    pub tls: TlsWishes,
    /// Addresses or networks (10.0.0.0/8) of proxies in front, between commas, whose X-Forwarded-For is believed [default: none]
    #[arg(long, env = "SYNCWARD_TRUSTED_PROXIES", global = true)]
    pub trusted_proxies: Option<String>,
    /// Where Google reaches this receiver (https); without it calendars are polled
    #[arg(long, env = "SYNCWARD_PUBLIC_URL", global = true)]
    pub public_url: Option<String>,
    /// Folder of the database and the key [default: the user's data folder]
    #[arg(long, env = "SYNCWARD_DATA_DIR", global = true, value_parser = path())]
    pub data_dir: Option<PathBuf>,
    /// postgres://user:password@host:5432/database; without it the data lies in the folder, in SQLite
    #[arg(
        long,
        env = "SYNCWARD_DATABASE_URL",
        hide_env_values = true,
        global = true
    )]
    pub database_url: Option<String>,
    /// 32 bytes in base64 or hex
    #[arg(
        long,
        env = "SYNCWARD_SECRET_KEY",
        hide_env_values = true,
        global = true
    )]
    pub secret_key: Option<String>,
    /// File that holds the secret key
    #[arg(long, env = "SYNCWARD_SECRET_KEY_FILE", global = true, value_parser = path())]
    pub secret_key_file: Option<PathBuf>,
    /// The key that takes the secret key's place: seals, while the other still opens (see rotate-key)
    #[arg(
        long,
        env = "SYNCWARD_NEW_SECRET_KEY",
        hide_env_values = true,
        global = true
    )]
    pub new_secret_key: Option<String>,
    /// File that holds the new secret key
    #[arg(long, env = "SYNCWARD_NEW_SECRET_KEY_FILE", global = true, value_parser = path())]
    pub new_secret_key_file: Option<PathBuf>,
    /// The OAuth client of your Google Cloud project
    #[arg(long, env = "SYNCWARD_GOOGLE_CLIENT_ID", global = true)]
    pub google_client_id: Option<String>,
    /// Its secret, if it has one
    #[arg(
        long,
        env = "SYNCWARD_GOOGLE_CLIENT_SECRET",
        hide_env_values = true,
        global = true
    )]
    pub google_client_secret: Option<String>,
    /// File that holds the client secret
    #[arg(long, env = "SYNCWARD_GOOGLE_CLIENT_SECRET_FILE", global = true, value_parser = path())]
    pub google_client_secret_file: Option<PathBuf>,
    /// Root of Google's API
    #[arg(long, env = "SYNCWARD_GOOGLE_API_URL", global = true)]
    pub google_api_url: Option<String>,
    /// Google's consent page
    #[arg(long, env = "SYNCWARD_GOOGLE_AUTH_URL", global = true)]
    pub google_auth_url: Option<String>,
    /// Google's token endpoint
    #[arg(long, env = "SYNCWARD_GOOGLE_TOKEN_URL", global = true)]
    pub google_token_url: Option<String>,
    /// Google's revocation endpoint
    #[arg(long, env = "SYNCWARD_GOOGLE_REVOKE_URL", global = true)]
    pub google_revoke_url: Option<String>,
    /// Channel life to ask for [default: 7d]
    #[arg(long, env = "SYNCWARD_CHANNEL_TTL", global = true)]
    pub channel_ttl: Option<String>,
    /// How long before expiry renewal begins [default: 48h]
    #[arg(long, env = "SYNCWARD_RENEW_BEFORE", global = true)]
    pub renew_before: Option<String>,
    /// Listing without push [default: 15m]
    #[arg(long, env = "SYNCWARD_POLL_INTERVAL", global = true)]
    pub poll_interval: Option<String>,
    /// Safety check beside push [default: 15m]
    #[arg(long, env = "SYNCWARD_CHECK_INTERVAL", global = true)]
    pub check_interval: Option<String>,
    /// How long the old channel lives beside its proved successor [default: 10m]
    #[arg(long, env = "SYNCWARD_OVERLAP", global = true)]
    pub overlap: Option<String>,
    /// After it a channel without handshake is Unproved [default: 30s]
    #[arg(long, env = "SYNCWARD_HANDSHAKE_TIMEOUT", global = true)]
    pub handshake_timeout: Option<String>,
    /// After it an unannounced change is missed [default: 60s]
    #[arg(long, env = "SYNCWARD_GRACE", global = true)]
    pub grace: Option<String>,
    /// Longest wait for one answer of Google [default: 20s]
    #[arg(long, env = "SYNCWARD_GOOGLE_TIMEOUT", global = true)]
    pub google_timeout: Option<String>,
    /// Calls to Google per minute, in all [default: 10000]
    #[arg(long, env = "SYNCWARD_QUOTA_PROJECT", global = true)]
    pub quota_project: Option<String>,
    /// Calls to Google per minute and account [default: 600]
    #[arg(long, env = "SYNCWARD_QUOTA_USER", global = true)]
    pub quota_user: Option<String>,
    /// How long a silent replica keeps its work, with several over one database [default: 30s]
    #[arg(long, env = "SYNCWARD_LEASE", global = true)]
    pub lease: Option<String>,
    /// Past events in a first listing, or all [default: 90d]
    #[arg(long, env = "SYNCWARD_HISTORY", global = true)]
    pub history: Option<String>,
    /// /metrics without a token [default: false]
    #[arg(long, env = "SYNCWARD_METRICS_OPEN", global = true)]
    pub metrics_open: Option<String>,
    /// Log filter [default: info]
    #[arg(long, env = "SYNCWARD_LOG", global = true)]
    pub log: Option<String>,
}

impl Wishes {
    /// What is empty is not set: an environment file often names what it leaves out.
    pub fn without_empty(mut self) -> Self {
        let texts = [
            &mut self.tls.tls,
            &mut self.listen,
            &mut self.trusted_proxies,
            &mut self.public_url,
            &mut self.database_url,
            &mut self.secret_key,
            &mut self.new_secret_key,
            &mut self.google_client_id,
            &mut self.google_client_secret,
            &mut self.google_api_url,
            &mut self.google_auth_url,
            &mut self.google_token_url,
            &mut self.google_revoke_url,
            &mut self.channel_ttl,
            &mut self.renew_before,
            &mut self.poll_interval,
            &mut self.check_interval,
            &mut self.overlap,
            &mut self.handshake_timeout,
            &mut self.grace,
            &mut self.google_timeout,
            &mut self.quota_project,
            &mut self.quota_user,
            &mut self.lease,
            &mut self.history,
            &mut self.metrics_open,
            &mut self.log,
        ];
        for text in texts {
            text.take_if(|text| text.trim().is_empty());
        }
        let paths = [
            &mut self.tls.tls_cert,
            &mut self.tls.tls_key,
            &mut self.data_dir,
            &mut self.secret_key_file,
            &mut self.new_secret_key_file,
            &mut self.google_client_secret_file,
        ];
        for path in paths {
            path.take_if(|path| path.as_os_str().is_empty());
        }
        self
    }

    /// Whether anything of it says where desktops reach the receiver.
    pub(super) fn say_where(&self) -> bool {
        let texts = [&self.listen, &self.public_url, &self.tls.tls];
        texts.iter().any(|text| text.is_some()) || self.tls.tls_cert.is_some()
    }
}

/// Any path, also an empty one.
pub(super) fn path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}
