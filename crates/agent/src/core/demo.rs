//! Trying the demo: another core, over made-up data in a folder of its own, takes this one's place until it is left.
//!
//! Nothing of the demo reaches this core's store, keychain or desktop notifications.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::asked::ok;
use super::{Asked, Core, Reply};
use crate::agent::StartError;
use crate::bridge::{self, Answer, Fault, Response};
use crate::clock;
use crate::demo::Demo;
use crate::notifier::{Bubble, BubbleEvent, Bubbles};
use crate::options::Options;
use crate::store::Store;

/// Whose turn it is.
pub(super) enum Turn {
    Begin(Box<Demo>, Reply),
    Leave(Reply),
}

impl Core {
    /// Starts the demo's world in the background; where calendars are watched nothing may stand in front of them.
    pub(super) fn begin_demo(&mut self, reply: Reply) {
        let refusal = if self.demo != bridge::Demo::Off {
            Some(Fault::new(
                "demo_already",
                "This is the demo already.",
                "Leave it to go back.",
            ))
        } else if self.posts.iter().any(|post| !post.told.links.is_empty()) {
            Some(Fault::new(
                "demo_refused",
                "The demo would hide the calendars that are watched here.",
                "Try it on a computer that watches none.",
            ))
        } else if self.demo_starts {
            Some(Fault::new(
                "demo_starts",
                "The demo is being started.",
                "Wait a moment.",
            ))
        } else {
            None
        };
        if let Some(refusal) = refusal {
            let _ = reply.send(Response::Error(refusal));
            return;
        }
        self.demo_starts = true;
        let (config, outcomes) = (self.demo_world.clone(), self.ways.outcomes.clone());
        tokio::spawn(async move {
            let result = Demo::start(&config).await.map(Box::new);
            let outcome = super::event::Outcome::DemoStands { result, reply };
            let _ = outcomes.send(outcome).await;
        });
    }

    pub(super) fn demo_stands(&mut self, result: Result<Box<Demo>, String>, reply: Reply) {
        self.demo_starts = false;
        match result {
            Ok(demo) => self.turn = Some(Turn::Begin(demo, reply)),
            Err(why) => {
                let _ = reply.send(Response::Error(not_started(&why)));
            }
        }
    }

    pub(super) fn leave_demo(&mut self, reply: Reply) {
        match self.demo {
            bridge::Demo::Within => self.turn = Some(Turn::Leave(reply)),
            bridge::Demo::Off | bridge::Demo::Around => ok(reply, Answer::Done),
        }
    }

    /// The core of a demo, which speaks to the same window and tray and looks the same.
    fn of_demo(&self, demo: &Demo) -> Result<Self, StartError> {
        let folder = self.demo_world.desktop_folder();
        super::make_private_folder(&folder)?;
        Store::open(&folder)?.remember("settings", &self.settings, clock::now());
        let mut options = Options::for_desktop(&folder);
        options.bubbles = Box::new(NoBubbles);
        options.os_keychain = false;
        options.pair = Some(demo.pair.clone());
        options.demo = bridge::Demo::Within;
        options.browser = self.browser.clone();
        let (mut core, _) = Self::start(options, self.hinting.out())?;
        core.tray = self.tray.clone();
        core.system_language = self.system_language;
        core.hinting.go_on_after(self.hinting.rev());
        core.redraw(clock::now());
        Ok(core)
    }

    /// Goes on where it stood before the demo.
    fn wake(&mut self, rev: u64) {
        let now = clock::now();
        self.hinting.go_on_after(rev);
        self.reach_at_start(None, false);
        self.redraw(now);
    }
}

/// Runs `home`, and demos in its place as often as somebody tries one, until `ended`.
pub async fn live(mut home: Core, mut asked: mpsc::Receiver<Asked>, ended: CancellationToken) {
    home.demo_world.clear();
    while let Some(turn) = home.run(&mut asked, &ended).await {
        let Turn::Begin(demo, reply) = turn else {
            continue;
        };
        let rev = match home.of_demo(&demo) {
            Ok(mut core) => {
                ok(reply, Answer::Done);
                let turn = core.run(&mut asked, &ended).await;
                let rev = core.hinting.rev();
                drop(core);
                demo.end().await;
                match turn {
                    Some(Turn::Leave(reply)) => ok(reply, Answer::Done),
                    Some(Turn::Begin(..)) => {}
                    None => return,
                }
                rev
            }
            Err(error) => {
                let _ = reply.send(Response::Error(not_started(&error.to_string())));
                demo.end().await;
                home.hinting.rev()
            }
        };
        home.wake(rev);
    }
}

/// What would be lost with the demo is not begun in it.
pub(super) fn leave_first() -> Fault {
    Fault::new(
        "in_demo",
        "This is the demo; what is set up here would be lost with it.",
        "Leave the demo first.",
    )
}

fn not_started(why: &str) -> Fault {
    Fault::new(
        "demo_not_started",
        format!("The demo could not be started: {why}."),
        "Try again, or install Syncward anew if this stays.",
    )
}

/// Made-up trouble is told in the window only.
struct NoBubbles;

impl Bubbles for NoBubbles {
    fn availability(&mut self) -> bridge::Notifier {
        bridge::Notifier {
            available: false,
            note: "The demo shows its alerts in the window only.".into(),
        }
    }

    fn show(&mut self, _: &Bubble, _: &mpsc::Sender<BubbleEvent>) -> Result<(), String> {
        Ok(())
    }

    fn close(&mut self, _: &str) {}
}
