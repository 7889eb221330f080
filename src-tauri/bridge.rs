//! The window's two commands: ask the agent, and hear its hints.

use syncward_agent::bridge::{Hint, HintEntity, Request, Response};
use tauri::ipc::Channel;
use tauri::{AppHandle, State};
use tokio::sync::broadcast::error::RecvError;

use crate::{Desktop, window};

/// Asks the agent one thing.
#[tauri::command]
pub async fn rpc(
    app: AppHandle,
    desktop: State<'_, Desktop>,
    request: Request,
) -> Result<Response, ()> {
    let answer = desktop.agent.ask(request).await;
    window::page_was_answered(&app);
    Ok(answer)
}

/// Sends hints until the window is gone.
#[tauri::command]
pub fn hints(desktop: State<'_, Desktop>, channel: Channel<Hint>) {
    let mut hints = desktop.agent.hints();
    tauri::async_runtime::spawn(async move {
        loop {
            let hint = match hints.recv().await {
                Ok(hint) => hint,
                // Some were missed: ask for everything again.
                Err(RecvError::Lagged(_)) => Hint {
                    entity: HintEntity::Snapshot,
                    rev: 0,
                },
                Err(RecvError::Closed) => return,
            };
            if channel.send(hint).is_err() {
                return;
            }
        }
    });
}
