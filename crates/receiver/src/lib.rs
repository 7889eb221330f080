//! The receiver: takes Google's notifications, keeps channels alive, applies changes both ways.
//!
//! `ingest` stores what Google posts, `exec` feeds the engine and performs what it asks for, `app` holds the use
//! cases, `api` is their face, `store` keeps everything.

pub mod api;
pub mod app;
pub mod attest;
pub mod cli;
pub mod clock;
pub mod config;
pub mod entropy;
pub mod exec;
pub mod ingest;
pub mod private_file;
pub mod seal;
pub mod serve;
pub mod store;
