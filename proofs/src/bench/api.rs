//! The API under load: how long each route takes, and whether hashing passwords starves the rest.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use api::{Binding, Routes};
use clap::Args;
use futures::future::join_all;
use hyper::Method;
use serde_json::json;

use crate::dice::Dice;
use crate::measure::percentile;
use crate::server::Server;
use crate::town::{Ask, PASSWORD, Person, Reply, Town, address};

const READ_P95_MAX: Duration = Duration::from_millis(20);
const COMMAND_P95_MAX: Duration = Duration::from_millis(60);
const HEALTH_P99_MAX: Duration = Duration::from_millis(50);
const MEMORY_KIB_MAX: u64 = 1024 * 1024;
const SIGN_INS: usize = 200;

#[derive(Clone, Debug, Args)]
pub struct ApiArgs {
    /// Requests a second, whether the ones before are answered or not.
    #[arg(long, default_value_t = 200)]
    rate: u64,
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    #[arg(long, default_value_t = 50)]
    people: usize,
    /// Print, and let missed bars pass.
    #[arg(long)]
    no_judge: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Read,
    Command,
}

/// What is asked, how often among a hundred, and of which sort it is.
const MIX: [(&str, u64, Sort); 18] = [
    ("GET /v1/me", 20, Sort::Read),
    ("GET /v1/sessions", 14, Sort::Read),
    ("GET /v1/keys", 10, Sort::Read),
    ("GET /v1/me/sign-ins", 8, Sort::Read),
    ("GET /v1/me/export", 4, Sort::Read),
    ("GET /v1/users", 5, Sort::Read),
    ("GET /v1/users/{user}", 4, Sort::Read),
    ("GET /v1/audit", 5, Sort::Read),
    ("GET /v1/log/head", 5, Sort::Read),
    ("GET /.well-known/jwks.json", 5, Sort::Read),
    ("POST /v1/sessions/refresh", 8, Sort::Command),
    ("POST /v1/keys", 4, Sort::Command),
    ("DELETE /v1/keys/{key}", 2, Sort::Command),
    ("POST /v1/recovery", 2, Sort::Command),
    ("POST /v1/users/confirm/again", 1, Sort::Command),
    ("PUT /v1/users/{user}/roles/{role}", 1, Sort::Command),
    ("POST /v1/sessions", 1, Sort::Command),
    ("POST /v1/users", 1, Sort::Command),
];

/// Measures and prints; what is too slow comes back.
pub async fn api(args: &ApiArgs) -> Result<Vec<String>> {
    let server = Server::open(Path::new(".trainnet/proofs")).await?;
    let database = server.fresh_log("proofs_bench_api").await?;
    let mut town = Town::found(database, Binding::Strict, Routes::new()).await?;
    town.settle(args.people.max(1)).await?;
    let town = Arc::new(town);
    let took = load(&town, args).await?;
    let mut missed = Vec::new();
    println!(
        "{:<36} {:>6} {:>9} {:>9} {:>9}",
        "route", "asked", "p50 ms", "p95 ms", "p99 ms"
    );
    for (route, _, sort) in MIX {
        let Some(took) = took.get(route) else {
            continue;
        };
        let at = |percent| Duration::from_micros(percentile(took, percent).unwrap_or(0));
        let (name, count) = (route, took.len());
        println!(
            "{name:<36} {count:>6} {} {} {}",
            ms(at(50)),
            ms(at(95)),
            ms(at(99))
        );
        let bar = match sort {
            Sort::Read => READ_P95_MAX,
            Sort::Command => COMMAND_P95_MAX,
        };
        if at(95) > bar {
            missed.push(format!(
                "{route}: p95 is {} ms, the bar is {}",
                ms(at(95)),
                ms(bar)
            ));
        }
    }
    let (health, memory) = crowd(&town).await?;
    println!(
        "\n{SIGN_INS} sign-ins at once: /healthz p99 {} ms, memory {memory} KiB",
        ms(health)
    );
    if health > HEALTH_P99_MAX {
        missed.push(format!("/healthz: p99 is {} ms", ms(health)));
    }
    if memory > MEMORY_KIB_MAX {
        missed.push(format!("memory: {memory} KiB"));
    }
    town.log.clone().close().await;
    drop(town);
    server.drop_database("proofs_bench_api").await?;
    server.close().await?;
    Ok(if args.no_judge { Vec::new() } else { missed })
}

fn ms(time: Duration) -> String {
    let tenths = time.as_micros() / 100;
    format!("{:>7}.{}", tenths / 10, tenths % 10)
}

/// Asks at a steady pace; how long each took counts from when it was due, not from when it was sent.
async fn load(town: &Arc<Town>, args: &ApiArgs) -> Result<BTreeMap<&'static str, Vec<u64>>> {
    let count = args.rate * args.seconds;
    let begin = tokio::time::Instant::now() + Duration::from_millis(100);
    let mut dice = Dice::seeded(7);
    let fresh = Arc::new(AtomicUsize::new(1 << 20));
    let mut running = Vec::new();
    for number in 0..count {
        let due = begin + Duration::from_micros(number * 1_000_000 / args.rate);
        let (route, person) = (pick(&mut dice), dice.below(town.people.len()));
        let (town, fresh) = (Arc::clone(town), Arc::clone(&fresh));
        running.push(tokio::spawn(async move {
            tokio::time::sleep_until(due).await;
            let person = &town.people[person];
            let reply = ask(&town, route, person, &fresh).await?;
            let took = u64::try_from(due.elapsed().as_micros()).unwrap_or(u64::MAX);
            let granted = reply.status.is_success();
            ensure!(granted, "{route}: {} {:?}", reply.status, reply.json());
            Ok((route, took))
        }));
    }
    let mut took: BTreeMap<&'static str, Vec<u64>> = BTreeMap::new();
    for answered in join_all(running).await {
        let (route, micros) = answered??;
        took.entry(route).or_default().push(micros);
    }
    Ok(took)
}

fn pick(dice: &mut Dice) -> &'static str {
    let mut thrown = u64::try_from(dice.below(100)).unwrap_or(0);
    for (route, weight, _) in MIX {
        if thrown < weight {
            return route;
        }
        thrown -= weight;
    }
    unreachable!("the weights sum to a hundred")
}

async fn ask(
    town: &Town,
    route: &'static str,
    person: &Person,
    fresh: &AtomicUsize,
) -> Result<Reply> {
    let number = fresh.fetch_add(1, Ordering::Relaxed);
    let elsewhere = address(number);
    let send = |ask: Ask| town.client.send(ask);
    let get = |path: &str| Ask::new(Method::GET, path, &person.from).by(&person.access);
    let staff =
        |method, path: String| Ask::new(method, path, &town.admin.from).by(&town.admin.access);
    let post = |path: &str, body| Ask::new(Method::POST, path, &elsewhere).with(body);
    match route {
        "GET /v1/users" => send(staff(Method::GET, "/v1/users".to_owned())).await,
        "GET /v1/audit" => send(staff(Method::GET, "/v1/audit".to_owned())).await,
        "GET /v1/users/{user}" => {
            send(staff(Method::GET, format!("/v1/users/{}", person.user))).await
        }
        "PUT /v1/users/{user}/roles/{role}" => {
            let path = format!("/v1/users/{}/roles/provider", person.user);
            send(staff(Method::PUT, path).with(json!({ "reason": "asked for it" }))).await
        }
        "POST /v1/sessions/refresh" => {
            let mut token = person.refresh.lock().await;
            let body = json!({ "refresh_token": *token });
            let reply =
                send(Ask::new(Method::POST, "/v1/sessions/refresh", &person.from).with(body));
            let reply = reply.await?;
            if reply.status.is_success() {
                *token = reply.text("refresh_token")?;
            }
            Ok(reply)
        }
        "POST /v1/keys" => make_key(town, person).await,
        "DELETE /v1/keys/{key}" => {
            let kept = person.keys.lock().await.pop();
            let Some(key) = kept else {
                return make_key(town, person).await;
            };
            let path = format!("/v1/keys/{key}");
            send(Ask::new(Method::DELETE, path, &person.from).by(&person.access)).await
        }
        "POST /v1/recovery" => send(post("/v1/recovery", json!({ "email": person.email }))).await,
        "POST /v1/users/confirm/again" => {
            send(post(
                "/v1/users/confirm/again",
                json!({ "email": person.email }),
            ))
            .await
        }
        "POST /v1/sessions" => {
            let body = json!({ "email": person.email, "password": PASSWORD });
            send(post("/v1/sessions", body)).await
        }
        "POST /v1/users" => {
            let email = format!("newcomer{number}@example.com");
            send(post(
                "/v1/users",
                json!({ "email": email, "password": PASSWORD }),
            ))
            .await
        }
        read => send(get(read.trim_start_matches("GET "))).await,
    }
}

async fn make_key(town: &Town, person: &Person) -> Result<Reply> {
    let body = json!({ "label": "bench", "scopes": ["read"] });
    let ask = Ask::new(Method::POST, "/v1/keys", &person.from)
        .by(&person.access)
        .with(body);
    let reply = town.client.send(ask).await?;
    if reply.status.is_success() {
        person.keys.lock().await.push(reply.text("id")?);
    }
    Ok(reply)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_sum_to_a_hundred() {
        assert_eq!(MIX.iter().map(|(_, weight, _)| weight).sum::<u64>(), 100);
    }
}
