//! Google, simulated: OAuth, Calendar v3, push and faults.
//! `model` is pure, `api` turns requests into answers without a socket, `face` carries both over HTTP.

pub mod api;
pub mod face;
pub mod model;
