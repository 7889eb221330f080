//! What the window can ask; each variant names the answer it gets.

use serde::{Deserialize, Serialize};
use syncward_wire::{At, ClinicPatch, Fingerprint};
use uuid::Uuid;

use super::{FileContent, QuietSpan, RuleSetting, Settings, SnoozeFor};

/// One question or order of the window, written as `{"call": "renew", "link_id": "…"}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ts_rs::TS)]
#[serde(tag = "call", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Everything the window shows at once. Answer: `snapshot`.
    Snapshot,
    /// One link, fresh from the receiver when it answers, else as last known. Answer: `link`.
    Link { id: Uuid },
    /// Sync latency in columns. Answer: `lag`.
    Lag {
        #[serde(default)]
        #[ts(optional)]
        link: Option<Uuid>,
        from: At,
        to: At,
        buckets: u32,
        /// Also how the samples of each bucket lie.
        #[serde(default)]
        #[ts(optional)]
        spread: Option<bool>,
    },
    /// Notifications and missed changes in columns. Answer: `delivery`.
    Delivery {
        #[serde(default)]
        #[ts(optional)]
        link: Option<Uuid>,
        from: At,
        to: At,
        buckets: u32,
    },
    /// How links were watched. Answer: `coverage`.
    Coverage {
        #[serde(default)]
        #[ts(optional)]
        link: Option<Uuid>,
        from: At,
        to: At,
        buckets: u32,
    },
    /// The biography, newest first, of a link, of a receiver by its address, or of the chosen receiver; `after` is the
    /// `next` of the page before. Answer: `activity`.
    Activity {
        #[serde(default)]
        #[ts(optional)]
        link: Option<Uuid>,
        #[serde(default)]
        #[ts(optional)]
        receiver: Option<String>,
        #[serde(default)]
        #[ts(optional)]
        after: Option<String>,
        #[serde(default)]
        #[ts(optional)]
        limit: Option<u32>,
    },
    /// Who did what, newest first, and whether the chain of entries holds. Answer: `audit`.
    Audit {
        #[serde(default)]
        #[ts(optional)]
        after: Option<String>,
        limit: u32,
    },
    /// Changes that no notification announced, newest first. Answer: `missed_changes`.
    MissedChanges { link: Uuid, limit: u32 },
    /// What fire drills of a link showed, newest first. Answer: `fire_drills`.
    FireDrills { link: Uuid, limit: u32 },
    /// Open a successor channel now. Answer: `operation`.
    Renew { link_id: Uuid },
    /// Renew every link whose renewal is due, of one receiver by its key or of all. Answer: `operation`.
    RenewDue {
        #[serde(default)]
        #[ts(optional)]
        receiver: Option<String>,
    },
    /// Run a sync now. Answer: `operation`.
    Sync { link_id: Uuid },
    /// Prove the way from Google by a canary channel. Answer: `operation`.
    TestDelivery { link_id: Uuid },
    /// Stop the live channel on purpose, to see polling take over and a new one prove itself. Answer: `operation`.
    FireDrill { link_id: Uuid },
    /// Stop watching until resumed. Answer: `operation`.
    Pause { link_id: Uuid },
    /// Watch again. Answer: `operation`.
    Resume { link_id: Uuid },
    /// Apply the cancellations that the mass-change guard holds. Answer: `operation`.
    Approve { link_id: Uuid },
    /// Keep the appointments whose cancellation is held. Answer: `operation`.
    Reject { link_id: Uuid },
    /// Answer: `clinics`.
    Clinics,
    /// Answer: `clinic`.
    CreateClinic { name: String, time_zone: String },
    /// Its name, time zone or opening hours; what is left out stays. Answer: `clinic`.
    SetClinic {
        clinic_id: Uuid,
        change: ClinicPatch,
    },
    /// Answer: `grants`.
    Grants,
    /// What ails a grant and what rests on it. Answer: `grant_health`.
    GrantHealth { grant_id: Uuid },
    /// The calendars that a grant can see. Answer: `calendars`.
    Calendars { grant_id: Uuid },
    /// Link one more calendar. Answer: `link`.
    AddLink {
        clinic_id: Uuid,
        grant_id: Uuid,
        google_calendar_id: String,
    },
    /// Stop the channels of a grant and revoke it at Google. Answer: `done`.
    Disconnect { grant_id: Uuid },
    /// Open Google's consent page in the system browser. Answer: `connect`.
    ConnectGoogle {
        clinic_id: Uuid,
        #[serde(default)]
        #[ts(optional)]
        login_hint: Option<String>,
    },
    /// Where an attempt stands. Answer: `connect`.
    ConnectState { attempt: Uuid },
    /// Open the consent page once more. Answer: `connect`.
    ConnectOpenAgain { attempt: Uuid },
    /// Give the attempt up. Answer: `connect`.
    ConnectCancel { attempt: Uuid },
    /// Seen; quiet until it recovers. Answer: `done`.
    Acknowledge { incident: String },
    /// Quiet for an hour, until the morning, or until it changes. Answer: `done`.
    Snooze { incident: String, until: SnoozeFor },
    /// The same for all that is told of a calendar. Answer: `done`.
    SnoozeLink { link_id: Uuid, until: SnoozeFor },
    /// A person has read that banner. Answer: `done`.
    BannerRead { banner: Uuid },
    /// No bubble at all for an hour; then it goes on by itself, with one digest. Answer: `done`.
    PauseAlerts,
    /// Go on now. Answer: `done`.
    ResumeAlerts,
    /// Alerts that are over, newest first; `before` is the `next` of the page before. Answer: `alert_history`.
    AlertHistory {
        #[serde(default)]
        #[ts(optional)]
        before: Option<String>,
        limit: u32,
    },
    /// The rules in words, and quiet hours. Answer: `alert_rules`.
    AlertRules,
    /// Set one rule. Answer: `alert_rules`.
    SetAlertRule { rule: RuleSetting },
    /// Set all quiet hours. Answer: `alert_rules`.
    SetQuietHours { days: Vec<QuietSpan> },
    /// What a rule, set so, would have told in the last 30 days. Answer: `backtest`.
    Backtest { rule: RuleSetting },
    /// Show a bubble, to see whether this desktop shows them. Answer: `done`.
    TestAlert,
    /// Pair with a receiver by the code that `syncward-receiver pair` printed. Answer: `receivers`.
    ///
    /// With `pin`, only to whoever has that key; without, to whom the system trusts.
    Pair {
        address: String,
        code: String,
        #[serde(default)]
        #[ts(optional)]
        pin: Option<Fingerprint>,
    },
    /// Take the certificate that stands in the way for the receiver's: a person has compared its fingerprint.
    /// Answer: `receivers`.
    TrustCertificate { fingerprint: Fingerprint },
    /// Follow a `syncward://` link: what it leads to stands in the snapshot until `visit_seen`. Answer: `done`.
    FollowLink { link: String },
    /// The window has shown that arrival; another one that came meanwhile stays. Answer: `done`.
    VisitSeen { arrival: Uuid },
    /// Start the receiver that ships with this app, on this computer. Answer: `receivers`.
    StartLocalReceiver,
    /// End the one on this computer until it is started again. Answer: `receivers`, once it has ended.
    StopLocalReceiver,
    /// End it and start it again. Answer: `receivers`, once it answers.
    RestartLocalReceiver,
    /// The newest lines of its log. Answer: `local_log`.
    LocalLog { lines: u32 },
    /// How the chosen receiver itself stands. Answer: `receiver_health`.
    ReceiverHealth,
    /// Begin no work at Google until resumed. Answer: `done`.
    PauseReceiver,
    /// Go on after a pause or a drain. Answer: `done`.
    ResumeReceiver,
    /// End what is under way and begin nothing new. Answer: `operation`.
    DrainReceiver,
    /// Show the demo that ships with this app, in place of everything else; refused where calendars are watched.
    /// Answer: `done`.
    BeginDemo,
    /// End the demo and forget it. Answer: `done`.
    LeaveDemo,
    /// The window was closed into the tray; the first time a bubble says what goes on there. Answer: `done`.
    ClosedToTray,
    /// The receivers this computer is paired with. Answer: `receivers`.
    Receivers,
    /// Show this one on the pages of a single receiver. Answer: `receivers`.
    ChooseReceiver { address: String },
    /// Call it by this name; empty: by its address. Answer: `receivers`.
    RenameReceiver { address: String, name: String },
    /// Watch it no longer, and remove its token, its pin and all that it told. It goes on by itself; the others are
    /// watched as before. Answer: `receivers`.
    ForgetReceiver { address: String },
    /// The devices that are paired with the receiver, the shut out ones too. Answer: `devices`.
    Devices,
    /// Shut a device out at once. Answer: `done`.
    RevokeDevice { device_id: Uuid },
    /// Answer: `settings`.
    Settings,
    /// Answer: `settings`.
    SetSettings { settings: Settings },
    /// Save a table or a picture into the person's downloads. Answer: `saved`.
    SaveFile { name: String, content: FileContent },
    /// Whether Syncward starts at login. Answer: `startup`.
    Startup,
    /// Start at login from now on, or no longer. Answer: `startup`.
    SetStartup { at_login: bool },
    /// Ask the configured address for a newer version; the snapshot tells the outcome. Answer: `done`.
    CheckUpdate,
    /// Fetch the version that was found and check its signature. Answer: `done`.
    FetchUpdate,
    /// What a diagnostics file would hold. Answer: `diagnostics`.
    Diagnostics { with_names: bool },
    /// Save exactly what was shown under that id. Answer: `saved`.
    SaveDiagnostics { id: Uuid },
    /// Answer: `about`.
    About,
}
