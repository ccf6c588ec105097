//! Many sign in at once: whether the program still answers meanwhile, and what memory it takes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures::future::join_all;
use hyper::Method;
use serde_json::json;

use super::table::ms;
use crate::measure::percentile;
use crate::town::{Ask, PASSWORD, Town, address};

const SIGN_INS: usize = 200;
const HEALTH_P99_MAX: Duration = Duration::from_millis(50);
const MEMORY_KIB_MAX: u64 = 1024 * 1024;

/// Measures and prints; what is too much comes back.
pub async fn measure(town: &Arc<Town>) -> Result<Vec<String>> {
    let (health, memory) = crowd(town).await?;
    println!(
        "\n{SIGN_INS} sign-ins at once: /healthz p99 {} ms, memory {memory} KiB",
        ms(health)
    );
    let mut missed = Vec::new();
    if health > HEALTH_P99_MAX {
        missed.push(format!("/healthz: p99 is {} ms", ms(health)));
    }
    if memory > MEMORY_KIB_MAX {
        missed.push(format!("memory: {memory} KiB"));
    }
    Ok(missed)
}

/// Signs in many at once, and asks meanwhile whether the program still lives.
async fn crowd(town: &Arc<Town>) -> Result<(Duration, u64)> {
    let sign_ins = (0..SIGN_INS).map(|number| {
        let town = Arc::clone(town);
        tokio::spawn(async move {
            let person = &town.people[number % town.people.len()];
            let body = json!({ "email": person.email, "password": PASSWORD });
            let from = address((1 << 21) + number);
            let ask = Ask::new(Method::POST, "/v1/sessions", &from).with(body);
            let reply = town.client.send(ask).await?;
            ensure!(reply.status.is_success(), "{}", reply.status);
            anyhow::Ok(())
        })
    });
    let sign_ins: Vec<_> = sign_ins.collect();
    let mut took = Vec::new();
    while sign_ins.iter().any(|it| !it.is_finished()) {
        let begin = Instant::now();
        town.client
            .send(Ask::new(Method::GET, "/healthz", "10.255.255.255"))
            .await?;
        took.push(u64::try_from(begin.elapsed().as_micros()).unwrap_or(u64::MAX));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for signed in join_all(sign_ins).await {
        signed??;
    }
    let health = Duration::from_micros(percentile(&took, 99).unwrap_or(0));
    Ok((health, memory_kib()?))
}

/// The most that this process has had in memory, the client's share included.
fn memory_kib() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|rest| rest.split_whitespace().next());
    Ok(number.unwrap_or("0").parse()?)
}
