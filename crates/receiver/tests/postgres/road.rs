//! A road to some servers: takes each connection to the next of them that answers, and can be closed.

use std::sync::{Arc, Mutex};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A listener in front of servers; a load balancer, or a network that fails.
#[derive(Clone)]
pub struct Road {
    pub address: String,
    servers: Arc<Mutex<Vec<String>>>,
    open: watch::Sender<bool>,
}

impl Road {
    pub async fn to(servers: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let servers = servers.iter().map(|one| (*one).to_owned()).collect();
        let road = Self {
            address: listener.local_addr().unwrap().to_string(),
            servers: Arc::new(Mutex::new(servers)),
            open: watch::Sender::new(true),
        };
        let lead = road.clone();
        tokio::spawn(async move {
            let mut turn = 0;
            while let Ok((traveller, _)) = listener.accept().await {
                turn += 1;
                let servers = lead.servers.lock().unwrap().clone();
                tokio::spawn(travel(traveller, servers, turn, lead.open.subscribe()));
            }
        });
        road
    }

    pub fn lead_to(&self, servers: &[&str]) {
        *self.servers.lock().unwrap() = servers.iter().map(|one| (*one).to_owned()).collect();
    }

    /// Ends every connection, and every later one at once.
    pub fn close(&self) {
        self.open.send_replace(false);
    }

    pub fn open(&self) {
        self.open.send_replace(true);
    }
}

async fn travel(
    mut traveller: TcpStream,
    servers: Vec<String>,
    turn: usize,
    mut open: watch::Receiver<bool>,
) {
    if !*open.borrow_and_update() {
        return;
    }
    for number in 0..servers.len() {
        let server = &servers[(turn + number) % servers.len()];
        let Ok(mut arrived) = TcpStream::connect(server).await else {
            continue;
        };
        tokio::select! {
            _ = copy_bidirectional(&mut traveller, &mut arrived) => {}
            // Also when it is open again by now.
            _ = open.changed() => {}
        }
        return;
    }
}
