//! The HTML of the consent page and of its errors.

use crate::model::{
    Account,
    oauth::{AuthFault, AuthRequest},
};

const STYLE: &str = "
:root{color-scheme:light dark;--ink:#1b2326;--soft:#5b686d;--line:#d9e0e2;--page:#f2f5f6;--card:#fff;--accent:#0b57d0;--on:#fff}
@media(prefers-color-scheme:dark){:root{--ink:#e6ecee;--soft:#9fadb2;--line:#333d40;--page:#13181a;--card:#1c2326;--accent:#a8c7fa;--on:#062e6f}}
*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,'Inter',sans-serif}main{width:min(460px,100%);background:var(--card);border:1px solid var(--line);border-radius:16px;padding:32px}
h1{font-size:22px;line-height:1.3;margin:0 0 4px}p{margin:0 0 20px;color:var(--soft)}fieldset{border:0;padding:0;margin:0 0 20px}
legend{padding:0;font-weight:600;margin-bottom:8px}label{display:flex;gap:12px;align-items:flex-start;padding:10px 12px;border:1px solid var(--line);
border-radius:10px;margin-top:8px;cursor:pointer}label small{display:block;color:var(--soft);overflow-wrap:anywhere}
input{margin:4px 0 0;accent-color:var(--accent)}
.row{display:flex;gap:12px;justify-content:flex-end}button{font:inherit;font-weight:600;padding:10px 22px;border-radius:999px;border:1px solid var(--line);
background:none;color:var(--accent);cursor:pointer}button[value=allow]{background:var(--accent);border-color:var(--accent);color:var(--on)}
button:focus-visible,input:focus-visible{outline:2px solid var(--accent);outline-offset:2px}.note{margin:20px 0 0;font-size:13px}";

/// The page that asks for consent.
pub fn ask(request: &AuthRequest, raw_query: &str, accounts: &[Account]) -> String {
    let hinted = request.login_hint.as_deref();
    let chosen = accounts
        .iter()
        .position(|account| Some(account.email.as_str()) == hinted)
        .unwrap_or(0);
    let choices: String = accounts
        .iter()
        .enumerate()
        .map(|(at, account)| {
            let (email, name) = (escape(&account.email), escape(&account.name));
            let checked = if at == chosen { " checked" } else { "" };
            format!(
                "<label><input type=\"radio\" name=\"account\" value=\"{email}\"{checked}><span>{name}<small>{email}</small></span></label>"
            )
        })
        .collect();
    let scopes: String = request
        .scopes
        .iter()
        .map(|scope| {
            let (scope, sentence) = (escape(scope), sentence(scope));
            format!(
                "<label><input type=\"checkbox\" name=\"granted\" value=\"{scope}\" checked><span>{sentence}<small>{scope}</small></span></label>"
            )
        })
        .collect();
    let client = escape(&request.client_id);
    let body = format!(
        "<h1>Allow access to your calendars?</h1><p>The app {client} wants to use your account.</p>\
         <form method=\"post\" action=\"?{query}\"><input type=\"hidden\" name=\"partial\" value=\"1\">\
         <fieldset><legend>Account</legend>{choices}</fieldset><fieldset><legend>What it may do</legend>{scopes}</fieldset>\
         <div class=\"row\"><button id=\"deny\" name=\"decision\" value=\"deny\">Deny</button>\
         <button id=\"allow\" name=\"decision\" value=\"allow\">Allow</button></div></form>\
         <p class=\"note\">This is the Google simulator. No real account is used.</p>",
        query = escape(raw_query),
    );
    page("Sign in", &body)
}

/// The page that tells why there is nothing to consent to.
pub fn error(fault: &AuthFault) -> String {
    let body = format!(
        "<h1>Access blocked</h1><p>{}</p><p class=\"note\">Error {}: {}</p>",
        escape(&fault.sentence),
        fault.status,
        fault.code
    );
    page("Access blocked", &body)
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title} · Google simulator</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    )
}

fn sentence(scope: &str) -> &'static str {
    match scope.rsplit('/').next().unwrap_or(scope) {
        "calendar" => "See, edit, share and delete all your calendars",
        "calendar.events" => "See and edit events on all your calendars",
        "calendar.events.readonly" => "See events on all your calendars",
        "calendar.readonly" => "See all your calendars",
        "calendar.calendarlist.readonly" => "See the list of your calendars",
        "calendar.calendarlist" => "See and change the list of your calendars",
        "openid" => "Know who you are",
        "email" | "userinfo.email" => "See your e-mail address",
        "profile" | "userinfo.profile" => "See your name",
        _ => "Use another part of your calendars",
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
