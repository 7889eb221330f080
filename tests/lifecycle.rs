//! A receiver's life over the simulator: consent, renewal, what arrives and what leaves, and fifty sudden deaths.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

#[path = "lifecycle/chain.rs"]
mod chain;
#[path = "lifecycle/clinic.rs"]
mod clinic;
#[path = "lifecycle/consent.rs"]
mod consent;
#[path = "lifecycle/deaths.rs"]
mod deaths;
#[path = "lifecycle/doctor.rs"]
mod doctor;
#[path = "lifecycle/drill.rs"]
mod drill;
#[path = "lifecycle/forget.rs"]
mod forget;
#[path = "lifecycle/inbound.rs"]
mod inbound;
#[path = "lifecycle/kinds.rs"]
mod kinds;
#[path = "lifecycle/large.rs"]
mod large;
#[path = "lifecycle/missed.rs"]
mod missed;
#[path = "lifecycle/outbound.rs"]
mod outbound;
#[path = "lifecycle/renewal.rs"]
mod renewal;
#[path = "lifecycle/rhythm.rs"]
mod rhythm;
#[path = "lifecycle/rotation.rs"]
mod rotation;
#[path = "lifecycle/secrets.rs"]
mod secrets;
