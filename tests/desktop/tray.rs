//! A tray of the test's own: takes the name of the desktop's tray, and clicks on what registers there.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use zbus::blocking::{Connection, Proxy, connection};
use zbus::interface;
use zbus::message::Header;

const NAME: &str = "org.kde.StatusNotifierWatcher";
const PATH: &str = "/StatusNotifierWatcher";

/// The tray's owner.
pub struct Tray {
    connection: Connection,
    registered: Receiver<String>,
}

struct Watcher {
    registered: Sender<String>,
}

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(&self, service: String, #[zbus(header)] header: Header<'_>) {
        // An item names itself by a bus name, or only by the path of its object.
        let sender = header.sender().map(ToString::to_string);
        let name = match service.starts_with('/') {
            true => sender.unwrap_or_default(),
            false => service,
        };
        let _ = self.registered.send(name);
    }

    fn register_status_notifier_host(&self, _service: String) {}

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        Vec::new()
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }
}

impl Tray {
    /// Takes the name on the private bus; before the desktop starts.
    pub fn listen() -> Self {
        let (send, registered) = channel();
        let watcher = Watcher { registered: send };
        let connection = connection::Builder::session()
            .and_then(|builder| builder.name(NAME))
            .and_then(|builder| builder.serve_at(PATH, watcher))
            .and_then(connection::Builder::build)
            .expect("the private bus takes a tray");
        Self {
            connection,
            registered,
        }
    }

    /// The icon that the desktop puts up.
    pub fn icon(&self) -> Icon {
        let name = self
            .registered
            .recv_timeout(Duration::from_secs(30))
            .expect("the desktop puts its icon up");
        Icon {
            item: Proxy::new(
                &self.connection,
                name,
                "/StatusNotifierItem",
                "org.kde.StatusNotifierItem",
            )
            .expect("the icon's address is one"),
        }
    }
}

/// The desktop's icon in the tray.
pub struct Icon {
    item: Proxy<'static>,
}

impl Icon {
    /// A click on it.
    pub fn click(&self) {
        self.item
            .call::<_, _, ()>("Activate", &(0_i32, 0_i32))
            .expect("the icon takes a click");
    }

    pub fn title(&self) -> String {
        self.item
            .get_property("Title")
            .expect("the icon has a title")
    }
}
