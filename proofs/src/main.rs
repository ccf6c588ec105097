//! quick
mod transfer;
use std::{str::FromStr, sync::Arc, time::{Duration, Instant}};
use ledger::*;
use store::*;
use transfer::*;
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().init();
    let url = std::env::var("DATABASE_URL")?;
    let opts = sqlx::postgres::PgConnectOptions::from_str(&url)?;
    let pool = sqlx::postgres::PgPoolOptions::new().connect_with(opts.clone().database("postgres")).await?;
    let _ = sqlx::query("drop database if exists bench with (force)").execute(&pool).await?;
    let _ = sqlx::query("create database bench").execute(&pool).await?;
    let opts = opts.database("bench");
    let p2 = sqlx::postgres::PgPoolOptions::new().connect_with(opts.clone()).await?;
    migrations::apply(&p2).await?;
    let batch: usize = std::env::var("BATCH").ok().and_then(|x| x.parse().ok()).unwrap_or(1024);
    let linger: u64 = std::env::var("LINGER").ok().and_then(|x| x.parse().ok()).unwrap_or(100);
    let log = Log::open(opts, Options { batch_commands_max: batch, linger: Duration::from_micros(linger), ..Options::default() }).await?;
    let commands = Arc::new(Commands::<Transfer>::new(log.clone()));
    let n: usize = std::env::args().nth(1).unwrap().parse()?;
    let seconds: u64 = std::env::args().nth(3).map_or(4, |x| x.parse().unwrap());
    let accounts: Arc<Vec<Account>> = Arc::new((0..n).map(|i| Account::wallet(&format!("user_{i:08}"), WalletLeaf::Available).unwrap()).collect());
    for a in accounts.iter() {
        commands.begin(&ids::fresh().to_string(), TransferCommand::Make { from: Account::outside("bank").unwrap(), to: a.clone(), amount: Money::from_minor(1_000_000_000_000, Currency::Usd) }, &Context::by("bench")).await.unwrap();
    }
    for callers in std::env::args().nth(2).unwrap().split(',') {
        let callers: usize = callers.parse()?;
        let until = Instant::now() + Duration::from_secs(seconds);
        let c0 = log.counters().batches.load(std::sync::atomic::Ordering::Relaxed);
        let tasks: Vec<_> = (0..callers).map(|k| { let (commands, accounts) = (commands.clone(), accounts.clone()); tokio::spawn(async move {
            let mut done = 0u64; let mut x = k as u64 * 7919 + 1; let mut lat = vec![];
            let context = Context::by("user/bench");
            while Instant::now() < until {
                x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                let i = (x >> 33) as usize % accounts.len(); let j = (i + 1 + (x >> 40) as usize % (accounts.len()-1)) % accounts.len();
                let t = Instant::now();
                commands.begin(&format!("transfer_{}", ids::fresh()), TransferCommand::Make { from: accounts[i].clone(), to: accounts[j].clone(), amount: Money::from_minor(1, Currency::Usd) }, &context).await.unwrap();
                done += 1; if callers == 1 { lat.push(t.elapsed()); }
            }
            (done, lat)
        })}).collect();
        let mut sum = 0; let mut lats = vec![];
        for t in tasks { let (d, l) = t.await?; sum += d; lats.extend(l); }
        lats.sort();
        let b = log.counters().batches.load(std::sync::atomic::Ordering::Relaxed) - c0;
        println!("accounts {n} callers {callers}: {}/s  batches {b} avg {} p50 {:?}", sum / seconds, sum / b.max(1), lats.get(lats.len()/2));
    }
    if std::env::var("LAT").is_ok() {
        let mut conn = sqlx::Connection::connect(&url).await.map(|c: sqlx::PgConnection| c)?;
        let _ = &mut conn;
        let mut l = vec![];
        let base = log.head().await?.position + 1000;
        let mut c = p2.acquire().await?;
        for i in 0..5000i64 {
            let t = Instant::now();
            sqlx::query("insert into events (position, sequence, event_id, recorded_at, effective_at, aggregate_type, aggregate_id, event_type, event_version, hash, payload, metadata) values ($1, 1, $2, now(), now(), 'transfer', $3, 'transfer.made', '1', $4, $5::json, $6::json)")
              .bind(base + i).bind(ids::fresh()).bind(format!("transfer_{}", ids::fresh())).bind(vec![7u8; 32])
              .bind(sqlx::types::Json(serde_json::json!({"transfer.made":{"from":"wallet/user_00000001/available","to":"wallet/user_00000001/available","amount":{"amount":"0.000001","currency":"USD"}}})))
              .bind(sqlx::types::Json(serde_json::json!({"actor":"user/bench"}))).execute(&mut *c).await?;
            l.push(t.elapsed());
        }
        l.sort(); println!("bare insert p50 {:?}", l[2500]);
    }
    Ok(())
}
