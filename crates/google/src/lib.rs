//! Google Calendar and OAuth, as Google speaks them.
