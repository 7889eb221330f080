//! The secrets that pass between us and Google: wiped from memory when dropped, printed as dots.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(SecretString);

        impl $name {
            /// Takes the secret in.
            pub fn new(secret: impl Into<String>) -> Self {
                Self(SecretString::from(secret.into()))
            }

            /// Gives the secret out, to be sealed or sent, never logged.
            pub fn expose(&self) -> &str {
                self.0.expose_secret()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(concat!(stringify!($name), "(•••)"))
            }
        }
    };
}

secret!(
    /// Opens the calendar for about an hour.
    AccessToken
);
secret!(
    /// Stands for a grant: yields access tokens until the person or Google ends it.
    RefreshToken
);
secret!(
    /// The Google client's secret; a desktop client's is none and may be left out.
    ClientSecret
);
secret!(
    /// The PKCE verifier of one authorization attempt (RFC 7636).
    PkceVerifier
);
secret!(
    /// The token we gave a channel, which Google repeats on every notification; at most 256 characters.
    ChannelToken
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_print_as_dots() {
        let printed = format!("{:?}", AccessToken::new("ya29.secret"));
        assert_eq!(printed, "AccessToken(•••)");
    }
}
