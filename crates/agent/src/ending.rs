//! Being told to end: Ctrl-C, TERM from whoever looks after the process, or on Linux HUP from a terminal that goes away.
//!
//! Listened for from the first moment, so that a wish that comes while the agent still starts ends it well all the same.

use std::io;

/// The wish to end, once it comes.
#[derive(Debug)]
pub struct Ending {
    #[cfg(unix)]
    interrupted: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminated: tokio::signal::unix::Signal,
    /// None where it goes on without its terminal.
    #[cfg(unix)]
    hung_up: Option<tokio::signal::unix::Signal>,
    #[cfg(windows)]
    interrupted: tokio::signal::windows::CtrlC,
}

impl Ending {
    /// Listens from now on; what comes before ends the process at once. Only within a runtime.
    #[cfg(unix)]
    pub fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupted: signal(SignalKind::interrupt())?,
            terminated: signal(SignalKind::terminate())?,
            hung_up: match hangup_ends() {
                true => Some(signal(SignalKind::hangup())?),
                false => None,
            },
        })
    }

    /// Listens from now on. Only within a runtime.
    #[cfg(windows)]
    pub fn listen() -> io::Result<Self> {
        let interrupted = tokio::signal::windows::ctrl_c()?;
        Ok(Self { interrupted })
    }

    /// Resolves when it was told to end, also when that was before this question.
    pub async fn told(mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupted.recv() => {}
            _ = self.terminated.recv() => {}
            Some(_) = async { self.hung_up.as_mut()?.recv().await } => {}
        }
        #[cfg(windows)]
        let _ = self.interrupted.recv().await;
    }
}

/// Whether HUP is for this process; `nohup` has it ignored, which listening would undo. Known on Linux only.
#[cfg(unix)]
fn hangup_ends() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // The first bit is the first signal, which is HUP.
    ignored.is_some_and(|mask| mask & 1 == 0)
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    #[tokio::test]
    async fn what_was_told_before_it_was_asked_counts() -> std::io::Result<()> {
        use nix::sys::signal::{Signal, raise};
        let ending = super::Ending::listen()?;
        raise(Signal::SIGTERM)?;
        ending.told().await;
        Ok(())
    }
}
