//! The receiver: takes Google's notifications, keeps channels alive, applies changes both ways.

pub mod app;
pub mod clock;
pub mod entropy;
pub mod exec;
pub mod seal;
pub mod store;
