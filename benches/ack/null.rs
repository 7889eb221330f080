//! The yardstick: the same headers read, the same answer given, nothing stored. It runs as a process of its own.

use anyhow::Context;
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::json;
use syncward_google::Notification;
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::processes::Running;

/// Starts this very program as the server.
pub async fn start() -> anyhow::Result<Running> {
    let program = std::env::current_exe().context("failed to find this program")?;
    let mut command = Command::new(program);
    command.arg("--null-server");
    Running::announced(command).await
}

/// Serves until killed.
pub async fn serve() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!(
        "{}",
        json!({ "listening": format!("http://{}", listener.local_addr()?) })
    );
    let router = Router::new().route("/webhooks/calendar/google", post(acknowledge));
    Ok(axum::serve(listener, router).await?)
}

async fn acknowledge(headers: HeaderMap) -> Response {
    match Notification::from_headers(&headers) {
        Ok(_) => axum::Json(json!({ "status": "accepted" })).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}
