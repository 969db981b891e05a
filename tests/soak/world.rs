//! The simulated systems, in a process of their own: their growth is not the engine's.

use std::{
    io::{self, BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use prism_connect::sim::{
    Addresses, SimSettings, Simulation,
    world::{TrueMapping, WorldSettings},
};
use serde::de::DeserializeOwned;

/// Serves until its input is closed; the first line says where.
pub async fn serve(customers: u32) {
    let world = WorldSettings { customers: customers as usize, ..WorldSettings::default() };
    let settings = SimSettings { world, ..SimSettings::default() };
    let simulation = Simulation::start(settings).await.expect("a simulation");
    println!("{}", serde_json::to_string(&simulation.addresses()).expect("JSON"));
    let closed = tokio::task::spawn_blocking(|| io::copy(&mut io::stdin(), &mut io::sink()));
    closed.await.expect("no panic").expect("an input");
    simulation.stop().await;
}

/// What a benchmark does beside its world, which is the same program in a process of its own: for as many customers as its
/// first argument says.
#[allow(dead_code, reason = "not all who have a world are benchmarks")]
pub fn beside<F: Future<Output = ()>>(usual: u32, measure: impl FnOnce(u32) -> F) {
    let mut arguments = std::env::args().skip(1);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let number = |text: Option<String>| text.and_then(|text| text.parse().ok());
    match arguments.next() {
        Some(first) if first == "world" => {
            runtime.block_on(serve(number(arguments.next()).unwrap_or(usual)));
        }
        first => {
            let customers = number(first).or_else(|| number(arguments.next()));
            runtime.block_on(measure(customers.unwrap_or(usual)));
        }
    }
}

/// The other process; it ends with this one.
pub struct World {
    pub addresses: Addresses,
    client: reqwest::Client,
    process: Child,
}

impl Drop for World {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // It ends by itself once its input is closed; there is nothing to do about it if not.
        let _ = self.process.wait();
    }
}

impl World {
    pub fn start(customers: u32) -> Self {
        prism_connect::http::install_tls();
        let mut process = Command::new(std::env::current_exe().expect("this program"))
            .args(["world", &customers.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a second process");
        let mut line = String::new();
        let output = process.stdout.as_mut().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("its first line");
        let addresses = serde_json::from_str(&line).expect("addresses");
        Self { addresses, client: reqwest::Client::new(), process }
    }

    /// The mappings that can work, as a file to import.
    pub async fn mappings(&self) -> String {
        let told: Vec<TrueMapping> = self.told("mappings").await;
        let mut file = "tenant_id,company_id,contract_id,sync\n".to_owned();
        for one in told.iter().filter(|one| one.usable) {
            let TrueMapping { tenant_id, company_id, contract_id, .. } = one;
            file.push_str(&format!("{tenant_id},{company_id},{contract_id},on\n"));
        }
        file
    }

    /// What the control endpoint tells at a path.
    pub async fn told<T: DeserializeOwned>(&self, path: &str) -> T {
        let url = format!("{}/{path}", self.addresses.control_url);
        self.client.get(url).send().await.expect("an answer").json().await.expect("JSON")
    }

    /// Has the world do something, and what it says of it.
    pub async fn order(&self, path: &str, body: &'static str) -> String {
        let url = format!("{}/{path}", self.addresses.control_url);
        self.client
            .post(url)
            .body(body)
            .send()
            .await
            .expect("an answer")
            .text()
            .await
            .expect("text")
    }
}
