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

/// Why no bubble is seen, with what D-Bus calls the two usual causes.
fn not_shown(why: &str) -> String {
    let cause = if why.contains("ServiceUnknown") || why.contains("NameHasNoOwner") {
        "No program on this desktop shows notifications.".to_owned()
    } else if why.starts_with("I/O error") {
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
