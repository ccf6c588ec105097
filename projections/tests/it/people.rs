//! People as the log tells of them: the same rows whether folded live, anew or by summing them up.

use chrono::TimeDelta;
use domain::users::{
    EndedBecause, IDLE_SECONDS, Locale, Role, Roles, Scope, Scopes, SessionEvent, UserId,
};
use projections::people::{
    self, Action, ActionFilter, Cursor, ExaminationStanding, Kind, People, Standing, UserFilter,
};
use projections::{Comparison, Engine, ProjectionError, Projections};

use crate::crowd::{
    self, SECRET_DIGITS, Teller, ann, bob, carl, created, dora, gather, key, minute, refreshed,
    registered, robot, session, submitted,
};
use crate::world::World;

async fn engine(world: &World, page_events: i64) -> Engine {
    crowd::engine(world, Projections::none().with::<People>(), page_events).await
}

/// The crowd with everything shown that happened to it.
async fn shown() -> World {
    let world = World::new().await;
    let head = gather(&world).await;
    engine(&world, 100).await.catch_up(head).await.unwrap();
    world
}

#[tokio::test]
async fn everybody_has_one_row_however_the_pages_fall() {
    let mut earlier = None;
    for page_events in [1, 2, 3, 100] {
        let world = World::new().await;
        let head = gather(&world).await;
        let engine = engine(&world, page_events).await;
        engine.catch_up(head).await.unwrap();
        let pool = world.log.pool();
        let mut users = people::users(pool, UserFilter::default(), Cursor::LATEST, 100)
            .await
            .unwrap();
        assert_eq!(users.len(), 5, "pages of {page_events}");
        for user in &mut users {
            // When it was recorded is another moment each time.
            assert!(user.changed_at > minute(-1_000_000));
            user.changed_at = minute(0);
        }
        let sessions = people::sessions_of(pool, ann(), None, Cursor::LATEST, 100)
            .await
            .unwrap();
        let told = (users, sessions);
        assert_eq!(*earlier.get_or_insert(told.clone()), told);

        let found = engine.recompute("people").await.unwrap();
        assert!(found.agrees(), "{found:?}");
        assert_eq!(engine.refold("people", head).await.unwrap(), found.actual);
        let rebuilt = engine.rebuild("people", &|_| {}).await.unwrap();
        assert_eq!(rebuilt.comparison, Comparison::Equal);
    }
}

#[tokio::test]
async fn a_user_is_shown_with_what_staff_decided() {
    let world = shown().await;
    let pool = world.log.pool();
    let user = async |user| people::user(pool, user).await.unwrap().unwrap();
    let of_ann = user(ann()).await;
    assert_eq!(of_ann.user, ann());
    assert_eq!(
        (of_ann.kind, of_ann.standing, of_ann.locale),
        (Kind::Person, Standing::Confirmed, Some(Locale::Russian))
    );
    let both = Roles::try_new([Role::Customer, Role::Provider]).unwrap();
    assert_eq!(of_ann.roles, both);
    assert!(of_ann.blocked && !of_ann.second_factor);
    assert_eq!(of_ann.blocked_reason.as_deref(), Some("Asked again."));
    assert_eq!((of_ann.registered_at, of_ann.position), (minute(0), 1));
    let of_bob = user(bob()).await;
    assert!(!of_bob.blocked && of_bob.blocked_reason.is_none());
    let of_robot = user(robot()).await;
    assert_eq!(
        (of_robot.kind, of_robot.standing, of_robot.locale),
        (Kind::Service, Standing::Confirmed, None)
    );
    assert_eq!(user(carl()).await.standing, Standing::Lapsed);
    let of_dora = user(dora()).await;
    assert_eq!(of_dora.standing, Standing::Erased);
    assert!(!of_dora.second_factor, "what she enabled went with her");
    let nobody = UserId::new(uuid::Uuid::from_u128(99));
    assert_eq!(people::user(pool, nobody).await.unwrap(), None);
}

async fn list(world: &World, filter: UserFilter, cursor: Cursor, limit: i64) -> Vec<people::User> {
    people::users(world.log.pool(), filter, cursor, limit)
        .await
        .unwrap()
}

fn ids(users: &[people::User]) -> Vec<UserId> {
    users.iter().map(|user| user.user).collect()
}

#[tokio::test]
async fn users_are_listed_in_pages_the_latest_first() {
    let world = shown().await;
    let any = UserFilter::default();
    let all = list(&world, any, Cursor::LATEST, 100).await;
    assert_eq!(ids(&all), [dora(), carl(), robot(), bob(), ann()]);
    let mut paged = Vec::new();
    let mut cursor = Cursor::LATEST;
    loop {
        let page = list(&world, any, cursor, 2).await;
        let Some(end) = page.last() else { break };
        assert!(page.len() <= 2);
        cursor = Cursor::at(end.position);
        paged.extend(page);
    }
    assert_eq!(paged, all);
}

#[tokio::test]
async fn users_are_found_by_what_they_are() {
    let world = shown().await;
    let any = UserFilter::default();
    let cases: [(UserFilter, &[UserId]); 6] = [
        (
            UserFilter {
                kind: Some(Kind::Service),
                ..any
            },
            &[robot()],
        ),
        (
            UserFilter {
                standing: Some(Standing::Confirmed),
                ..any
            },
            &[robot(), bob(), ann()],
        ),
        (
            UserFilter {
                role: Some(Role::Provider),
                ..any
            },
            &[dora(), robot(), ann()],
        ),
        (
            UserFilter {
                blocked: Some(true),
                ..any
            },
            &[ann()],
        ),
        (
            UserFilter {
                blocked: Some(false),
                role: Some(Role::Customer),
                ..any
            },
            &[dora(), carl()],
        ),
        (
            UserFilter {
                role: Some(Role::Finance),
                ..any
            },
            &[],
        ),
    ];
    for (filter, expected) in cases {
        let found = list(&world, filter, Cursor::LATEST, 9).await;
        assert_eq!(ids(&found), expected, "{filter:?}");
    }
}

#[tokio::test]
async fn a_session_is_open_until_its_end_is_recorded_or_its_time_is_over() {
    let world = shown().await;
    let pool = world.log.pool();
    let sessions = async |user, open_at| {
        people::sessions_of(pool, user, open_at, Cursor::LATEST, 100)
            .await
            .unwrap()
    };
    let all = sessions(ann(), None).await;
    let told: Vec<_> = all
        .iter()
        .map(|it| (it.session, it.refreshed_at, it.ended_at, it.ended_why))
        .collect();
    let signed_out = Some(EndedBecause::SignedOut);
    let reused = Some(EndedBecause::TokenReused);
    let expected = [
        (session(3), minute(40), Some(minute(41)), signed_out),
        (session(2), minute(30), None, None),
        (session(1), minute(10), Some(minute(11)), reused),
    ];
    assert_eq!(told, expected);
    let idle_end = minute(30) + TimeDelta::seconds(IDLE_SECONDS.into());
    assert_eq!(all[1].idle_ends_at, idle_end);
    assert_eq!(all[1].started_at, minute(20));
    assert_eq!(all[1].ends_at, minute(20) + TimeDelta::days(30));
    assert!(all[1].second_factor && !all[1].remember);

    let moment = TimeDelta::microseconds(1);
    let open = sessions(ann(), Some(idle_end - moment)).await;
    assert_eq!(open, all[1..2]);
    assert_eq!(sessions(ann(), Some(idle_end)).await, []);
    let of_bob = sessions(bob(), None).await;
    assert_eq!((of_bob.len(), of_bob[0].session), (1, session(4)));
    assert_eq!(sessions(robot(), None).await, []);

    let rest = people::sessions_of(pool, ann(), None, Cursor::at(all[0].position), 1);
    assert_eq!(rest.await.unwrap(), all[1..2]);
    // Whoever ends all that is open ends too what time alone has ended.
    let open = people::open_sessions_of(pool, ann()).await.unwrap();
    assert_eq!(open, [session(2)]);
}

#[tokio::test]
async fn a_session_that_is_refreshed_for_ever_is_over_all_the_same() {
    let world = World::new().await;
    let end = minute(0) + TimeDelta::days(30);
    let moment = TimeDelta::microseconds(1);
    let events = [started_ann(), refreshed(end - moment)];
    let head = Teller::new(&world).session(session(1), &events).await;
    engine(&world, 100).await.catch_up(head).await.unwrap();
    let open = async |at| {
        let pool = world.log.pool();
        let open = people::sessions_of(pool, ann(), Some(at), Cursor::LATEST, 9);
        open.await.unwrap().len()
    };
    assert_eq!(open(end - moment).await, 1);
    assert_eq!(open(end).await, 0);
}

fn started_ann() -> SessionEvent {
    crowd::started(ann(), true, minute(0))
}

#[tokio::test]
async fn keys_and_examinations_are_shown_as_they_stand() {
    let world = shown().await;
    let pool = world.log.pool();
    let keys = async |user| {
        people::keys_of(pool, user, Cursor::LATEST, 9)
            .await
            .unwrap()
    };
    let of_ann = &keys(ann()).await[0];
    assert_eq!((of_ann.key, of_ann.user), (key(1), ann()));
    let scopes = Scopes::try_new([Scope::JobsWrite, Scope::Read]).unwrap();
    assert_eq!(of_ann.scopes, scopes);
    assert_eq!(
        (of_ann.created_at, of_ann.expires_at, of_ann.revoked_at),
        (minute(3), Some(minute(100)), None)
    );
    assert_eq!(of_ann.requests_per_minute, Some(60));
    let of_robot = &keys(robot()).await[0];
    assert_eq!((of_robot.key, of_robot.expires_at), (key(2), None));
    assert_eq!(of_robot.revoked_at, Some(minute(5)));
    assert_eq!(of_robot.requests_per_minute, None);
    assert_eq!(keys(bob()).await, []);

    let examination = async |user| people::examination_of(pool, user).await.unwrap();
    let of_ann = examination(ann()).await.unwrap();
    assert_eq!(of_ann.standing, ExaminationStanding::Approved);
    // The documents that were approved are the second ones, which nobody had anything against.
    assert_eq!((of_ann.documents, &of_ann.reason), (2, &None));
    assert_eq!(of_ann.until, Some(minute(1_000)));
    let of_bob = examination(bob()).await.unwrap();
    assert_eq!(of_bob.standing, ExaminationStanding::Submitted);
    assert_eq!(examination(carl()).await, None);
    let waiting = people::waiting_examinations(pool, Cursor::EARLIEST, 9);
    assert_eq!(waiting.await.unwrap(), std::slice::from_ref(&of_bob));
    let rest = people::waiting_examinations(pool, Cursor::at(of_bob.position), 9);
    assert_eq!(rest.await.unwrap(), []);
    for (time, after, found) in [
        (999, Cursor::EARLIEST, vec![]),
        (1_000, Cursor::EARLIEST, vec![of_ann.clone()]),
        (1_000, Cursor::at(of_ann.position), vec![]),
    ] {
        let ended = people::ended_approvals(pool, minute(time), after, 9);
        assert_eq!(ended.await.unwrap(), found, "{time} {after:?}");
    }
}

async fn actions(world: &World, filter: &ActionFilter) -> Vec<Action> {
    people::actions(world.log.pool(), filter, Cursor::LATEST, 100)
        .await
        .unwrap()
}

/// Whose account, what, and what the name does not say, in the order in which it happened.
const ACTIONS: [(&str, &str, Option<&str>); 35] = [
    ("a", "user.registered", None),
    ("a", "user.confirmed", None),
    ("b", "user.registered", None),
    ("b", "user.confirmed", None),
    ("e", "user.service-registered", None),
    ("c", "user.registered", None),
    ("c", "user.lapsed", None),
    ("a", "user.password-set", Some("recovery")),
    ("a", "user.second-factor-begun", None),
    ("a", "user.second-factor-enabled", None),
    ("a", "user.recovery-code-spent", None),
    ("a", "user.role-granted", Some("provider: Brings machines.")),
    ("a", "user.second-factor-disabled", Some("staff: Lost it.")),
    ("a", "user.blocked", Some("Asked to be.")),
    ("a", "user.unblocked", Some("Changed her mind.")),
    ("a", "user.address-changed", None),
    ("a", "user.blocked", Some("Asked again.")),
    ("a", "session.started", Some("new-device")),
    ("a", "session.token-reused", None),
    ("a", "session.ended", Some("token-reused")),
    ("a", "session.started", None),
    ("a", "session.started", None),
    ("a", "session.ended", Some("signed-out")),
    ("b", "session.started", None),
    ("a", "api-key.created", None),
    ("e", "api-key.created", None),
    ("e", "api-key.revoked", None),
    ("a", "kyc.submitted", None),
    ("a", "kyc.rejected", Some("Too dark.")),
    ("a", "kyc.submitted", None),
    ("a", "kyc.approved", None),
    ("b", "kyc.submitted", None),
    ("d", "user.registered", None),
    ("d", "user.confirmed", None),
    ("d", "user.second-factor-enabled", None),
];

#[tokio::test]
async fn everything_that_was_done_to_an_account_is_an_action() {
    let world = shown().await;
    let mut all = actions(&world, &ActionFilter::default()).await;
    all.reverse();
    let told: Vec<_> = all
        .iter()
        .map(|it| {
            let user = it.user.to_string();
            let name = user.chars().next_back().unwrap().to_string();
            (name, it.action.as_str(), it.detail.as_deref())
        })
        .collect();
    let erased = ("d", "user.erased", None);
    let expected: Vec<_> = ACTIONS
        .into_iter()
        .chain([erased])
        .map(|(user, action, detail)| (user.to_owned(), action, detail))
        .collect();
    assert_eq!(told, expected);
    assert!(all.is_sorted_by_key(|it| (it.at, it.position)));
    let granted = &all[11];
    assert_eq!(
        (granted.actor.clone(), granted.user),
        (bob().to_string(), ann())
    );
    assert_eq!(granted.request_id.as_deref(), Some("request-u"));
}

#[tokio::test]
async fn actions_are_found_by_whom_they_were_done_to_by_whom_what_they_were_and_when() {
    let world = shown().await;
    let all = actions(&world, &ActionFilter::default()).await;
    let (from, to) = (all[20].at, all[10].at);
    assert!(from < to);
    let filter = |user, actor: Option<UserId>, action: Option<&str>, from, to| ActionFilter {
        user,
        actor: actor.map(|actor| actor.to_string()),
        action: action.map(str::to_owned),
        from,
        to,
    };
    let cases = [
        filter(Some(ann()), None, None, None, None),
        filter(None, Some(bob()), None, None, None),
        filter(Some(ann()), Some(bob()), None, None, None),
        filter(None, None, Some("session.started"), None, None),
        filter(None, None, None, Some(from), None),
        filter(None, None, None, None, Some(to)),
        filter(Some(ann()), None, None, Some(from), Some(to)),
    ];
    for filter in cases {
        let expected: Vec<_> = all
            .iter()
            .filter(|it| {
                let actor = filter.actor.as_ref();
                let action = filter.action.as_ref();
                filter.user.is_none_or(|user| it.user == user)
                    && actor.is_none_or(|actor| it.actor == *actor)
                    && action.is_none_or(|action| it.action == *action)
                    && filter.from.is_none_or(|from| it.at >= from)
                    && filter.to.is_none_or(|to| it.at < to)
            })
            .cloned()
            .collect();
        assert!(!expected.is_empty() && expected.len() < all.len());
        assert_eq!(actions(&world, &filter).await, expected, "{filter:?}");
    }
    let late = filter(None, None, None, Some(all[0].at + TimeDelta::days(1)), None);
    assert_eq!(actions(&world, &late).await, []);
    let always = filter(None, None, None, None, Some(all[0].at + TimeDelta::days(1)));
    assert_eq!(actions(&world, &always).await, all);
    let behind = Cursor::at(all[4].position);
    let any = ActionFilter::default();
    let page = people::actions(world.log.pool(), &any, behind, 3);
    assert_eq!(page.await.unwrap(), all[5..8]);
}

#[tokio::test]
async fn no_digest_no_address_and_no_document_stands_in_any_row() {
    let world = shown().await;
    let in_log =
        format!("select count(*) from events where payload::text like '%{SECRET_DIGITS}%'");
    assert!(world.count(&in_log).await > 5, "there is something to find");
    let documents = "select count(*) from events where payload::text like '%kyc/1%'";
    assert!(world.count(documents).await > 0);
    for table in ["users", "sessions", "api_keys", "examinations", "actions"] {
        let rows = format!("select count(*) from read_people.{table}");
        assert!(world.count(&rows).await > 0, "{table}");
        for text in [SECRET_DIGITS, "kyc/"] {
            let found =
                format!("select count(*) from read_people.{table} t where t::text like '%{text}%'");
            assert_eq!(world.count(&found).await, 0, "{text} in {table}");
        }
    }
}

#[tokio::test]
async fn what_goes_on_without_having_begun_stops_the_projection() {
    for missing in ["user", "session", "api-key", "kyc"] {
        let world = World::new().await;
        let mut teller = Teller::new(&world);
        let at = minute(9);
        let begun = [registered(ann(), &[Role::Customer])];
        teller.user(ann(), &begun, ann()).await;
        teller.session(session(1), &[started_ann()]).await;
        teller.key(key(1), &[created(ann(), None)]).await;
        teller.examination(ann(), &[submitted(ann(), 1)]).await;
        let by = bob();
        let position = match missing {
            "user" => {
                let event = domain::users::UserEvent::Confirmed { at };
                teller.user(bob(), &[event], bob()).await
            }
            "session" => teller.session(session(2), &[refreshed(at)]).await,
            "api-key" => {
                let event = domain::users::ApiKeyEvent::Revoked { by, at };
                teller.key(key(2), &[event]).await
            }
            _ => {
                let event = domain::users::KycEvent::Expired { at };
                teller.examination(bob(), &[event]).await
            }
        };
        let engine = engine(&world, 100).await;
        let stopped = engine.catch_up(position).await.unwrap_err();
        assert!(
            matches!(stopped, ProjectionError::Stopped { position: at, .. } if at == position),
            "{missing}: {stopped}"
        );
        let shown = actions(&world, &ActionFilter::default()).await;
        assert_eq!(shown.len(), 4, "what came before is shown");
    }
}
