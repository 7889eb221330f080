//! Which receivers are watched, how each is reached, and the local one's coming and going.

use jiff::Timestamp;
use syncward_wire::{Fingerprint, Role};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::event::Outcome;
use super::post::Post;
use super::{Core, Reply, view};
use crate::bridge::{Answer, ConnectionStatus, Fault, HintEntity, ReceiverEntry, Response};
use crate::client::Client;
use crate::connection::Connection;
use crate::options::PairAtStart;
use crate::pairing::{self, NewReceiver};
use crate::sidecar::{Sidecar, SidecarEvent};

/// The key of the receiver beside this program.
const LOCAL: &str = "local";
/// Characters of a receiver's name.
const NAME_MOST: usize = 40;

impl Core {
    /// Goes on with the receivers of the last time, and pairs as the command line says.
    pub(super) fn reach_at_start(&mut self, pair: Option<PairAtStart>, local: bool) {
        let now = crate::clock::now();
        let known = self.store.receivers().into_iter();
        self.posts = known
            .map(|entry| Post::recall(entry, &self.store, now))
            .collect();
        self.remove_left_tokens();
        let nobody = self.posts.is_empty();
        if nobody {
            self.posts.push(Post::vacant("", view::unpaired(now)));
        }
        for entry in self.entries() {
            match entry.local {
                true => self.start_local(None),
                false => self.reach_again(entry),
            }
        }
        if let Some(pair) = pair {
            if nobody {
                let contact = view::starting(Role::Admin, false, now);
                self.chosen_mut().contact = contact;
                self.chosen_mut().contact.message = "Pairing with the receiver.".into();
            }
            self.pair(pair.address, pair.code, pair.pin, None);
        } else if nobody && local {
            tracing::info!(
                "no receiver is known and a Google client is set: one is started on this computer"
            );
            self.start_local(None);
        }
    }

    /// With the token from before.
    fn reach_again(&self, entry: ReceiverEntry) {
        let (keychain, outcomes) = (self.keychain.clone(), self.ways.outcomes.clone());
        tokio::spawn(async move {
            let key = entry.key().to_owned();
            let name = key.clone();
            let loaded = keychain
                .off_loop(move |keychain| keychain.load(&name))
                .await;
            let result = match loaded.flatten() {
                Some((token, keychain)) => Ok(Box::new(NewReceiver {
                    entry,
                    token,
                    keychain,
                })),
                None => Err(Fault::new(
                    "token_missing",
                    "The token for this receiver is no longer in the keychain.",
                    "Pair with the receiver again.",
                )),
            };
            let outcome = Outcome::Paired {
                key,
                result,
                local: false,
                reply: None,
            };
            let _ = outcomes.send(outcome).await;
        });
    }

    /// Exchanges a code in the background.
    pub(super) fn pair(
        &mut self,
        address: String,
        code: String,
        pin: Option<Fingerprint>,
        reply: Option<Reply>,
    ) {
        let (keychain, outcomes) = (self.keychain.clone(), self.ways.outcomes.clone());
        tokio::spawn(async move {
            let result = pairing::pair(&address, &code, pin, false, &keychain).await;
            let outcome = Outcome::Paired {
                key: String::new(),
                result: result.map(Box::new),
                local: false,
                reply,
            };
            let _ = outcomes.send(outcome).await;
        });
    }

    /// Starts the receiver beside this program, or waits for the one already starting.
    pub(super) fn start_local(&mut self, reply: Option<Reply>) {
        let running = self.sidecar.is_some();
        let at = self.at_key(LOCAL);
        if running && at.is_some_and(|at| self.posts[at].is_connected()) {
            if let Some(reply) = reply {
                let _ = reply.send(self.receivers());
            }
            return;
        }
        self.local_waiting.extend(reply);
        if running {
            return;
        }
        let at = self.place_for(LOCAL);
        self.posts[at].connection = None;
        self.posts[at].contact = view::starting(Role::Admin, true, crate::clock::now());
        self.sidecar = Some(Sidecar::start(
            self.sidecar_config.clone(),
            self.ways.sidecar.clone(),
            self.local_gone.take(),
        ));
        self.hinting.mark(HintEntity::Snapshot);
    }

    /// Ends the local receiver until somebody starts it again; answers when it is gone.
    pub(super) fn stop_local(&mut self, now: Timestamp, reply: Reply) {
        let Some(at) = self.running_local() else {
            let _ = reply.send(no_local());
            return;
        };
        self.end_local();
        let post = &mut self.posts[at];
        post.connection = None;
        post.contact = view::stopped(&post.contact, now);
        let response = self.receivers_changed(now);
        let gone = self.local_gone.clone();
        tokio::spawn(async move {
            if let Some(gone) = gone {
                gone.cancelled().await;
            }
            let _ = reply.send(response);
        });
    }

    /// Ends it and starts it again; answers when it is there.
    pub(super) fn restart_local(&mut self, reply: Reply) {
        if self.running_local().is_none() {
            let _ = reply.send(no_local());
            return;
        }
        self.end_local();
        self.start_local(Some(reply));
    }

    fn running_local(&self) -> Option<usize> {
        self.at_key(LOCAL).filter(|_| self.sidecar.is_some())
    }

    pub(super) fn sidecar_changed(&mut self, event: SidecarEvent, now: Timestamp) {
        match event {
            SidecarEvent::Listening { address } => self.attach(address),
            SidecarEvent::Ended { why, retry_in } => {
                let fault = Fault::new(
                    "local_receiver_ended",
                    format!("The receiver on this computer stopped: {why}"),
                    "It is started again by itself; its log is named under About.",
                );
                if let Some(at) = self.at_key(LOCAL) {
                    let post = &mut self.posts[at];
                    post.connection = None;
                    post.contact.status = ConnectionStatus::Offline;
                    post.contact.since = now.into();
                    post.contact.retry_at = Some((now + retry_in).into());
                    post.contact.message.clone_from(&fault.message);
                }
                for reply in self.local_waiting.drain(..) {
                    let _ = reply.send(Response::Error(fault.clone()));
                }
                self.hinting.mark(HintEntity::Snapshot);
            }
        }
    }

    fn attach(&self, address: String) {
        let (keychain, outcomes) = (self.keychain.clone(), self.ways.outcomes.clone());
        let config = self.sidecar_config.clone();
        tokio::spawn(async move {
            let result = pairing::attach_local(&config, &address, &keychain).await;
            let outcome = Outcome::Paired {
                key: LOCAL.to_owned(),
                result: result.map(Box::new),
                local: true,
                reply: None,
            };
            let _ = outcomes.send(outcome).await;
        });
    }

    /// A local receiver that forgot us is paired again without asking anybody.
    pub(super) fn repair_local(&mut self, at: usize, now: Timestamp) {
        let post = &mut self.posts[at];
        let address = post.contact.receiver.clone().filter(|_| post.contact.local);
        if let (Some(address), Some(_)) = (address, &self.sidecar) {
            post.contact = view::starting(Role::Admin, true, now);
            self.attach(address);
        }
    }

    pub(super) fn came_back(&mut self, outcome: Outcome, now: Timestamp) {
        match outcome {
            Outcome::Paired {
                key,
                result,
                local,
                reply,
            } => {
                let told = reply.is_some() || (local && !self.local_waiting.is_empty());
                let response = match result {
                    Ok(receiver) => self.attached(&key, *receiver, now),
                    // Whoever asked compares the certificate where they asked.
                    Err(fault) if reply.is_some() && fault.certificate.is_some() => {
                        Response::Error(fault)
                    }
                    Err(fault) => {
                        self.not_attached(&key, &fault, now);
                        if told {
                            self.forget_refusal(&key, now);
                        }
                        Response::Error(fault)
                    }
                };
                let waiting = if local {
                    std::mem::take(&mut self.local_waiting)
                } else {
                    Vec::new()
                };
                for reply in reply.into_iter().chain(waiting) {
                    let _ = reply.send(response.clone());
                }
                self.hinting.mark(HintEntity::Snapshot);
                self.redraw(now);
            }
            Outcome::TokenGone { key } => self.store.token_gone(&key),
            Outcome::Begun { result, reply } => {
                let response = result.map(|running| {
                    let attempt = running.attempt.clone();
                    self.attempt = Some(attempt.clone());
                    self.consent = Some(running);
                    Answer::Connect(attempt)
                });
                let _ = reply.send(response.into());
                self.hinting.mark(HintEntity::Snapshot);
            }
            Outcome::Updates(state) => self.updates_went_on(state),
            Outcome::Ordered {
                incident,
                link_id,
                result,
            } => self.ordered(incident, link_id, result, now),
            Outcome::Stands { epoch, state } => {
                // What the stream told meanwhile is newer.
                if self.at_epoch(epoch).is_some() && !self.operations.contains_key(&state.id) {
                    self.told_operation(state, now);
                    self.hinting.mark(HintEntity::Snapshot);
                }
            }
            Outcome::Lateness { epoch, p95_ms } => {
                if let Some(at) = self.at_epoch(epoch) {
                    self.posts[at].told.lag_p95_ms = p95_ms;
                    self.judge(now);
                }
            }
            Outcome::Series {
                receiver,
                name,
                series,
            } => self.remember_series(&receiver, &name, &series, now),
            Outcome::DemoStands { result, reply } => self.demo_stands(result, reply),
        }
    }

    /// `meant` is the receiver of the last time that was looked for; one that was forgotten meanwhile stays so.
    fn attached(&mut self, meant: &str, receiver: NewReceiver, now: Timestamp) -> Response {
        let mut entry = receiver.entry;
        let known = self.at_key(entry.key());
        let again = !meant.is_empty();
        if again && known.is_none() {
            return self.receivers();
        }
        let client = match Client::new(&entry.address, receiver.token, entry.pin) {
            Ok(client) => client,
            Err(error) => {
                let fault = error.into();
                self.not_attached(meant, &fault, now);
                return Response::Error(fault);
            }
        };
        if let Some(before) = known.and_then(|at| self.posts[at].entry.as_ref()) {
            entry.name.clone_from(&before.name);
            entry.paired_at = before.paired_at;
            // Whoever just paired wants to see it; what comes back by itself takes nobody's place.
            entry.current = before.current || !again;
        } else if entry.local && self.posts.iter().any(|post| post.entry.is_some()) {
            // A new one here is empty: whoever looks at another goes on seeing it.
            entry.current = false;
        }
        let at = self.place_for(entry.key());
        self.keychain_note = receiver.keychain;
        self.keep(at, entry);
        self.reach(at, client, now);
        self.receivers()
    }

    /// The post under that key: the one there is, the vacant one, or one more.
    fn place_for(&mut self, key: &str) -> usize {
        if let Some(at) = self.at_key(key) {
            return at;
        }
        if let Some(at) = self.at_key("") {
            key.clone_into(&mut self.posts[at].key);
            return at;
        }
        let contact = view::unpaired(crate::clock::now());
        self.posts.push(Post::vacant(key, contact));
        self.posts.len() - 1
    }

    /// Keeps what is known of a receiver; only one is the chosen one.
    fn keep(&mut self, at: usize, entry: ReceiverEntry) {
        self.store.put_receiver(&entry);
        if entry.current {
            for before in self.posts.iter_mut().filter_map(|post| post.entry.as_mut()) {
                before.current = false;
            }
        }
        self.posts[at].entry = Some(entry);
    }

    /// Goes on with the certificate that stood in the way, and holds to its key from now on.
    pub(super) fn trust(&mut self, fingerprint: Fingerprint, now: Timestamp) -> Response {
        let shows_it = |post: &Post| {
            let met = post.contact.certificate.as_ref();
            met.is_some_and(|strange| strange.found == fingerprint)
        };
        let at = self.posts.iter().position(shows_it);
        let met = at.and_then(|at| {
            let post = &self.posts[at];
            Some((at, post.entry.clone()?, post.connection.as_ref()?))
        });
        let Some((at, mut entry, connection)) = met else {
            return Response::Error(Fault::new(
                "certificate_other",
                "The receiver shows no certificate with this fingerprint now.",
                "Look at the fingerprint again and compare it anew; nothing was accepted.",
            ));
        };
        let client = match connection.client.pinned_to(fingerprint) {
            Ok(client) => client,
            Err(error) => return Response::Error(error.into()),
        };
        tracing::info!(%fingerprint, "a receiver's certificate was accepted");
        entry.pin = Some(fingerprint);
        self.keep(at, entry);
        self.reach(at, client, now);
        self.hinting.mark(HintEntity::Snapshot);
        self.receivers()
    }

    fn reach(&mut self, at: usize, client: Client, now: Timestamp) {
        self.epoch += 1;
        let heard = self.ways.heard.clone();
        let post = &mut self.posts[at];
        if let Some(entry) = &post.entry {
            post.contact = view::connecting(entry, now);
        }
        post.epoch = self.epoch;
        post.connection = Some(Connection::start(client, self.epoch, heard));
    }

    /// The receivers that are watched stay as they are when another could not be paired.
    fn not_attached(&mut self, meant: &str, fault: &Fault, now: Timestamp) {
        tracing::warn!(code = %fault.code, message = %fault.message, "no receiver attached");
        if let Some(at) = self.at_key(meant) {
            let post = &mut self.posts[at];
            if post.connection.is_none() {
                post.contact.status = ConnectionStatus::Unpaired;
                post.contact.since = now.into();
                post.contact.message = format!("{} {}", fault.message, fault.action);
            }
        }
    }

    /// Whoever asked for a first receiver reads the refusal where they asked; the way to none has no message of its own.
    fn forget_refusal(&mut self, meant: &str, now: Timestamp) {
        let at = self.at_key(meant);
        let post = at.map(|at| &mut self.posts[at]);
        if let Some(post) = post.filter(|post| post.entry.is_none() && post.connection.is_none()) {
            post.contact = view::unpaired(now);
        }
    }

    /// Shows this one on the pages of a single receiver.
    pub(super) fn choose(&mut self, address: &str, now: Timestamp) -> Response {
        let Some((at, mut entry)) = self.known(address) else {
            return unknown();
        };
        entry.current = true;
        self.keep(at, entry);
        self.receivers_changed(now)
    }

    pub(super) fn rename(&mut self, address: &str, name: &str, now: Timestamp) -> Response {
        let Some((at, mut entry)) = self.known(address) else {
            return unknown();
        };
        let name = name.trim();
        let taken = self.posts.iter().enumerate();
        let mut taken = taken.filter(|(other, _)| *other != at);
        if name.chars().count() > NAME_MOST || taken.any(|(_, post)| post.title() == name) {
            return Response::Error(Fault::new(
                "name_unfit",
                format!(
                    "A receiver's name has at most {NAME_MOST} characters, and no other receiver has it."
                ),
                "Choose another one.",
            ));
        }
        name.clone_into(&mut entry.name);
        self.keep(at, entry);
        self.receivers_changed(now)
    }

    /// Removes a receiver's token, its pin and what it told; it goes on by itself, and so do the others.
    pub(super) fn forget(&mut self, address: &str, now: Timestamp) -> Response {
        let Some((at, entry)) = self.known(address) else {
            return unknown();
        };
        if entry.local {
            self.end_local();
        }
        let told = &self.posts[at].told;
        let links: Vec<Uuid> = told.links.keys().copied().collect();
        if let Some(id) = told.overview.as_ref().map(|told| told.receiver.id) {
            let say = self.alerts.leave_out(id, &links);
            self.alerts.remember(&mut self.store, now);
            self.say(say);
        }
        self.let_go(at, &entry);
        self.receivers_changed(now)
    }

    fn let_go(&mut self, at: usize, entry: &ReceiverEntry) {
        self.store.forget_receiver(entry);
        let gone = self.posts.remove(at);
        let is_its = |id| gone.told.links.contains_key(&id);
        self.operations
            .retain(|_, operation| !operation.link_id.is_some_and(is_its));
        if self.posts.is_empty() {
            let contact = view::unpaired(crate::clock::now());
            self.posts.push(Post::vacant("", contact));
        }
        if let (true, Some(mut next)) = (entry.current, self.posts[0].entry.clone()) {
            next.current = true;
            self.keep(0, next);
        }
        self.remove_left_tokens();
    }

    /// Removes the tokens of receivers that are watched no longer; one that can't be removed now is tried at the next start.
    fn remove_left_tokens(&self) {
        for key in self.store.left_tokens() {
            let (keychain, outcomes) = (self.keychain.clone(), self.ways.outcomes.clone());
            tokio::spawn(async move {
                let name = key.clone();
                let forgotten = keychain
                    .off_loop(move |keychain| keychain.forget(&name))
                    .await;
                match forgotten {
                    Some(Ok(())) => drop(outcomes.send(Outcome::TokenGone { key }).await),
                    Some(Err(error)) => {
                        tracing::warn!(%error, "a forgotten receiver's token could not be removed");
                    }
                    None => tracing::warn!("the keychain did not let go of a token in time"),
                }
            });
        }
    }

    /// The same receiver under another address, as after a move, is watched once: as it was paired last.
    pub(super) fn leave_out_same(&mut self, at: usize) {
        let id = |post: &Post| post.told.overview.as_ref().map(|told| told.receiver.id);
        let this = id(&self.posts[at]);
        let twin =
            (0..self.posts.len()).find(|other| *other != at && id(&self.posts[*other]) == this);
        let entry = |at: usize| self.posts[at].entry.clone();
        let Some((twin, before, mut now_at)) =
            twin.and_then(|twin| Some((twin, entry(twin)?, entry(at)?)))
        else {
            return;
        };
        if before.paired_at > now_at.paired_at {
            return self.leave_out_same(twin);
        }
        tracing::info!("a receiver was paired under another address");
        if now_at.name.is_empty() {
            now_at.name.clone_from(&before.name);
        }
        now_at.current |= before.current;
        self.keep(at, now_at);
        if before.local {
            self.end_local();
        }
        self.let_go(
            twin,
            &ReceiverEntry {
                current: false,
                ..before
            },
        );
    }

    fn receivers_changed(&mut self, now: Timestamp) -> Response {
        self.hinting.mark(HintEntity::Snapshot);
        self.hinting.mark(HintEntity::Activity);
        self.judge(now);
        self.redraw(now);
        self.receivers()
    }

    pub(super) fn known(&self, address: &str) -> Option<(usize, ReceiverEntry)> {
        let entries = self.posts.iter().enumerate();
        let mut entries = entries.filter_map(|(at, post)| Some((at, post.entry.clone()?)));
        entries.find(|(_, entry)| entry.address == address)
    }

    fn end_local(&mut self) {
        let Some(sidecar) = self.sidecar.take() else {
            return;
        };
        let gone = CancellationToken::new();
        self.local_gone = Some(gone.clone());
        tokio::spawn(async move {
            sidecar.end().await;
            gone.cancel();
        });
    }

    fn entries(&self) -> Vec<ReceiverEntry> {
        let entries = self.posts.iter();
        entries.filter_map(|post| post.entry.clone()).collect()
    }

    pub(super) fn receivers(&self) -> Response {
        Response::Ok(Answer::Receivers(self.entries()))
    }
}

fn no_local() -> Response {
    Response::Error(Fault::new(
        "local_receiver_absent",
        "No receiver runs on this computer.",
        "Start it first.",
    ))
}

pub(super) fn unknown() -> Response {
    Response::Error(Fault::new(
        "receiver_unknown",
        "This computer is not paired with this receiver.",
        "Look at the list of receivers again.",
    ))
}
