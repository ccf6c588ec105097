//! Machines as they are shown: what the log says of them, and whether they are there.

use chrono::{DateTime, TimeDelta, Utc};
use domain::servers::{
    AgentVersion, DrainedBecause, Isolation, Isolations, JoinTokenEvent, MachineEvent, Runtime,
    Runtimes, UnverifiedBecause,
};
use projections::people::Cursor;
use projections::servers::{
    self, LOADS_KEPT, ONLINE_WITHIN, Servers, forget_before, heard, loads_of, presence_of,
};
use projections::{Engine, Projections};
use serde_json::json;

use crate::crowd::{self, Teller, ann, bob, minute, reason};
use crate::fleet::{bring_machines, enrolled, hardware, machine, price, token};
use crate::world::World;

async fn caught_up(world: &World, head: i64) -> Engine {
    let engine = crowd::engine(world, Projections::none().with::<Servers>(), 2).await;
    engine.catch_up(head).await.unwrap();
    engine
}

/// Ann's machine after everything that can happen to one but its end.
async fn changed(world: &World) -> i64 {
    bring_machines(world).await;
    let (by, at) = (ann(), minute(5));
    let staff = UnverifiedBecause::Staff {
        by: bob(),
        reason: reason("Slower than it says."),
    };
    let verified = |minutes| MachineEvent::Verified {
        provider: ann(),
        by: bob(),
        reason: reason("Seen."),
        at: minute(minutes),
    };
    let events = [
        MachineEvent::Described {
            hardware: hardware(2),
            isolation: Isolations::one(Isolation::Bubblewrap),
            runtimes: Runtimes::try_new(
                ["distilbert", "tabular"].map(|name| Runtime::try_new(name).unwrap()),
            )
            .unwrap(),
            agent_version: AgentVersion::try_new("0.2.0").unwrap(),
            at,
        },
        MachineEvent::Priced {
            hourly: price("0.35"),
            by,
            at,
        },
        MachineEvent::Placed {
            region: "eu-north".parse().unwrap(),
            by,
            at,
        },
        verified(6),
        MachineEvent::Unverified {
            provider: ann(),
            why: staff,
            at: minute(7),
        },
        verified(8),
        MachineEvent::SecretRotated {
            generation: 1,
            secret: enrolled(1, ann()).secret,
            by,
            at: minute(9),
        },
    ];
    let mut teller = Teller::resumed(world, ("machine", machine(1).to_string()), 1);
    teller.machine(machine(1), &events).await
}

#[tokio::test]
async fn a_machine_is_shown_as_its_events_leave_it() {
    let world = World::new().await;
    let head = changed(&world).await;
    caught_up(&world, head).await;
    let shown = servers::machine(&world.root, machine(1)).await.unwrap();
    let shown = shown.unwrap();
    assert_eq!((shown.provider, shown.hardware), (ann(), hardware(2)));
    assert_eq!(shown.isolation, Isolations::one(Isolation::Bubblewrap));
    assert!(
        shown
            .runtimes
            .contains(&Runtime::try_new("distilbert").unwrap())
    );
    assert_eq!(shown.agent_version.as_str(), "0.2.0");
    assert_eq!(shown.hourly, price("0.35"));
    assert_eq!(shown.region.unwrap().as_str(), "eu-north");
    assert!(shown.verified && !shown.drained);
    assert_eq!(
        (shown.enrolled_at, shown.changed_at),
        (minute(2), minute(9))
    );
    assert_eq!(shown.retired_at, None);
    let digits: i64 = sqlx::query_scalar(
        "select count(*) from read_servers.machines m, read_servers.join_tokens t \
          where m::text like $1 or t::text like $1",
    )
    .bind(format!("%{}%", crowd::SECRET_DIGITS))
    .fetch_one(&world.root)
    .await
    .unwrap();
    assert_eq!(digits, 0);
}

#[tokio::test]
async fn a_rebuild_finds_what_the_live_fold_found() {
    let world = World::new().await;
    let head = changed(&world).await;
    let engine = caught_up(&world, head).await;
    let rebuilt = engine.rebuild("servers", &|_| {}).await.unwrap();
    assert!(
        matches!(rebuilt.comparison, projections::Comparison::Equal),
        "{:?}",
        rebuilt.comparison
    );
}

#[tokio::test]
async fn a_token_counts_who_joined_by_it() {
    let world = World::new().await;
    bring_machines(&world).await;
    let mut teller = Teller::resumed(&world, ("join-token", token(1).to_string()), 2);
    let revoked = JoinTokenEvent::Revoked {
        by: ann(),
        at: minute(3),
    };
    let head = teller.token(token(1), &[revoked]).await;
    caught_up(&world, head).await;
    let all = servers::join_tokens_of(&world.root, ann(), Cursor::LATEST, 9).await;
    let all = all.unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].machines, all[0].machines_max), (1, 3));
    assert_eq!(all[0].expires_at, minute(1_440));
    assert_eq!(all[0].revoked_at, Some(minute(3)));
}

async fn online(world: &World, now: DateTime<Utc>) -> Vec<domain::servers::MachineId> {
    let found = servers::online(&world.root, now, 9).await.unwrap();
    found.into_iter().map(|it| it.machine.machine).collect()
}

#[tokio::test]
async fn a_machine_is_online_while_it_is_heard_of_and_takes_work() {
    let world = World::new().await;
    let head = bring_machines(&world).await;
    let engine = caught_up(&world, head).await;
    let now = minute(100);
    assert_eq!(online(&world, now).await, []);
    let pool = world.log.pool();
    heard(pool, machine(1), &json!({"cpu_percent": 5}), now)
        .await
        .unwrap();
    let later = now + TimeDelta::seconds(15);
    heard(pool, machine(2), &json!({"cpu_percent": 6}), later)
        .await
        .unwrap();
    assert_eq!(online(&world, later).await, [machine(1), machine(2)]);
    let last = now + ONLINE_WITHIN;
    assert_eq!(online(&world, last).await, [machine(1), machine(2)]);
    let after = last + TimeDelta::microseconds(1);
    assert_eq!(online(&world, after).await, [machine(2)]);
    let one = servers::online_machine(pool, machine(1), after).await;
    assert_eq!(one.unwrap(), None);
    let drained = MachineEvent::Drained {
        because: DrainedBecause::Provider,
        by: bob(),
        at: minute(100),
    };
    let mut teller = Teller::resumed(&world, ("machine", machine(2).to_string()), 1);
    let head = teller.machine(machine(2), &[drained]).await;
    engine.catch_up(head).await.unwrap();
    assert_eq!(online(&world, later).await, [machine(1)]);
    let retired = MachineEvent::Retired {
        by: ann(),
        at: minute(100),
    };
    let mut teller = Teller::resumed(&world, ("machine", machine(1).to_string()), 1);
    let head = teller.machine(machine(1), &[retired]).await;
    engine.catch_up(head).await.unwrap();
    assert_eq!(online(&world, later).await, []);
    let left = servers::machines_of(pool, ann(), false, Cursor::LATEST, 9).await;
    assert_eq!(left.unwrap(), []);
    let all = servers::machines_of(pool, ann(), true, Cursor::LATEST, 9).await;
    assert_eq!(all.unwrap()[0].retired_at, Some(minute(100)));
}

#[tokio::test]
async fn of_each_minute_the_latest_load_is_kept_and_not_for_ever() {
    let world = World::new().await;
    let pool = world.log.pool();
    for (second, percent) in [(0, 1), (15, 2), (59, 3), (60, 4)] {
        let now = minute(0) + TimeDelta::seconds(second);
        let load = json!({ "cpu_percent": percent });
        heard(pool, machine(1), &load, now).await.unwrap();
    }
    let loads = loads_of(pool, machine(1), minute(0), 100).await.unwrap();
    let shown: Vec<_> = loads.iter().map(|it| (it.minute, &it.load)).collect();
    let (third, fourth) = (json!({"cpu_percent": 3}), json!({"cpu_percent": 4}));
    assert_eq!(shown, [(minute(0), &third), (minute(1), &fourth)]);
    assert_eq!(
        loads_of(pool, machine(1), minute(0), 1)
            .await
            .unwrap()
            .len(),
        1
    );
    let present = presence_of(pool, &[machine(1), machine(2)]).await.unwrap();
    assert_eq!(present.len(), 1);
    assert_eq!(present[&machine(1)].load, Some(fourth));
    assert_eq!(forget_before(pool, minute(1)).await.unwrap(), 1);
    assert_eq!(forget_before(pool, minute(2)).await.unwrap(), 2);
    assert!(LOADS_KEPT > ONLINE_WITHIN);
}
