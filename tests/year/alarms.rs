//! The desktop's alert policy over the year: one incident per cause, and none of what is well.

use std::collections::BTreeMap;
use std::sync::Arc;

use syncward_engine::alert::{Facts, LinkFacts, Notice};
use syncward_engine::view::LinkState;
use syncward_receiver::app::App;
use syncward_receiver::store;
use uuid::Uuid;

use super::time;
use super::world::{Shared, lock};

/// What a desktop would be told: one incident per cause, and none of what is well.
pub async fn observe(shared: &Shared, app: &Arc<App>) {
    let Ok(links) = app.store.read(store::link::all).await else {
        return;
    };
    let mut world = lock(shared);
    let (now, settings) = (time::receivers(), app.settings);
    let mut facts = Facts::default();
    let mut lost: BTreeMap<Uuid, usize> = BTreeMap::new();
    for link in &links {
        let view = link.engine.view(now, &settings);
        if view.state == LinkState::ReconnectNeeded {
            *lost.entry(link.google_grant_id).or_default() += 1;
        }
        let channel = view.channel.as_ref();
        facts.links.push(LinkFacts {
            link_id: link.link_id,
            grant_id: link.google_grant_id,
            receiver: "the receiver".to_owned(),
            clinic: format!("Clinic {}", link.clinic_id),
            calendar: link.calendar_name.clone(),
            state: view.state,
            code: view.reason.as_ref().map(|why| why.code.clone()),
            since_at: view.reason.as_ref().map(|why| why.since),
            registered_at: channel.and_then(|channel| channel.registered_at),
            expires_at: channel.and_then(|channel| channel.expires_at),
            renews_at: channel.and_then(|channel| channel.renews_at),
            open_now: None,
        });
    }
    for grant_id in lost.keys() {
        let office = world
            .offices
            .iter()
            .position(|office| office.grant_id == Some(*grant_id));
        let healthy = office.is_none_or(|office| world.offices[office].revoked_at.is_none());
        if healthy {
            world.breaks(
                "alerts: one per cause",
                None,
                format!("clinic {office:?} is to reconnect, and its consent stands"),
            );
        }
    }
    let notices = world.policy.observe(now, &facts);
    for notice in notices {
        if let Notice::Show {
            incident,
            replaces: false,
            title,
            ..
        } = notice
        {
            let kind = incident.split(':').next().unwrap_or_default().to_owned();
            *world.shown.entry(kind).or_default() += 1;
            world.tell(None, format!("alert {title}"));
            if !world.plan.rough {
                world.breaks("alerts: none in a quiet year", None, title);
            }
        }
    }
    let open: Vec<String> = world
        .policy
        .incidents()
        .iter()
        .filter(|incident| incident.is_open() && incident.id.starts_with("grant"))
        .map(|incident| incident.id.clone())
        .collect();
    if open.len() != lost.len() {
        let what = format!("{} lost grants and {} incidents", lost.len(), open.len());
        world.breaks("alerts: one per cause", None, what);
    }
}
