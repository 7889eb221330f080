//! Clinics: list, make, change, delete.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use jiff::civil::Time;
use jiff::tz::TimeZone;
use syncward_wire::{Clinic, ClinicDraft, ClinicPatch, OpeningHours, Page, Problem, Receipt};
use uuid::Uuid;

use super::extract::{Asked, Body, Id, Paging, Place};
use super::problem::{Answer, Refusal};
use super::show;
use crate::app::{Actor, App, Changed, UseError};
use crate::{clock, store};

const NAME_MOST: usize = 200;

/// The clinics, by name.
#[utoipa::path(get, path = "/clinics", params(Paging), responses((status = 200, body = Page<Clinic>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<Page<Clinic>>> {
    let clinics = app.store.read(store::clinic::all).await?;
    let clinics = clinics.into_iter().map(show::clinic).collect();
    show::page(clinics, &paging, |one| {
        Place(one.name.to_lowercase(), one.id.to_string())
    })
    .map(Json)
}

/// One clinic.
#[utoipa::path(get, path = "/clinics/{id}", params(("id" = Uuid, Path)), responses((status = 200, body = Clinic), (status = 404, body = Problem)))]
pub async fn one(State(app): State<Arc<App>>, Id(id): Id) -> Answer<Json<Clinic>> {
    Ok(Json(show::clinic(found(&app, id).await?)))
}

/// Makes a clinic.
#[utoipa::path(post, path = "/clinics", request_body = ClinicDraft, responses((status = 201, body = Clinic), (status = 422, body = Problem)))]
pub async fn create(
    State(app): State<Arc<App>>,
    Extension(by): Extension<Actor>,
    Body(draft): Body<ClinicDraft>,
) -> Answer<(StatusCode, Json<Clinic>)> {
    let clinic = store::clinic::Clinic {
        clinic_id: Uuid::new_v4(),
        name: name(&draft.name)?,
        time_zone: zone(&draft.time_zone)?,
        opening_hours: hours(draft.opening_hours)?,
        made_at: clock::now(),
    };
    let made = clinic.clone();
    app.decide(move |tx| {
        store::clinic::save(tx, &made)?;
        Ok(by.note(tx, Some(made.clinic_id), clock::now())?)
    })
    .await?;
    app.tell(vec![Changed::Overview]);
    Ok((StatusCode::CREATED, Json(show::clinic(clinic))))
}

/// Changes a clinic; a field left out stays.
#[utoipa::path(patch, path = "/clinics/{id}", params(("id" = Uuid, Path)), request_body = ClinicPatch,
    responses((status = 200, body = Clinic), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn change(
    State(app): State<Arc<App>>,
    Extension(by): Extension<Actor>,
    Id(id): Id,
    patch: Answer<Body<ClinicPatch>>,
) -> Answer<Json<Clinic>> {
    found(&app, id).await?;
    let Body(patch) = patch?;
    let new_name = patch.name.as_deref().map(name).transpose()?;
    let new_zone = patch.time_zone.as_deref().map(zone).transpose()?;
    let new_hours = patch.opening_hours.map(hours).transpose()?;
    let clinic = app
        .decide(move |tx| {
            // As it is now: two people may change different fields at once.
            let mut clinic =
                store::clinic::find(tx, id)?.ok_or_else(|| UseError::not_found("clinic"))?;
            clinic.name = new_name.unwrap_or(clinic.name);
            clinic.time_zone = new_zone.unwrap_or(clinic.time_zone);
            clinic.opening_hours = new_hours.unwrap_or(clinic.opening_hours);
            store::clinic::save(tx, &clinic)?;
            by.note(tx, Some(id), clock::now())?;
            Ok(clinic)
        })
        .await?;
    app.tell(vec![Changed::Overview]);
    Ok(Json(show::clinic(clinic)))
}

/// Deletes a clinic: its channels are stopped and its consents revoked first.
#[utoipa::path(delete, path = "/clinics/{id}", params(("id" = Uuid, Path)), responses((status = 204), (status = 404, body = Problem)))]
pub async fn delete(
    State(app): State<Arc<App>>,
    Extension(by): Extension<Actor>,
    Id(id): Id,
) -> Answer<StatusCode> {
    found(&app, id).await?;
    app.delete_clinic(by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets a clinic for good: stops its channels, revokes its consents, deletes every row of it, and keeps a receipt.
#[utoipa::path(post, path = "/clinics/{id}/forget", params(("id" = Uuid, Path)),
    responses((status = 200, body = Receipt), (status = 404, body = Problem)))]
pub async fn forget(
    State(app): State<Arc<App>>,
    Extension(by): Extension<Actor>,
    Id(id): Id,
) -> Answer<Json<Receipt>> {
    Ok(Json(app.forget_clinic(by, id).await?))
}

/// What was forgotten, oldest first.
#[utoipa::path(get, path = "/receipts", params(Paging), responses((status = 200, body = Page<Receipt>)))]
pub async fn receipts(
    State(app): State<Arc<App>>,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<Page<Receipt>>> {
    let receipts = app.store.read(store::receipt::all).await?;
    show::page(receipts, &paging, |one: &Receipt| {
        Place::of_time(*one.at, one.id)
    })
    .map(Json)
}

/// One receipt.
#[utoipa::path(get, path = "/receipts/{id}", params(("id" = Uuid, Path)),
    responses((status = 200, body = Receipt), (status = 404, body = Problem)))]
pub async fn receipt(State(app): State<Arc<App>>, Id(id): Id) -> Answer<Json<Receipt>> {
    let found = app
        .store
        .read(move |connection| store::receipt::find(connection, id))
        .await?;
    found.map(Json).ok_or_else(|| Refusal::not_found("receipt"))
}

/// The clinic of that id, or 404.
pub async fn found(app: &App, id: Uuid) -> Answer<store::clinic::Clinic> {
    let clinic = app
        .store
        .read(move |connection| store::clinic::find(connection, id))
        .await?;
    clinic.ok_or_else(|| Refusal::not_found("clinic"))
}

fn name(text: &str) -> Answer<String> {
    let text = text.trim();
    match (1..=NAME_MOST).contains(&text.chars().count()) {
        true => Ok(text.to_owned()),
        false => Err(invalid("name must have 1 to 200 characters")),
    }
}

fn zone(text: &str) -> Answer<String> {
    match TimeZone::get(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(invalid(
            "time_zone must be an IANA name, such as Europe/Berlin",
        )),
    }
}

fn hours(list: Vec<OpeningHours>) -> Answer<Vec<OpeningHours>> {
    for one in &list {
        let read = |text: &str| Time::strptime("%H:%M", text).ok();
        let ordered = matches!((read(&one.opens), read(&one.closes)), (Some(opens), Some(closes)) if opens < closes);
        if !(1..=7).contains(&one.weekday) || !ordered {
            return Err(invalid(
                "opening_hours need a weekday from 1 to 7 and opens before closes, as HH:MM",
            ));
        }
    }
    Ok(list)
}

fn invalid(what: &str) -> Refusal {
    Refusal::new(
        422,
        "invalid_clinic",
        format!("{what}."),
        "Correct it and send it again.",
    )
}
