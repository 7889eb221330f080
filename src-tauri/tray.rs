//! The tray: draws the agent's menu and carries clicks back.

mod icon;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use syncward_agent::Agent;
use syncward_agent::bridge::{Request, SnoozeFor};
use syncward_agent::tray::TrayAct;
use tauri::AppHandle;

use crate::window;

/// Whether a tray shows at all.
#[derive(Clone, Debug, Default)]
pub struct Presence(Arc<AtomicBool>);

impl Presence {
    /// Somebody shows our icon now.
    pub fn is_there(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, there: bool) {
        self.0.store(there, Ordering::Relaxed);
    }
}

/// Puts the icon up, if this desktop has a tray, and keeps it true.
pub fn start(app: &AppHandle, agent: &Agent) -> Presence {
    let presence = Presence::default();
    #[cfg(target_os = "linux")]
    tauri::async_runtime::spawn(linux::keep(app.clone(), agent.clone(), presence.clone()));
    presence
}

fn act(app: &AppHandle, agent: &Agent, act: TrayAct) {
    let request = match act {
        TrayAct::Open => return window::show(app),
        TrayAct::OpenLink(link_id) => return window::show_link(app, link_id),
        TrayAct::OpenReceiver => return window::show_receiver(app),
        TrayAct::Quit => return app.exit(0),
        TrayAct::Renew(link_id) => Request::Renew { link_id },
        TrayAct::RenewDue => Request::RenewDue { receiver: None },
        TrayAct::Snooze(link_id) => Request::SnoozeLink {
            link_id,
            until: SnoozeFor::Hour,
        },
        TrayAct::PauseAlerts => Request::PauseAlerts,
        TrayAct::ResumeAlerts => Request::ResumeAlerts,
    };
    let agent = agent.clone();
    tauri::async_runtime::spawn(async move { agent.ask(request).await });
}

#[cfg(target_os = "linux")]
mod linux {
    use ksni::menu::{StandardItem, SubMenu};
    use ksni::{Icon, MenuItem, OfflineReason, ToolTip, Tray, TrayMethods};
    use syncward_agent::Agent;
    use syncward_agent::tray::{TrayAct, TrayItem, TrayMenu};
    use tauri::AppHandle;

    use super::{Presence, act, icon};

    struct Drawn {
        app: AppHandle,
        agent: Agent,
        presence: Presence,
        menu: TrayMenu,
    }

    pub(super) async fn keep(app: AppHandle, agent: Agent, presence: Presence) {
        let mut changes = agent.tray();
        let drawn = Drawn {
            app,
            agent,
            presence: presence.clone(),
            menu: changes.borrow_and_update().clone(),
        };
        presence.set(true);
        let handle = match drawn.assume_sni_available(true).spawn().await {
            Ok(handle) => handle,
            Err(error) => {
                presence.set(false);
                return tracing::warn!(%error, "no tray on this desktop; closing the window minimises it");
            }
        };
        while changes.changed().await.is_ok() {
            let menu = changes.borrow_and_update().clone();
            handle.update(|drawn| drawn.menu = menu).await;
        }
    }

    impl Tray for Drawn {
        fn id(&self) -> String {
            "syncward".into()
        }

        fn title(&self) -> String {
            "Syncward".into()
        }

        fn icon_pixmap(&self) -> Vec<Icon> {
            [22, 44]
                .into_iter()
                .map(|size| Icon {
                    width: size,
                    height: size,
                    data: icon::pixels(self.menu.icon, size),
                })
                .collect()
        }

        fn tool_tip(&self) -> ToolTip {
            ToolTip {
                title: "Syncward".into(),
                description: self.menu.sentence.clone(),
                ..ToolTip::default()
            }
        }

        fn activate(&mut self, _x: i32, _y: i32) {
            act(&self.app, &self.agent, TrayAct::Open);
        }

        fn menu(&self) -> Vec<MenuItem<Self>> {
            self.menu.items.iter().map(item).collect()
        }

        fn watcher_online(&self) {
            self.presence.set(true);
        }

        fn watcher_offline(&self, _reason: OfflineReason) -> bool {
            self.presence.set(false);
            true
        }
    }

    fn item(item: &TrayItem) -> MenuItem<Drawn> {
        match item {
            TrayItem::Separator => MenuItem::Separator,
            TrayItem::Words(label) => StandardItem {
                label: escaped(label),
                enabled: false,
                ..StandardItem::default()
            }
            .into(),
            TrayItem::Action { label, act: chosen } => {
                let chosen = *chosen;
                StandardItem {
                    label: escaped(label),
                    activate: Box::new(move |drawn: &mut Drawn| {
                        act(&drawn.app, &drawn.agent, chosen)
                    }),
                    ..StandardItem::default()
                }
                .into()
            }
            TrayItem::Group { label, items } => SubMenu {
                label: escaped(label),
                submenu: items.iter().map(self::item).collect(),
                ..SubMenu::default()
            }
            .into(),
        }
    }

    /// In menus an underscore marks an access key.
    fn escaped(label: &str) -> String {
        label.replace('_', "__")
    }
}
