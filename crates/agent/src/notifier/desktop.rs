//! Bubbles through the desktop's notification service (D-Bus on Linux).

use std::collections::HashMap;
use std::thread;

use notify_rust::{Notification, NotificationResponse, Timeout, Urgency};
use tokio::sync::mpsc;

use super::{Bubble, BubbleEvent, Bubbles, Pressed};
use crate::bridge::{Notifier as Availability, Severity};

/// The desktop's own notification service.
#[derive(Debug, Default)]
pub struct DesktopBubbles {
    /// The service's number of the live bubble of each incident.
    live: HashMap<String, u32>,
    can_act: bool,
    takes_markup: bool,
}

impl Bubbles for DesktopBubbles {
    fn availability(&mut self) -> Availability {
        match notify_rust::get_capabilities() {
            Ok(skills) => {
                self.can_act = skills.iter().any(|skill| skill == "actions");
                self.takes_markup = skills.iter().any(|skill| skill == "body-markup");
                Availability {
                    available: true,
                    note: match self.can_act {
                        true => "Desktop notifications work, with buttons.".into(),
                        false => "Desktop notifications work, without buttons.".into(),
                    },
                }
            }
            Err(error) => Availability {
                available: false,
                note: super::not_shown(&error.to_string()),
            },
        }
    }

    fn show(&mut self, bubble: &Bubble, events: &mpsc::Sender<BubbleEvent>) -> Result<(), String> {
        let mut notification = self.draw(bubble);
        if let Some(number) = self.live.get(&bubble.key) {
            notification.id(*number);
        }
        let handle = notification.show().map_err(|error| error.to_string())?;
        self.live.insert(bubble.key.clone(), handle.id());
        let (events, key, known) = (events.clone(), bubble.key.clone(), bubble.actions.clone());
        // The handle holds the connection: some desktops drop a bubble whose sender is gone.
        thread::Builder::new()
            .name("bubble".into())
            .spawn(move || {
                let _ = handle.wait_for_response(|response: &NotificationResponse| {
                    let action = match response {
                        NotificationResponse::Default => "default".to_owned(),
                        NotificationResponse::Action(action) => action.clone(),
                        NotificationResponse::Reply(_) | NotificationResponse::Closed(_) => return,
                    };
                    // A bubble that replaced this one has its number too; only its own buttons count here.
                    if action == "default" || known.iter().any(|(id, _)| *id == action) {
                        let _ = events.blocking_send(BubbleEvent::Pressed(Pressed { key, action }));
                    }
                });
            })
            .map_err(|error| error.to_string())?;
        Ok(())
    }

    fn close(&mut self, key: &str) {
        let Some(number) = self.live.remove(key) else {
            return;
        };
        // The service closes by handle: take the bubble over, then close it.
        let taken = Notification::new()
            .appname("Syncward")
            .id(number)
            .summary("Resolved")
            .timeout(Timeout::Milliseconds(1))
            .show();
        if let Ok(handle) = taken {
            handle.close();
        }
    }
}

impl DesktopBubbles {
    fn draw(&self, bubble: &Bubble) -> Notification {
        let mut notification = Notification::new();
        notification
            .appname("Syncward")
            .icon("syncward")
            .summary(&bubble.title)
            .body(&self.words(&bubble.body))
            .urgency(match bubble.severity {
                Severity::Notice => Urgency::Low,
                Severity::Warning => Urgency::Normal,
                Severity::Urgent => Urgency::Critical,
            })
            .timeout(match bubble.brief {
                true => Timeout::Milliseconds(10_000),
                false => Timeout::Default,
            });
        notification.action("default", "Open");
        for (id, label) in bubble.actions.iter().filter(|_| self.can_act) {
            notification.action(id, label);
        }
        notification
    }

    fn words(&self, text: &str) -> String {
        match self.takes_markup {
            true => text
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;"),
            false => text.to_owned(),
        }
    }
}
