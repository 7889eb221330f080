//! The control API's types, shared by the receiver, the desktop's agent and (generated) TypeScript.
//!
//! Responsible for shapes, names and units on the wire, and for the typed client. Never holds a rule: states are
//! decided in `syncward-engine`, and this crate has no field that could carry a token or, outside
//! [`appointment`], a patient's words.

pub mod activity;
pub mod appointment;
pub mod attest;
pub mod certificate;
pub mod client;
pub mod clinic;
pub mod forecast;
pub mod grant;
pub mod link;
pub mod overview;
pub mod page;
pub mod pairing;
pub mod problem;
pub mod proof;
pub mod receiver;
pub mod series;
pub mod stream;
pub mod time;
pub mod webhook;

pub use activity::{Activity, Tone};
pub use certificate::{CertificateFault, Fingerprint, StrangeCertificate};
pub use clinic::{Clinic, ClinicDraft, ClinicPatch, Deleted, OpeningHours, Receipt};
pub use forecast::{
    AbsenceForecast, Forecast, ForecastHour, LinkAbsence, LinkForecast, PlannedRenewal, Quota,
};
pub use grant::{
    BlastRadius, Calendar, Grant, GrantAilment, GrantBegin, GrantBegun, GrantComplete,
    GrantCompleted, GrantHealth, GrantState, LinkDraft,
};
pub use link::{
    Channel, ChannelAttempts, ChannelState, Counters, Link, LinkState, Mode, Operation,
    OperationState, OutboundWait, Proof, ProofKind, Reason, Rhythm, Run, Silence,
};
pub use overview::{Counts, Coverage, DeliveryRate, GrantEnding, Lag, Overview};
pub use page::Page;
pub use pairing::{PairRequest, Paired, PairingCode, ReceiverIdentity, Role};
pub use problem::Problem;
pub use proof::{DrillState, FireDrill};
pub use series::{
    CoverageSeries, CoverageSpan, CursorStep, DeliverySeries, LagSeries, LagSpread, MissedChange,
    Watching, WholeLag,
};
pub use stream::StreamEvent;
pub use time::At;
