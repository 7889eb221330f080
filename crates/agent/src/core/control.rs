//! What is asked of a receiver itself: how it stands, that it holds its work, and the local one's log.

use super::asked::{NO_BODY, answer, remote_then_refresh};
use super::{Core, Reply};
use crate::bridge::{Answer, Fault, HealthSeen, LocalLog};
use crate::client::ClientError;
use crate::sidecar;

/// Lines of the log in one answer.
const LOG_LINES_MOST: u32 = 1000;

impl Core {
    pub(super) fn receiver_health(&self, reply: Reply) {
        self.remote(reply, async move |client| {
            let (health, certificate_ends_at) = client.get_with_certificate("receiver").await?;
            Ok(Answer::ReceiverHealth(HealthSeen {
                health,
                certificate_ends_at,
            }))
        });
    }

    /// Pauses or resumes it.
    pub(super) fn control_receiver(&self, path: &'static str, reply: Reply) {
        remote_then_refresh(self.chosen(), reply, async move |client| {
            let done: Result<(), ClientError> = client.post(path, NO_BODY).await;
            done.map(|()| Answer::Done)
        });
    }

    pub(super) fn drain_receiver(&self, reply: Reply) {
        remote_then_refresh(self.chosen(), reply, async move |client| {
            let ordered = client.post("receiver/drain", NO_BODY).await;
            ordered.map(Answer::Operation)
        });
    }

    pub(super) fn local_log(&self, lines: u32, reply: Reply) {
        let log = self.sidecar_config.log.clone();
        tokio::task::spawn_blocking(move || {
            let most = lines.min(LOG_LINES_MOST) as usize;
            let read = sidecar::newest_lines(&log, most).map(|lines| {
                Answer::LocalLog(LocalLog {
                    file: log.display().to_string(),
                    lines,
                })
            });
            let result = read.map_err(|error| {
                Fault::new(
                    "log_unread",
                    format!("The log of the receiver could not be read: {error}."),
                    "Check the rights of this app's data folder.",
                )
            });
            answer(reply, result);
        });
    }
}
