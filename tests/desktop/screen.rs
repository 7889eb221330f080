//! The X screen as a person has it before them: is the window there, and its close button.

use std::time::{Duration, Instant};

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, InputFocus, MapState, Window,
};
use x11rb::rust_connection::RustConnection;

const PATIENCE: Duration = Duration::from_secs(20);

/// The window of the desktop on the virtual screen.
pub struct OnScreen {
    connection: RustConnection,
    window: Window,
}

impl OnScreen {
    /// The one that is called Syncward and shows.
    pub fn find() -> Self {
        Self::look().expect("a window called Syncward shows")
    }

    /// The one that will show in a while.
    pub fn await_one() -> Self {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = Self::look() {
                return found;
            }
            assert!(Instant::now() < until, "no window called Syncward came");
            std::thread::yield_now();
        }
    }

    fn look() -> Option<Self> {
        let (connection, screen) = x11rb::connect(None).expect("there is a display");
        let root = connection.setup().roots[screen].root;
        let window = shown(&connection, root)?;
        Some(Self { connection, window })
    }

    /// Whether it is on the screen now.
    pub fn shows(&self) -> bool {
        let attributes = self.connection.get_window_attributes(self.window);
        let state = attributes.ok().and_then(|it| it.reply().ok());
        state.is_some_and(|it| it.map_state == MapState::VIEWABLE)
    }

    /// Waits until it is, or is no longer, on the screen.
    pub fn until(&self, shows: bool) {
        let until = Instant::now() + PATIENCE;
        while self.shows() != shows {
            assert!(
                Instant::now() < until,
                "the window never {}",
                if shows { "came back" } else { "went away" }
            );
            std::thread::yield_now();
        }
    }

    /// The process it belongs to, as the toolkit says.
    pub fn process(&self) -> u32 {
        let atom = self.atom("_NET_WM_PID");
        let property =
            self.connection
                .get_property(false, self.window, atom, AtomEnum::CARDINAL, 0, 1);
        let reply = property.expect("asked").reply().expect("answered");
        reply
            .value32()
            .and_then(|mut it| it.next())
            .expect("a process id")
    }

    /// Gives it the keyboard or takes it away, as when a person goes from one window to another.
    pub fn focus(&self, on: bool) {
        let to = if on {
            self.window
        } else {
            InputFocus::NONE.into()
        };
        self.connection
            .set_input_focus(InputFocus::NONE, to, x11rb::CURRENT_TIME)
            .expect("asked")
            .check()
            .expect("the focus goes there");
    }

    /// Presses the close button of its frame.
    pub fn close(&self) {
        let (protocols, delete) = (self.atom("WM_PROTOCOLS"), self.atom("WM_DELETE_WINDOW"));
        let message = ClientMessageEvent::new(32, self.window, protocols, [delete, 0, 0, 0, 0]);
        self.connection
            .send_event(false, self.window, EventMask::NO_EVENT, message)
            .expect("sent")
            .check()
            .expect("the window takes a message");
    }

    fn atom(&self, name: &str) -> u32 {
        let cookie = self
            .connection
            .intern_atom(false, name.as_bytes())
            .expect("asked");
        cookie.reply().expect("answered").atom
    }
}

fn shown(connection: &RustConnection, root: Window) -> Option<Window> {
    let tree = connection.query_tree(root).ok()?.reply().ok()?;
    tree.children.into_iter().find(|&child| {
        let name = connection
            .get_property(false, child, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 64)
            .ok()
            .and_then(|it| it.reply().ok());
        let attributes = connection
            .get_window_attributes(child)
            .ok()
            .and_then(|it| it.reply().ok());
        name.is_some_and(|it| it.value == b"Syncward")
            && attributes.is_some_and(|it| it.map_state == MapState::VIEWABLE)
    })
}
