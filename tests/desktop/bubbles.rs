//! A notification daemon of the test's own: sees every field of a bubble and can press its buttons.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use zbus::blocking::{Connection, connection};
use zbus::interface;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::OwnedValue;

const PATH: &str = "/org/freedesktop/Notifications";
const NAME: &str = "org.freedesktop.Notifications";

/// One bubble as the desktop asked for it.
#[derive(Clone, Debug)]
pub struct Bubble {
    pub id: u32,
    pub summary: String,
    pub body: String,
    /// Keys and labels in turn.
    pub actions: Vec<String>,
}

/// The daemon's receiving end.
pub struct Bubbles {
    connection: Connection,
    shown: Receiver<Bubble>,
}

struct Daemon {
    next: u32,
    shown: Sender<Bubble>,
}

#[interface(name = "org.freedesktop.Notifications")]
impl Daemon {
    fn get_capabilities(&self) -> Vec<String> {
        vec![
            "actions".to_owned(),
            "body".to_owned(),
            "persistence".to_owned(),
        ]
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        (
            "syncward-tests".to_owned(),
            "Syncward".to_owned(),
            "1".to_owned(),
            "1.2".to_owned(),
        )
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the signature is the specification's"
    )]
    fn notify(
        &mut self,
        _app: String,
        replaces: u32,
        _icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _timeout_ms: i32,
    ) -> u32 {
        let id = if replaces > 0 {
            replaces
        } else {
            self.next += 1;
            self.next
        };
        let _ = self.shown.send(Bubble {
            id,
            summary,
            body,
            actions,
        });
        id
    }

    fn close_notification(&self, _id: u32) {}

    #[zbus(signal)]
    async fn action_invoked(
        emitter: &SignalEmitter<'_>,
        id: u32,
        action_key: &str,
    ) -> zbus::Result<()>;
}

impl Bubble {
    /// The key of the button with that label.
    pub fn key_of(&self, label: &str) -> String {
        let mut pairs = self.actions.chunks_exact(2);
        let found = pairs.find(|pair| pair[1] == label);
        found.unwrap_or_else(|| panic!("no button '{label}' in {self:?}"))[0].clone()
    }
}

impl Bubbles {
    /// Takes the name on the private bus.
    pub fn listen() -> Self {
        let (send, shown) = channel();
        let connection = connection::Builder::session()
            .and_then(|builder| builder.name(NAME))
            .and_then(|builder| {
                builder.serve_at(
                    PATH,
                    Daemon {
                        next: 0,
                        shown: send,
                    },
                )
            })
            .and_then(connection::Builder::build)
            .expect("the private bus takes a notification daemon");
        Self { connection, shown }
    }

    /// Presses a button of a bubble, as a person would.
    pub fn press(&self, bubble: &Bubble, label: &str) {
        let daemon = self
            .connection
            .object_server()
            .interface::<_, Daemon>(PATH)
            .expect("the daemon is served");
        let key = bubble.key_of(label);
        zbus::block_on(Daemon::action_invoked(
            daemon.signal_emitter(),
            bubble.id,
            &key,
        ))
        .expect("the signal is sent");
    }

    /// The next bubble that `wanted` accepts, within `patience`.
    pub fn wait(&self, patience: Duration, wanted: impl Fn(&Bubble) -> bool) -> Bubble {
        let until = Instant::now() + patience;
        let mut seen = Vec::new();
        while let Ok(bubble) = self
            .shown
            .recv_timeout(until.saturating_duration_since(Instant::now()))
        {
            if wanted(&bubble) {
                return bubble;
            }
            seen.push(bubble);
        }
        panic!("no such bubble within {patience:?}; seen: {seen:#?}");
    }
}
