//! The demo's world: the Google simulator and a receiver on it, as real processes, filled with made-up clinics.
//!
//! Talks to them over their public faces only. Every child ends when this process does, because each watches the pipe
//! that it holds open.

mod seed;
mod world;

pub use seed::seed;
pub use world::{Programs, World};
