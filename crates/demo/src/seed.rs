//! Fills the demo by the product's own faces: clinics and consents through the control API, people's edits and
//! Google's whims through the simulator's.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::world::World;

/// A clinic, its account at Google, and the time zone it lives in.
struct Seeded {
    clinic: &'static str,
    account: &'static str,
    time_zone: &'static str,
}

const CLINICS: &[Seeded] = &[
    Seeded {
        clinic: "Harbour Physio",
        account: "hello@harbourphysio.example",
        time_zone: "Europe/London",
    },
    Seeded {
        clinic: "Northside Family",
        account: "office@northsidefamily.example",
        time_zone: "Europe/London",
    },
    Seeded {
        clinic: "Oak Street Dental",
        account: "frontdesk@oakstreetdental.example",
        time_zone: "Europe/London",
    },
    Seeded {
        clinic: "Elm Veterinary",
        account: "team@elmvet.example",
        time_zone: "Europe/Dublin",
    },
    Seeded {
        clinic: "Lakeview Paediatrics",
        account: "reception@lakeviewpaediatrics.example",
        time_zone: "Europe/London",
    },
    Seeded {
        clinic: "Riverside Imaging",
        account: "booking@riversideimaging.example",
        time_zone: "Europe/London",
    },
];

/// The account that withdraws its consent after connecting, so that one clinic needs a person.
const WITHDRAWN: &str = "hello@harbourphysio.example";

/// The longest lives Google grants in the demo, in hours; they go round, so that expiries lie days apart.
const LIVES_H: &[u64] = &[30, 164, 44, 150, 120, 98, 132, 80, 110];

/// Calendars whose renewal Google refuses for now, and how often; afterwards it heals by itself.
const HICCUPS: &[(&str, u32)] = &[("Dr. A calendar", 4), ("surgery", 3)];

/// Connects every clinic and calendar, sets people editing, and takes one consent away.
pub fn seed(world: &World) -> Result<()> {
    let google = Face {
        root: world.google.clone(),
        token: None,
    };
    let mut receiver = Face {
        root: format!("{}/api/v1", world.receiver),
        token: None,
    };
    let paired = receiver.post(
        "/pair",
        &json!({"code": world.pairing_code("admin")?, "device": "demo seed"}),
    )?;
    receiver.token = Some(
        paired["token"]
            .as_str()
            .context("pairing gave no token")?
            .to_owned(),
    );

    google.put("/sim/consent", &json!({"mode": "allow"}))?;
    vary_lives(&google)?;
    for seeded in CLINICS {
        connect(&receiver, seeded).with_context(|| format!("connecting {}", seeded.clinic))?;
    }
    google.put("/sim/consent", &json!({"mode": "page"}))?;
    google.post(
        &format!("/sim/accounts/{}/revoke", encoded(WITHDRAWN)),
        &json!({}),
    )?;
    for (calendar, times) in HICCUPS {
        hiccup(&google, &receiver, calendar, *times)
            .with_context(|| format!("making {calendar} due"))?;
    }
    notice_the_loss(&receiver)?;
    google.post("/sim/trickle", &json!({"every_ms": 2500}))?;
    Ok(())
}

/// Has the receiver look at the withdrawn account's calendars, and waits until it says that a person is needed.
fn notice_the_loss(receiver: &Face) -> Result<()> {
    const LOOKS: u32 = 100;
    let (_keep, never) = std::sync::mpsc::channel::<()>();
    let lost = |link: &Value| link["account"] == WITHDRAWN;
    for look in 0..LOOKS {
        let links = receiver.get("/links")?;
        let listed = links["items"].as_array().context("no list of calendars")?;
        let mut waiting = listed
            .iter()
            .filter(|link| lost(link) && link["state"] != "reconnect_needed");
        let Some(link) = waiting.next() else {
            return Ok(());
        };
        if look == 0 {
            let id = text(link, "id")?;
            receiver.post(&format!("/links/{id}/sync"), &json!({}))?;
        }
        let _ = never.recv_timeout(std::time::Duration::from_millis(50));
    }
    anyhow::bail!("the receiver never noticed that {WITHDRAWN} withdrew its consent")
}

/// Google may grant shorter lives than asked; here it does, differently for each calendar.
fn vary_lives(google: &Face) -> Result<()> {
    let state = google.get("/sim/state")?;
    let calendars = state["calendars"]
        .as_array()
        .context("the simulator lists no calendars")?;
    for (calendar, life_h) in calendars.iter().zip(LIVES_H.iter().cycle()) {
        let rule = json!({
            "match": {"operation": "events.watch", "calendar": calendar["id"]},
            "action": {"kind": "shorten", "ttl_s": life_h * 3600},
        });
        google.post("/sim/faults", &rule)?;
    }
    Ok(())
}

/// Google answers 503 to the next attempts to open a channel, the first of which a person asks for: renewal is due.
fn hiccup(google: &Face, receiver: &Face, calendar: &str, times: u32) -> Result<()> {
    let links = receiver.get("/links")?;
    let mut listed = links["items"].as_array().into_iter().flatten();
    let link = listed
        .find(|link| link["calendar_name"] == calendar)
        .context("no such calendar is linked")?;
    let rule = json!({
        "match": {"operation": "events.watch", "calendar": link["google_calendar_id"]},
        "action": {"kind": "refuse", "status": 503, "reason": "backendError"},
        "count": times,
    });
    google.post("/sim/faults", &rule)?;
    let id = text(link, "id")?;
    receiver.post(&format!("/links/{id}/renew"), &json!({}))?;
    Ok(())
}

fn connect(receiver: &Face, seeded: &Seeded) -> Result<()> {
    let clinic = receiver.post(
        "/clinics",
        &json!({"name": seeded.clinic, "time_zone": seeded.time_zone}),
    )?;
    let clinic_id = text(&clinic, "id")?;
    let redirect_uri = "http://127.0.0.1:9/oauth/callback";
    let begun = receiver.post(
        &format!("/clinics/{clinic_id}/grants"),
        &json!({"redirect_uri": redirect_uri, "login_hint": seeded.account}),
    )?;
    let code = consent(&text(&begun, "authorization_url")?)?;
    let completed = receiver.post(
        "/grants/complete",
        &json!({"state": begun["state"], "code": code}),
    )?;
    let grant_id = text(&completed["grant"], "id")?;
    let calendars = receiver.get(&format!("/grants/{grant_id}/calendars"))?;
    for calendar in calendars["items"]
        .as_array()
        .context("no list of calendars")?
    {
        if calendar["link_id"].is_null() && calendar["access_role"] != "reader" {
            let draft =
                json!({"grant_id": grant_id, "google_calendar_id": calendar["google_calendar_id"]});
            receiver.post(&format!("/clinics/{clinic_id}/links"), &draft)?;
        }
    }
    Ok(())
}

/// Plays the browser: the simulator consents and redirects; the code is in the address it redirects to.
fn consent(url: &str) -> Result<String> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .max_redirects(0)
        .max_redirects_will_error(false)
        .build()
        .into();
    let answer = agent.get(url).call().context("asking for consent")?;
    let location = answer
        .headers()
        .get("location")
        .context("the consent did not redirect")?
        .to_str()?
        .to_owned();
    let query = location
        .split_once('?')
        .map(|(_, query)| query.to_owned())
        .context("a redirect without a query")?;
    let code = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("code="))
        .context("a redirect without a code")?;
    Ok(decoded(code))
}

/// One JSON face over HTTP.
struct Face {
    root: String,
    token: Option<String>,
}

impl Face {
    fn get(&self, path: &str) -> Result<Value> {
        let request = ureq::get(format!("{}{path}", self.root));
        let request = match &self.token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        };
        let mut answer = request
            .config()
            .http_status_as_error(false)
            .build()
            .call()?;
        told(
            path,
            answer.status().as_u16(),
            answer.body_mut().read_to_string()?,
        )
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(ureq::post(format!("{}{path}", self.root)), path, body)
    }

    fn put(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(ureq::put(format!("{}{path}", self.root)), path, body)
    }

    fn send(
        &self,
        request: ureq::RequestBuilder<ureq::typestate::WithBody>,
        path: &str,
        body: &Value,
    ) -> Result<Value> {
        let request = match &self.token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        };
        let mut answer = request
            .config()
            .http_status_as_error(false)
            .build()
            .send_json(body)?;
        told(
            path,
            answer.status().as_u16(),
            answer.body_mut().read_to_string()?,
        )
    }
}

fn told(path: &str, status: u16, body: String) -> Result<Value> {
    anyhow::ensure!(
        (200..300).contains(&status),
        "{path} answered {status}: {body}"
    );
    if body.is_empty() {
        Ok(Value::Null)
    } else {
        Ok(serde_json::from_str(&body)?)
    }
}

fn text(value: &Value, key: &str) -> Result<String> {
    Ok(value[key]
        .as_str()
        .with_context(|| format!("no '{key}' in {value}"))?
        .to_owned())
}

fn encoded(text: &str) -> String {
    text.replace('@', "%40")
}

/// Percent-decodes an authorization code.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = (first == b'%')
            .then(|| tail.get(..2))
            .flatten()
            .and_then(|hex| {
                std::str::from_utf8(hex)
                    .ok()
                    .and_then(|hex| u8::from_str_radix(hex, 16).ok())
            });
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
