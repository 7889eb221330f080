//! Google Calendar and OAuth, as Google speaks them.
//!
//! Responsible for Google's JSON, headers, status codes and OAuth, and for turning every way a call can fail into one
//! [`syncward_engine::Failure`]. Never decides what follows from an answer, never keeps state, never reads a clock.

mod answer;
mod calendar;
mod channel;
mod client;
mod endpoints;
mod event;
mod events;
mod failure;
mod lenient;
mod notification;
mod nul;
mod oauth;
mod secret;
mod wire;

pub use calendar::{AccessRole, CalendarEntry};
pub use channel::{OpenedChannel, Stopped, WatchRequest};
pub use client::{Client, ClientError};
pub use endpoints::Endpoints;
pub use event::{Attendee, Event, EventEdit, EventStatus, EventTime, ExtendedProperties};
pub use events::{EventsPage, ListQuery, ListStart, MAX_RESULTS};
pub use failure::{Call, QuotaOf, asks_for_refresh, quota_of};
pub use notification::{HeaderFault, Notification, ResourceState};
pub use oauth::{
    Authorization, ExchangedGrant, OAuthClient, REQUIRED_SCOPES, RefreshedAccess, missing_scopes,
};
pub use secret::{AccessToken, ChannelToken, ClientSecret, PkceVerifier, RefreshToken};
pub use wire::{Carried, Carrying, Wire};
