//! The desktop shell: one window, a tray, and the agent behind them.
//!
//! Responsible for drawing and for the life of the process. Has no rules: what is shown, said and done is the agent's.

mod arguments;
mod bridge;
#[cfg(target_os = "linux")]
mod memory;
mod platform;
mod screen;
mod tray;
#[cfg(target_os = "linux")]
mod veil;
mod window;

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use syncward_agent::Agent;
use syncward_agent::bridge::{HintEntity, Request};
use syncward_agent::claim::{Claim, ClaimError};
use syncward_agent::command::{self, Command};
use syncward_agent::door::Door;
use syncward_agent::ending::Ending;
use syncward_agent::headless::{self, Refused};
use syncward_agent::help::Obstacle;
use syncward_agent::store::Store;
use syncward_agent::words::Language;
use syncward_agent::{clock, core};
use tauri::{AppHandle, Manager, RunEvent};

use arguments::{Arguments, Chore};

/// What the shell holds while it runs.
struct Desktop {
    agent: Agent,
    tray: tray::Presence,
    keeping: window::Keeping,
    _door: Option<Door>,
    _claim: Claim,
}

/// Runs the app until it is quit; 2 when there is no screen to draw on.
pub fn run() -> ExitCode {
    let arguments = Arguments::read();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(arguments::log_filter())
        .init();
    if let Some(refusal) = arguments.unfit() {
        return misused(&refusal);
    }
    let ran = match (&arguments.chore, arguments.headless) {
        (Some(Chore::Ask(command)), _) => return run_command(command, &arguments.data_dir()),
        (Some(Chore::Papers { folder }), _) => {
            arguments::papers(folder).map(|()| ExitCode::SUCCESS)
        }
        (Some(Chore::Diagnostics { .. }), _) if !Store::is_in(&arguments.data_dir()) => {
            let folder = &arguments.data_dir();
            return misused(&Obstacle::NeverRan { folder }.said(Language::of_system()));
        }
        (Some(Chore::Diagnostics { out, names }), _) => {
            diagnostics(&arguments.data_dir(), out.as_deref(), *names)
        }
        (None, true) => run_headless(arguments),
        (None, false) => match screen::ready() {
            Ok(()) => run_window(arguments).map(|()| ExitCode::SUCCESS),
            Err(obstacle) => return misused(&obstacle.said(Language::of_system())),
        },
    };
    match ran {
        Ok(ended) => ended,
        Err(error) => {
            let why = &format!("{error:#}");
            say(&Obstacle::CouldNotStart { why }.said(Language::of_system()));
            ExitCode::FAILURE
        }
    }
}

/// One command, without a window.
fn run_command(command: &Command, data_dir: &Path) -> ExitCode {
    let Ok(runtime) = tokio::runtime::Runtime::new() else {
        return ExitCode::FAILURE;
    };
    let ended = runtime.block_on(command::run_here(command, data_dir, true));
    ExitCode::from(ended.code())
}

/// The agent alone, until Ctrl-C, TERM or HUP; where nobody can be asked, a refused pairing ends it.
fn run_headless(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let data_dir = arguments.data_dir();
    let _claim = match Claim::take(&data_dir) {
        Err(ClaimError::Taken { folder }) => return Ok(taken(&folder)),
        claim => claim.context("take the data folder")?,
    };
    let runtime = tokio::runtime::Runtime::new().context("start the runtime")?;
    runtime.block_on(async {
        let ended = Ending::listen().context("listen for the end")?.told();
        tokio::pin!(ended);
        let mut options = arguments.options();
        let pair = options.pair.take();
        options.local &= pair.is_none();
        let local = options.local;
        let agent = Agent::start(options).context("start the agent")?;
        let _door = open_door(&agent, &data_dir).await;
        let mut code = ExitCode::SUCCESS;
        let watch = async {
            if let Some(pair) = pair {
                headless::pair(&agent, pair, &data_dir).await?;
            } else if !local && let Some(told) = headless::nothing_watched(&agent).await {
                say(&told);
            }
            std::future::pending::<Result<(), Refused>>().await
        };
        tokio::select! {
            refused = watch => if let Err(refused) = refused {
                say(&refused.said);
                code = ExitCode::from(refused.ended.code());
            },
            () = &mut ended => {}
        }
        agent.quit().await;
        Ok(code)
    })
}

/// Shows what a diagnostics file holds, and writes it where the person said.
#[expect(clippy::print_stdout, reason = "a command line talks to people")]
fn diagnostics(data_dir: &Path, out: Option<&Path>, with_names: bool) -> anyhow::Result<ExitCode> {
    let bundle = core::diagnostics_at_rest(data_dir, with_names, clock::now())
        .with_context(|| format!("read what is known in {}", data_dir.display()))?;
    // First, so that nothing is shown as saved that was not.
    if let Some(file) = out {
        let bytes = bundle.zipped().context("pack the files")?;
        if let Err(error) = std::fs::write(file, bytes) {
            let why = &error.to_string();
            let obstacle = Obstacle::NotWritten { file, why };
            return Ok(misused(&obstacle.said(Language::of_system())));
        }
    }
    for file in &bundle.files {
        println!("== {}\n{}", file.name, file.text.trim_end());
    }
    match out {
        Some(out) => println!("\nSaved in {}.", out.display()),
        None => println!("\nNothing was saved; --out FILE saves exactly this."),
    }
    Ok(ExitCode::SUCCESS)
}

fn run_window(arguments: Arguments) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("start the runtime")?;
    tauri::async_runtime::set(runtime.handle().clone());
    let ending = runtime
        .block_on(async { Ending::listen() })
        .context("listen for the end")?;
    // First of all: a second start must end before it touches the files of the first.
    let guard = tauri_plugin_single_instance::Builder::new()
        .callback(
            |app, arguments, _| match arguments::link_among(&arguments) {
                Some(link) => follow_link(app, link),
                None => window::show(app),
            },
        )
        .dbus_id(arguments.instance_id());
    let mut builder = tauri::Builder::default().plugin(guard.build());
    if !screen::is_automated() {
        builder = builder.plugin(window::remembered_place());
    }
    let app = builder
        .plugin(tauri_plugin_deep_link::init())
        .plugin(tauri_plugin_updater::Builder::new().build())
        .plugin(platform::autostart())
        .invoke_handler(tauri::generate_handler![bridge::rpc, bridge::hints])
        .on_window_event(window::on_event)
        .setup(move |app| Ok(set_up(app, arguments, ending)?))
        .build(tauri::generate_context!())
        .context("open the window")?;
    app.run(|app, event| match event {
        // The last window closed: the agent goes on in the tray.
        RunEvent::ExitRequested {
            api, code: None, ..
        } => api.prevent_exit(),
        RunEvent::Exit => tauri::async_runtime::block_on(app.state::<Desktop>().agent.quit()),
        _ => {}
    });
    Ok(())
}

fn set_up(app: &mut tauri::App, arguments: Arguments, ending: Ending) -> anyhow::Result<()> {
    let data_dir = arguments.data_dir();
    // A second window has ended before this; what is left is the agent alone over the same files.
    let claim = match Claim::take(&data_dir) {
        Err(ClaimError::Taken { folder }) => {
            taken(&folder);
            std::process::exit(2)
        }
        claim => claim.context("take the data folder")?,
    };
    let eyes = window::Eyes::default();
    #[cfg(target_os = "linux")]
    veil::watch(&eyes);
    app.manage(eyes.clone());
    app.manage(window::Curtain::default());
    let link = arguments.link.clone();
    if !arguments.hidden {
        // The processes that draw it start beside the agent; what they ask waits for the event loop, which begins after this.
        window::show(app.handle());
    }
    let keeping = window::Keeping::new(Duration::from_secs(arguments.keep_window));
    let mut options = arguments.options();
    options.shell = Some(Arc::new(platform::Platform::of(app.handle(), eyes)));
    let agent = tauri::async_runtime::block_on(async { Agent::start(options) })
        .context("start the agent")?;
    let door = tauri::async_runtime::block_on(open_door(&agent, &data_dir));
    let tray = tray::start(app.handle(), &agent);
    tauri::async_runtime::spawn(follow(app.handle().clone(), agent.clone(), ending));
    app.manage(Desktop {
        agent,
        tray,
        keeping,
        _door: door,
        _claim: claim,
    });
    if let Some(link) = link {
        follow_link(app.handle(), link);
    }
    #[cfg(target_os = "macos")]
    platform::follow_opened(app.handle());
    Ok(())
}

/// Hands a `syncward://` link to the agent, which shows the window and asks there.
fn follow_link(app: &AppHandle, link: String) {
    let Some(desktop) = app.try_state::<Desktop>() else {
        return;
    };
    let agent = desktop.agent.clone();
    tauri::async_runtime::spawn(async move { agent.ask(Request::FollowLink { link }).await });
}

/// Lets the command line in; without it the app runs all the same.
async fn open_door(agent: &Agent, data_dir: &Path) -> Option<Door> {
    match Door::open(agent.clone(), data_dir).await {
        Ok(door) => Some(door),
        Err(error) => {
            tracing::warn!(%error, "no door for the command line");
            None
        }
    }
}

/// Opens the window when a bubble asks for it; quits on Ctrl-C, TERM and HUP.
async fn follow(app: AppHandle, agent: Agent, ending: Ending) {
    let mut hints = agent.hints();
    let told = ending.told();
    tokio::pin!(told);
    loop {
        tokio::select! {
            hint = hints.recv() => {
                if hint.is_ok_and(|hint| hint.entity == HintEntity::Open) {
                    window::show(&app);
                }
            }
            () = &mut told => return app.exit(0),
        }
    }
}

/// Another process watches over the same files.
fn taken(folder: &Path) -> ExitCode {
    misused(&Obstacle::RunsAlready { folder }.said(Language::of_system()))
}

fn misused(sentence: &str) -> ExitCode {
    say(sentence);
    ExitCode::from(2)
}

#[expect(clippy::print_stderr, reason = "there is no window to say it in")]
fn say(sentence: &str) {
    eprintln!("{sentence}");
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn diagnostics_that_can_be_written_nowhere_are_wrong_usage() {
        let folder = std::env::temp_dir().join(format!("syncward-shown-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        drop(Store::open(&folder).unwrap());
        let ended = |out: &Path| format!("{:?}", diagnostics(&folder, Some(out), false).unwrap());
        let nowhere = ended(&folder.join("none").join("x.zip"));
        assert_eq!(nowhere, format!("{:?}", ExitCode::from(2)));
        let there = ended(&folder.join("x.zip"));
        assert_eq!(there, format!("{:?}", ExitCode::SUCCESS));
        assert!(folder.join("x.zip").exists());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
