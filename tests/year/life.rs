//! One life of the receiver after another, each on its own runtime: dropping it is `kill -9`.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Once};
use std::time::Duration;

use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};
use rand::Rng;
use rusqlite::{Connection, OpenFlags, ffi};
use syncward_google::{Client, Endpoints, OAuthClient};
use syncward_receiver::app::{App, Parts};
use syncward_receiver::seal::Seal;
use syncward_receiver::store::Store;
use syncward_receiver::{exec, ingest};
use tokio::sync::Notify;
use url::Url;

use super::acts::{self, Errand};
use super::google::{self, Simulated};
use super::judge;
use super::world::{Doom, Shared, World, lock};
use super::{Ended, Plan, chance, time};
use super::{alarms, drills, masses};

/// The receiver looks at the clock at least this often.
pub const LOOK_EVERY: Duration = Duration::from_secs(15 * 60);

/// Where the byte lies that SQLite locks in files.
const LOCK_BYTE: std::ffi::c_uint = 0x1_0000;

/// Lives a whole year; what broke, if anything did, and the figures.
pub fn year(plan: Plan) -> Ended {
    lower_the_lock_page();
    let shared: Shared = Arc::new(std::sync::Mutex::new(World::new(plan)));
    // One thread lives the year, so SQLite needs no locks of its own.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_in_memory_with_flags(flags).unwrap();
    let doom = Arc::clone(&lock(&shared).doom);
    doom.commits_left.store(i64::MAX, Ordering::SeqCst);
    let watched = Arc::clone(&doom);
    connection
        .commit_hook(Some(move || watched.refuses_commit()))
        .unwrap();
    let store = Store::over(connection).unwrap();
    let client = {
        let root = Url::parse("https://google.simulated").unwrap();
        let wire = Arc::new(Simulated(shared.clone()));
        Client::over(Endpoints::under(&root).unwrap(), wire).unwrap()
    };
    while time::now() < lock(&shared).end && lock(&shared).broken.is_none() {
        let absent = live(&shared, &store, &client, &doom);
        stay_away(&shared, &store, absent);
    }
    if lock(&shared).broken.is_none() {
        now_or_never(judge::end(&shared, &store));
    }
    let told = now_or_never(judge::activity(&shared, &store));
    let world = lock(&shared);
    Ended {
        broken: world.broken.clone(),
        counts: world.counts,
        commits: doom.commits.load(Ordering::SeqCst),
        edits: world.book.edits,
        digest: world.tale.digest,
        told: world.tale.told,
        shown: world.shown.clone(),
        timeline: world
            .broken
            .as_ref()
            .map(|broken| format!("{}{told}", world.tale.of(broken.link, 120)))
            .unwrap_or_default(),
    }
}

/// SQLite numbers a page after the byte that it locks in files (at 1 GiB) while it puts the pages of a tree in order,
/// and after that its whole cache is walked at the commit. No file is locked here, so the byte may lie at the start.
#[expect(unsafe_code)]
fn lower_the_lock_page() {
    static LOWERED: Once = Once::new();
    LOWERED.call_once(|| {
        // SAFETY: this call takes one unsigned integer; every year calls this first, so that no connection is open yet.
        unsafe { ffi::sqlite3_test_control(ffi::SQLITE_TESTCTRL_PENDING_BYTE, LOCK_BYTE) };
    });
}

/// Store calls on one connection never wait for anybody.
fn now_or_never<T>(work: impl Future<Output = T>) -> T {
    work.now_or_never().expect("reading needs no waiting")
}

/// One life; how long the receiver is away after it.
fn live(shared: &Shared, store: &Store, client: &Client, doom: &Arc<Doom>) -> SignedDuration {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let absent = runtime.block_on(async {
        time::run();
        begin(shared, doom);
        let absent = attend(shared, store, client, doom).await;
        time::stand(time::now());
        absent
    });
    drop(runtime);
    lock(shared).ear = None;
    absent
}

fn begin(shared: &Shared, doom: &Doom) {
    let mut world = lock(shared);
    let now = time::now();
    world.counts.lives += 1;
    world.absent = false;
    world.born_at = now;
    doom.dead.store(false, Ordering::SeqCst);
    // What was used before is not remembered.
    world.minute.clear();
    // Soon after its start, or in the middle of anything.
    let crashes = world.weather.rough && world.founded_at.is_some() && !world.healing();
    let most = world.plan.commits_per_life;
    let commits = match (crashes, world.rng.random_bool(0.3)) {
        (false, _) => i64::MAX,
        (true, true) => world.rng.random_range(1..200),
        (true, false) => world.rng.random_range(200..most),
    };
    doom.commits_left.store(commits, Ordering::SeqCst);
    world.tell(
        None,
        format!("the receiver starts, to die after {commits} commits"),
    );
}

async fn attend(
    shared: &Shared,
    store: &Store,
    client: &Client,
    doom: &Arc<Doom>,
) -> SignedDuration {
    let (settings, quotas) = {
        let plan = &lock(shared).plan;
        (plan.settings, plan.quotas)
    };
    let parts = Parts {
        store: store.clone(),
        seal: Arc::new(Seal::from_text(&"07".repeat(32)).unwrap()),
        settings,
        public_url: Some(Url::parse("https://receiver.example").unwrap()),
        history: Some(Duration::from_secs(90 * 86_400)),
        google: client.clone(),
        oauth: OAuthClient {
            id: "the-year".to_owned(),
            secret: None,
        },
        quotas,
        look_every: LOOK_EVERY,
        // Nobody else is there to take over.
        lease: Duration::from_secs(86_400),
    };
    let Ok(app) = App::new(parts).await else {
        return soon(shared);
    };
    lock(shared).ear = Some(ingest::router(Arc::clone(&app)));
    tokio::spawn(exec::run(Arc::clone(&app)));
    if lock(shared).founded_at.is_none() {
        let founding = acts::found(shared, &app);
        let posts = post_meanwhile(shared);
        tokio::select! {
            () = founding => {}
            () = posts => {}
        }
        let mut world = lock(shared);
        world.founded_at = Some(time::now());
        world.weather.rough = world.plan.rough;
        world.plan_year();
        return SignedDuration::from_secs(1);
    }
    let changed = Arc::clone(&lock(shared).changed);
    loop {
        if doom.is_dead() {
            return soon(shared);
        }
        let (next, over) = {
            let world = lock(shared);
            let act = world.acts.first_key_value().map(|((at, _), _)| *at);
            let post = world.sim.outbox.next_due();
            let next = act.into_iter().chain(post).fold(world.end, Timestamp::min);
            (next, world.broken.is_some() || time::now() >= world.end)
        };
        if over {
            return SignedDuration::ZERO;
        }
        wait(next, &changed, doom).await;
        if doom.is_dead() {
            return soon(shared);
        }
        let due = lock(shared).due_posts();
        for delivery in due {
            tokio::spawn(google::deliver(shared.clone(), delivery));
        }
        while let Some(errand) = next_errand(shared) {
            if let Some(absent) = run(shared, &app, errand).await {
                return absent;
            }
        }
    }
}

async fn wait(next: Timestamp, changed: &Notify, doom: &Doom) {
    tokio::select! {
        biased;
        () = doom.died.notified() => {}
        () = changed.notified() => {}
        () = tokio::time::sleep_until(time::instant(next)) => {}
    }
}

/// Delivers what is due while the links are founded.
async fn post_meanwhile(shared: &Shared) {
    let changed = Arc::clone(&lock(shared).changed);
    let doom = Arc::clone(&lock(shared).doom);
    loop {
        let next = lock(shared).sim.outbox.next_due();
        let next = next.unwrap_or_else(|| time::now() + SignedDuration::from_mins(1));
        wait(next, &changed, &doom).await;
        let due = lock(shared).due_posts();
        for delivery in due {
            tokio::spawn(google::deliver(shared.clone(), delivery));
        }
    }
}

/// A crash, after which somebody or systemd starts it again.
fn soon(shared: &Shared) -> SignedDuration {
    let (least, most) = (Duration::from_secs(2), Duration::from_secs(180));
    chance::between(&mut lock(shared).rng, least, most)
}

/// The next errand that is due now; acts that are none are done on the way.
fn next_errand(shared: &Shared) -> Option<Errand> {
    let mut world = lock(shared);
    loop {
        let ((at, _), _) = world.acts.first_key_value()?;
        if *at > time::now() || world.broken.is_some() {
            return None;
        }
        let (_, act) = world.acts.pop_first()?;
        if let Some(errand) = world.act(act) {
            return Some(errand);
        }
    }
}

async fn run(shared: &Shared, app: &Arc<App>, errand: Errand) -> Option<SignedDuration> {
    match errand {
        Errand::System(link) => acts::system_edits(shared, app, link).await,
        Errand::Consent(office) => {
            let (task_shared, task_app) = (shared.clone(), Arc::clone(app));
            // In the background: it waits for Google.
            tokio::spawn(async move {
                if acts::consent(&task_shared, &task_app, office)
                    .await
                    .is_none()
                {
                    let again = SignedDuration::from_mins(30);
                    lock(&task_shared).later(again, acts::Act::Consent(office));
                }
            });
        }
        Errand::Announced { link, revision } => {
            judge::announced(shared, &app.store, link, revision).await;
        }
        Errand::Look => {
            for link_id in judge::look(shared, &app.store).await {
                masses::answer(shared, app, link_id).await;
            }
        }
        Errand::Drill(link) => drills::order(shared, app, link).await,
        Errand::Alarms => alarms::observe(shared, app).await,
        Errand::Absent(lasts) => return Some(lasts),
    }
    None
}

/// The world goes on without the receiver.
fn stay_away(shared: &Shared, store: &Store, lasts: SignedDuration) {
    let from = time::now();
    let until = {
        let mut world = lock(shared);
        world.absent = true;
        world.tell(None, format!("the receiver is away for {lasts:#}"));
        (from + lasts).min(world.end)
    };
    now_or_never(judge::look_at_cursors(shared, store));
    loop {
        let next = {
            let world = lock(shared);
            let act = world.acts.first_key_value().map(|((at, _), _)| *at);
            let post = world.sim.outbox.next_due();
            act.into_iter().chain(post).fold(until, Timestamp::min)
        };
        time::stand(next.max(time::now()));
        let due = lock(shared).due_posts();
        for delivery in due {
            now_or_never(google::deliver(shared.clone(), delivery));
        }
        while let Some(errand) = next_errand(shared) {
            let mut world = lock(shared);
            let again = SignedDuration::from_mins(10);
            match errand {
                Errand::Consent(office) => world.later(again, acts::Act::Consent(office)),
                Errand::System(_)
                | Errand::Announced { .. }
                | Errand::Look
                | Errand::Alarms
                | Errand::Drill(_)
                | Errand::Absent(_) => {}
            }
        }
        if time::now() >= until || lock(shared).broken.is_some() {
            break;
        }
    }
    let mut world = lock(shared);
    // With a clock that is wrong on either side nobody can say when the absence was.
    let steady = time::step().is_zero()
        && from.duration_since(world.stepped_at) > SignedDuration::from_hours(4);
    if steady && world.founded_at.is_some_and(|at| at < from) {
        world.absences.push((from, time::now()));
    }
}
