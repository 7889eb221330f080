//! Which receiver is shown, how it is reached, and the local one's coming and going.

use jiff::Timestamp;
use syncward_wire::{Fingerprint, Role};

use super::event::Outcome;
use super::{Core, Reply, Told, view};
use crate::bridge::{Answer, ConnectionStatus, Fault, HintEntity, ReceiverEntry, Response};
use crate::client::Client;
use crate::connection::Connection;
use crate::options::PairAtStart;
use crate::pairing::{self, NewReceiver};
use crate::sidecar::{Sidecar, SidecarEvent};

impl Core {
    /// Pairs as the command line says, else goes on with the receiver of the last time.
    pub(super) fn reach_at_start(&mut self, pair: Option<PairAtStart>, local: bool) {
        let now = crate::clock::now();
        if let Some(pair) = pair {
            self.contact = view::starting(Role::Admin, false, now);
            self.contact.message = "Pairing with the receiver.".into();
            return self.pair(pair.address, pair.code, pair.pin, None);
        }
        let Some(entry) = self
            .store
            .receivers()
            .into_iter()
            .find(|entry| entry.current)
        else {
            if local {
                self.start_local(None);
            }
            return;
        };
        if entry.local {
            return self.start_local(None);
        }
        self.contact = view::connecting(&entry, now);
        let (keychain, outcomes) = (self.keychain.clone(), self.ways.outcomes.clone());
        tokio::spawn(async move {
            let name = pairing::token_name(&entry).to_owned();
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
        if running && self.contact.local && self.contact.status == ConnectionStatus::Connected {
            if let Some(reply) = reply {
                let _ = reply.send(self.receivers());
            }
            return;
        }
        self.local_waiting.extend(reply);
        if running {
            return;
        }
        self.connection = None;
        self.contact = view::starting(Role::Admin, true, crate::clock::now());
        self.sidecar = Some(Sidecar::start(
            self.sidecar_config.clone(),
            self.ways.sidecar.clone(),
        ));
        self.hinting.mark(HintEntity::Snapshot);
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
                if self.contact.local {
                    self.connection = None;
                    self.contact.status = ConnectionStatus::Offline;
                    self.contact.since = now.into();
                    self.contact.retry_at = Some((now + retry_in).into());
                    self.contact.message.clone_from(&fault.message);
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
                result: result.map(Box::new),
                local: true,
                reply: None,
            };
            let _ = outcomes.send(outcome).await;
        });
    }

    /// A local receiver that forgot us is paired again without asking anybody.
    pub(super) fn repair_local(&mut self, now: Timestamp) {
        let address = self.contact.receiver.clone().filter(|_| self.contact.local);
        if let (Some(address), Some(_)) = (address, &self.sidecar) {
            self.contact = view::starting(Role::Admin, true, now);
            self.attach(address);
        }
    }

    pub(super) fn came_back(&mut self, outcome: Outcome, now: Timestamp) {
        match outcome {
            Outcome::Paired {
                result,
                local,
                reply,
            } => {
                let response = match result {
                    Ok(receiver) => self.attached(*receiver, now),
                    // Whoever asked compares the certificate where they asked.
                    Err(fault) if reply.is_some() && fault.certificate.is_some() => {
                        Response::Error(fault)
                    }
                    Err(fault) => self.not_attached(fault, now),
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
            Outcome::Lateness { epoch, p95_ms } if epoch == self.epoch => {
                self.told.lag_p95_ms = p95_ms;
                self.judge(now);
            }
            Outcome::Lateness { .. } => {}
            Outcome::DemoStands { result, reply } => self.demo_stands(result, reply),
        }
    }

    fn attached(&mut self, receiver: NewReceiver, now: Timestamp) -> Response {
        let client = match Client::new(&receiver.entry.address, receiver.token, receiver.entry.pin)
        {
            Ok(client) => client,
            Err(error) => return self.not_attached(error.into(), now),
        };
        let before = self
            .store
            .receivers()
            .into_iter()
            .find(|entry| entry.current);
        let same = before.is_some_and(|entry| {
            entry.address == receiver.entry.address || (entry.local && receiver.entry.local)
        });
        if !same {
            self.store.forget_told();
            self.told = Told::default();
            self.operations.clear();
        }
        if !receiver.entry.local {
            self.end_local();
        }
        self.store.put_receiver(&receiver.entry);
        self.keychain_note = receiver.keychain;
        self.reach(&receiver.entry, client, now);
        self.receivers()
    }

    /// Goes on with the certificate that stood in the way, and holds to its key from now on.
    pub(super) fn trust(&mut self, fingerprint: Fingerprint, now: Timestamp) -> Response {
        let met = self.contact.certificate.as_ref();
        let is_met = met.is_some_and(|strange| strange.found == fingerprint);
        let current = self
            .store
            .receivers()
            .into_iter()
            .find(|entry| entry.current);
        let (true, Some(mut entry), Some(connection)) = (is_met, current, &self.connection) else {
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
        self.store.put_receiver(&entry);
        self.reach(&entry, client, now);
        self.hinting.mark(HintEntity::Snapshot);
        self.receivers()
    }

    fn reach(&mut self, entry: &ReceiverEntry, client: Client, now: Timestamp) {
        self.contact = view::connecting(entry, now);
        self.epoch += 1;
        self.connection = Some(Connection::start(
            client,
            self.epoch,
            self.ways.heard.clone(),
        ));
    }

    /// The receiver shown stays as it is when another could not be paired.
    fn not_attached(&mut self, fault: Fault, now: Timestamp) -> Response {
        tracing::warn!(code = %fault.code, message = %fault.message, "no receiver attached");
        if self.connection.is_none() {
            self.contact.status = ConnectionStatus::Unpaired;
            self.contact.since = now.into();
            self.contact.message = format!("{} {}", fault.message, fault.action);
        }
        Response::Error(fault)
    }

    fn end_local(&mut self) {
        if let Some(sidecar) = self.sidecar.take() {
            tokio::spawn(sidecar.end());
        }
    }

    pub(super) fn receivers(&self) -> Response {
        Response::Ok(Answer::Receivers(self.store.receivers()))
    }
}
