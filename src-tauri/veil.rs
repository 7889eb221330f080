//! Whether a locked or resting screen veils the window, so that nobody sees what is in front.
//!
//! Logind and the desktop's screensaver know. Where neither does, the window counts as seen; nothing is ever started to find out.

use futures_util::StreamExt;
use zbus::fdo::DBusProxy;
use zbus::names::BusName;
use zbus::zvariant::OwnedObjectPath;
use zbus::{Connection, MatchRule, MessageStream, Proxy, message};

use crate::window::{Eyes, Veil};

const LOGIND: &str = "org.freedesktop.login1";
/// Screensavers that speak alike, each under its name and at its path.
const SAVERS: [(&str, &str); 4] = [
    (
        "org.freedesktop.ScreenSaver",
        "/org/freedesktop/ScreenSaver",
    ),
    ("org.gnome.ScreenSaver", "/org/gnome/ScreenSaver"),
    ("org.cinnamon.ScreenSaver", "/org/cinnamon/ScreenSaver"),
    ("org.mate.ScreenSaver", "/org/mate/ScreenSaver"),
];

/// Keeps the eyes told of it, as long as the app runs.
pub fn watch(eyes: &Eyes) {
    let (session, saver) = (eyes.clone(), eyes.clone());
    tauri::async_runtime::spawn(async move {
        let watched = follow_session(Connection::system().await, |on| {
            session.veil(Veil::Session, on)
        });
        note(watched.await);
    });
    tauri::async_runtime::spawn(async move {
        let watched = follow_saver(Connection::session().await, |on| {
            saver.veil(Veil::Saver, on)
        });
        note(watched.await);
    });
}

fn note(watched: zbus::Result<()>) {
    if let Err(error) = watched {
        tracing::debug!(%error, "whether the screen is locked is not known");
    }
}

/// Tells whenever the session is locked or idle, as logind has it.
async fn follow_session(bus: zbus::Result<Connection>, tell: impl Fn(bool)) -> zbus::Result<()> {
    let bus = bus?;
    let session = own_session(&bus).await?;
    let mut locked = session.receive_property_changed::<bool>("LockedHint").await;
    let mut idle = session.receive_property_changed::<bool>("IdleHint").await;
    loop {
        let mut rests = false;
        for hint in ["LockedHint", "IdleHint"] {
            rests |= session.get_property::<bool>(hint).await.unwrap_or(false);
        }
        tell(rests);
        tokio::select! {
            Some(_) = locked.next() => {}
            Some(_) = idle.next() => {}
            else => return Ok(()),
        }
    }
}

/// The session this app is drawn in; logind tells of its changes under its own path only.
async fn own_session(bus: &Connection) -> zbus::Result<Proxy<'static>> {
    const SESSION: &str = "org.freedesktop.login1.Session";
    const MANAGER: &str = "org.freedesktop.login1.Manager";
    let auto = "/org/freedesktop/login1/session/auto";
    let id: String = Proxy::new(bus, LOGIND, auto, SESSION)
        .await?
        .get_property("Id")
        .await?;
    let manager = Proxy::new(bus, LOGIND, "/org/freedesktop/login1", MANAGER).await?;
    let path: OwnedObjectPath = manager.call("GetSession", &(id)).await?;
    Proxy::new(bus, LOGIND, path, SESSION).await
}

/// Tells whenever the screensaver covers the screen or leaves it.
async fn follow_saver(bus: zbus::Result<Connection>, tell: impl Fn(bool)) -> zbus::Result<()> {
    let bus = bus?;
    let rule = MatchRule::builder()
        .msg_type(message::Type::Signal)
        .member("ActiveChanged")?
        .build();
    let mut changes = MessageStream::for_match_rule(rule, &bus, None).await?;
    tell(is_saving(&bus).await?);
    while let Some(change) = changes.next().await {
        let change = change?;
        let header = change.header();
        let of = header.interface().map_or("", |name| name.as_str());
        if !SAVERS.iter().any(|(name, _)| *name == of) {
            continue;
        }
        if let Ok(active) = change.body().deserialize::<bool>() {
            tell(active);
        }
    }
    Ok(())
}

/// Asks those that run.
async fn is_saving(bus: &Connection) -> zbus::Result<bool> {
    let names = DBusProxy::new(bus).await?;
    for (name, path) in SAVERS {
        if !names.name_has_owner(BusName::try_from(name)?).await? {
            continue;
        }
        let asked = bus.call_method(Some(name), path, Some(name), "GetActive", &());
        // Some own the name and answer only who would keep the screen awake.
        if let Ok(answer) = asked.await
            && answer.body().deserialize::<bool>()?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use std::io::{BufRead, BufReader};
    use std::process::{Child, Command, Stdio};
    use std::time::Duration;

    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
    use tokio::time::timeout;
    use zbus::connection::Builder;
    use zbus::interface;

    use super::*;

    /// A bus of the test's own.
    struct Bus {
        daemon: Child,
        address: String,
    }

    impl Bus {
        fn start() -> Self {
            let mut daemon = Command::new("dbus-daemon")
                .args(["--session", "--nofork", "--print-address=1"])
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut address = String::new();
            let said = daemon.stdout.take().unwrap();
            BufReader::new(said).read_line(&mut address).unwrap();
            let address = address.trim().to_owned();
            Self { daemon, address }
        }

        fn door(&self) -> Builder<'static> {
            Builder::address(self.address.as_str()).unwrap()
        }

        async fn guest(&self) -> zbus::Result<Connection> {
            self.door().build().await
        }
    }

    impl Drop for Bus {
        fn drop(&mut self) {
            let _ = self.daemon.kill();
            let _ = self.daemon.wait();
        }
    }

    struct Saver(bool);

    #[interface(name = "org.gnome.ScreenSaver")]
    impl Saver {
        fn get_active(&self) -> bool {
            self.0
        }
    }

    struct Session {
        locked: bool,
        idle: bool,
    }

    #[interface(name = "org.freedesktop.login1.Session")]
    impl Session {
        #[zbus(property)]
        fn id(&self) -> String {
            "c7".to_owned()
        }

        #[zbus(property)]
        fn locked_hint(&self) -> bool {
            self.locked
        }

        #[zbus(property)]
        fn idle_hint(&self) -> bool {
            self.idle
        }
    }

    struct Sessions;

    #[interface(name = "org.freedesktop.login1.Manager")]
    impl Sessions {
        fn get_session(&self, id: String) -> OwnedObjectPath {
            let path = format!("/org/freedesktop/login1/session/{id}");
            OwnedObjectPath::try_from(path).unwrap()
        }
    }

    /// What is told next, other than before.
    async fn change(told: &mut UnboundedReceiver<bool>, before: bool) -> bool {
        let other = async {
            loop {
                let next = told.recv().await.unwrap();
                if next != before {
                    return next;
                }
            }
        };
        timeout(Duration::from_secs(20), other).await.unwrap()
    }

    #[tokio::test]
    async fn a_screensaver_that_is_on_or_comes_on_veils_the_window() {
        let bus = Bus::start();
        let (name, path) = SAVERS[1];
        let saver = bus.door().name(name).unwrap();
        let saver = saver.serve_at(path, Saver(true)).unwrap();
        let saver = saver.build().await.unwrap();
        let (tell, mut told) = unbounded_channel();
        let guest = bus.guest().await;
        tokio::spawn(follow_saver(guest, move |on| tell.send(on).unwrap()));
        assert!(told.recv().await.unwrap(), "it was on already");
        let say = async |of: &str, on: bool| {
            let said = saver.emit_signal(None::<&str>, path, of, "ActiveChanged", &(on));
            said.await.unwrap();
        };
        say("org.example.Other", true).await;
        say(name, false).await;
        assert!(!told.recv().await.unwrap());
        say(name, true).await;
        assert!(told.recv().await.unwrap());
    }

    #[tokio::test]
    async fn a_session_that_is_locked_or_idle_veils_the_window() {
        let bus = Bus::start();
        let rests = |locked| Session {
            locked,
            idle: false,
        };
        let own = "/org/freedesktop/login1/session/c7";
        let logind = bus.door().name(LOGIND).unwrap();
        let logind = logind.serve_at("/org/freedesktop/login1", Sessions);
        let logind = logind
            .unwrap()
            .serve_at("/org/freedesktop/login1/session/auto", rests(true));
        let logind = logind.unwrap().serve_at(own, rests(false)).unwrap();
        let logind = logind.build().await.unwrap();
        let (tell, mut told) = unbounded_channel();
        let guest = bus.guest().await;
        tokio::spawn(follow_session(guest, move |on| tell.send(on).unwrap()));
        assert!(!told.recv().await.unwrap());
        let session = logind.object_server().interface::<_, Session>(own);
        let session = session.await.unwrap();
        let emitter = session.signal_emitter();
        session.get_mut().await.locked = true;
        session
            .get()
            .await
            .locked_hint_changed(emitter)
            .await
            .unwrap();
        assert!(change(&mut told, false).await);
        session.get_mut().await.locked = false;
        session
            .get()
            .await
            .locked_hint_changed(emitter)
            .await
            .unwrap();
        assert!(!change(&mut told, true).await);
        session.get_mut().await.idle = true;
        session
            .get()
            .await
            .idle_hint_changed(emitter)
            .await
            .unwrap();
        assert!(change(&mut told, false).await);
    }

    #[tokio::test]
    async fn where_nobody_knows_nothing_veils_it() {
        let bus = Bus::start();
        let (tell, mut told) = unbounded_channel();
        let again = tell.clone();
        let session = follow_session(bus.guest().await, move |on| tell.send(on).unwrap());
        assert!(session.await.is_err());
        let saver = follow_saver(bus.guest().await, move |on| again.send(on).unwrap());
        tokio::spawn(saver);
        assert!(!told.recv().await.unwrap());
    }
}
