//! Bubbles on the person's desktop: one live per incident, newer replaces older, recovery closes it.
//!
//! Runs on a thread of its own, because notification services block. What is worth a bubble is decided elsewhere.

use std::sync::mpsc as orders;
use std::thread;

use tokio::sync::mpsc;

use crate::bridge::{Notifier as Availability, Severity};

pub mod desktop;

/// One bubble.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bubble {
    /// The incident; a second bubble with it replaces the first.
    pub key: String,
    pub title: String,
    pub body: String,
    pub severity: Severity,
    /// Identifier and label.
    pub actions: Vec<(String, String)>,
    /// Goes away by itself.
    pub brief: bool,
}

/// What the person pressed; `default` is the bubble's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pressed {
    pub key: String,
    pub action: String,
}

/// What comes back from the notifier's thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BubbleEvent {
    Availability(Availability),
    Pressed(Pressed),
}

/// A place that can show bubbles.
pub trait Bubbles: Send + 'static {
    /// Whether it works here, and why not.
    fn availability(&mut self) -> Availability;
    /// Shows a bubble or replaces the one with its key; presses go to `events`.
    fn show(&mut self, bubble: &Bubble, events: &mpsc::Sender<BubbleEvent>) -> Result<(), String>;
    /// Takes a bubble away, if it is still there.
    fn close(&mut self, key: &str);
}

enum Order {
    Show(Bubble),
    Close(String),
}

/// The way to the notifier's thread; it ends when this is dropped.
#[derive(Debug)]
pub struct Notifier {
    orders: orders::Sender<Order>,
}

impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Order")
    }
}

impl Notifier {
    /// Starts the thread; its first event is whether bubbles work at all.
    pub fn start(
        mut place: Box<dyn Bubbles>,
        events: mpsc::Sender<BubbleEvent>,
    ) -> std::io::Result<Self> {
        let (orders, inbox) = orders::channel();
        thread::Builder::new()
            .name("notifier".into())
            .spawn(move || {
                let _ = events.blocking_send(BubbleEvent::Availability(place.availability()));
                while let Ok(order) = inbox.recv() {
                    obey(place.as_mut(), order, &events);
                }
            })?;
        Ok(Self { orders })
    }

    /// Shows or replaces a bubble.
    pub fn show(&self, bubble: Bubble) {
        let _ = self.orders.send(Order::Show(bubble));
    }

    /// Takes a bubble away.
    pub fn close(&self, key: &str) {
        let _ = self.orders.send(Order::Close(key.to_owned()));
    }
}

/// How the causes begin that let the session's bus not be reached at all.
const NO_BUS: [&str; 5] = [
    "Failed to connect",
    "failed to connect",
    "address error",
    "I/O error",
    "D-Bus handshake failed",
];

/// Why no bubble is seen, with what D-Bus calls the two usual causes.
fn not_shown(why: &str) -> String {
    let cause = if why.contains("ServiceUnknown") || why.contains("NameHasNoOwner") {
        "No program on this desktop shows notifications.".to_owned()
    } else if NO_BUS.iter().any(|begin| why.starts_with(begin)) {
        "No desktop session answers here that could show notifications.".to_owned()
    } else {
        format!("Desktop notifications can't be shown: {why}.")
    };
    [cause.as_str(), "Alerts appear in the window."].join(" ")
}

fn obey(place: &mut dyn Bubbles, order: Order, events: &mpsc::Sender<BubbleEvent>) {
    match order {
        Order::Show(bubble) => {
            if let Err(why) = place.show(&bubble, events) {
                // Without a desktop the log is where it is told.
                tracing::warn!(title = %bubble.title, severity = ?bubble.severity, why, "desktop notification failed");
                let note = Availability {
                    available: false,
                    note: not_shown(&why),
                };
                let _ = events.blocking_send(BubbleEvent::Availability(note));
            }
        }
        Order::Close(key) => place.close(&key),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_usual_causes_are_said_without_the_words_of_d_bus_and_another_with_them() {
        let said = super::not_shown;
        let nobody = "org.freedesktop.DBus.Error.ServiceUnknown: The name is not provided by any .service files";
        assert!(said(nobody).starts_with("No program on this desktop shows notifications. Alerts"));
        for no_bus in [
            "failed to connect to `unix:path=/run/user/0/bus`: No such file or directory (os error 2)",
            "address error: unsupported transport 'disabled'",
        ] {
            assert!(
                said(no_bus).starts_with("No desktop session answers here"),
                "{no_bus}"
            );
        }
        let other = said("org.freedesktop.DBus.Error.LimitsExceeded: too many");
        assert!(
            other.contains("LimitsExceeded: too many. Alerts"),
            "{other}"
        );
    }
}
