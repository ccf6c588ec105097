//! Nobody reads what is another's: the database refuses, whatever the question forgets to say.

use std::time::Duration;

use domain::users::UserId;
use projections::people::{self, ActionFilter, Cursor, UserFilter};
use projections::tenants::{self, Reader};
use projections::{Engine, Projections};
use sqlx::error::DatabaseError;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection, Executor, PgConnection, PgPool};
use store::{Log, Options};

use crate::crowd::{self, ann, bob, carl, gather, trade};
use crate::fleet::bring_machines;
use crate::jobs::order_jobs;
use crate::payments::pay;
use crate::work::do_work;
use crate::world::World;

/// Said here once more, by hand: which rows of each read table are a user's. `$user` stands for the
/// user, and a table that only staff may read says `false`.
const OWNERS: &[(&str, &str)] = &[
    (
        "read_books.lines",
        "account like 'wallet/$user/%' or account = 'receivable/$user'",
    ),
    (
        "read_books.balances",
        "account like 'wallet/$user/%' or account = 'receivable/$user'",
    ),
    ("read_streams.history", "false"),
    ("read_jobs.jobs", "customer = '$user'"),
    ("read_mails.mails", "to_user = '$user'"),
    ("read_objects.objects", "owner = '$user'"),
    ("read_payments.payments", "payer = '$user'"),
    ("read_payments.refunds", "payer = '$user'"),
    ("read_payments.disputes", "payer = '$user'"),
    ("read_people.users", "user_id = '$user'"),
    ("read_people.sessions", "user_id = '$user'"),
    ("read_people.api_keys", "user_id = '$user'"),
    ("read_people.examinations", "user_id = '$user'"),
    ("read_people.actions", "user_id = '$user'"),
    ("read_servers.machines", "provider = '$user'"),
    ("read_servers.join_tokens", "provider = '$user'"),
    ("read_work.units", "customer = '$user'"),
    ("read_work.records", "provider = '$user'"),
];

/// All projections, with something of several people in every table.
async fn shown() -> (World, Engine) {
    let world = World::new().await;
    gather(&world).await;
    bring_machines(&world).await;
    trade(&world).await;
    do_work(&world).await;
    order_jobs(&world).await;
    let head = pay(&world, [ann(), bob()]).await;
    let engine = crowd::engine(&world, Projections::all(), 100).await;
    engine.catch_up(head).await.unwrap();
    (world, engine)
}

#[tokio::test]
async fn whoever_hangs_up_leaves_nobody_in_their_place() {
    let world = World::new().await;
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect_with((*world.root.connect_options()).clone())
        .await
        .unwrap();
    let (mut left, mut stayed) = (0, 0);
    for micros in 0..400 {
        // Wherever it is by then: waiting for the connection, or for the server to begin.
        let patience = Duration::from_micros(micros * 3);
        match tokio::time::timeout(patience, tenants::as_tenant(&pool, ann())).await {
            Ok(reader) => {
                reader.unwrap();
                stayed += 1;
            }
            Err(_) => left += 1,
        }
        let look = || sqlx::query_as("select current_setting('role'), now()::text");
        let (role, first): (String, String) = look().fetch_one(&pool).await.unwrap();
        let (_, second): (String, String) = look().fetch_one(&pool).await.unwrap();
        assert_eq!(role, "none", "after {micros}");
        // Within one transaction it is now all the time.
        assert_ne!(first, second, "after {micros}");
    }
    assert!(left > 0 && stayed > 0, "{left} left and {stayed} stayed");
}

/// The places of the rows of a table that this connection is shown.
async fn seen(
    connection: &mut PgConnection,
    table: &str,
    only: &str,
) -> Result<Vec<String>, String> {
    let rows = format!("select ctid::text from {table} where {only} order by ctid");
    sqlx::query_scalar(&rows)
        .fetch_all(connection)
        .await
        .map_err(|error| format!("{table} cannot be read: {error}"))
}

/// Reads as nobody: in the role, and without a word about for whom.
async fn seen_by_nobody(world: &World, table: &str) -> Result<Vec<String>, String> {
    let mut transaction = world.root.begin().await.unwrap();
    transaction
        .execute("set local role trainnet_api")
        .await
        .unwrap();
    let mut rows = seen(&mut transaction, table, "true").await?;
    // What is there but empty is nobody either.
    for setting in ["trainnet.tenant", "trainnet.staff"] {
        let empty = format!("set local {setting} = ''");
        transaction.execute(empty.as_str()).await.unwrap();
        rows.extend(seen(&mut transaction, table, "true").await?);
    }
    Ok(rows)
}

async fn faults_of(world: &World, table: &str) -> Result<(), String> {
    let (_, owned) = OWNERS
        .iter()
        .find(|(named, _)| *named == table)
        .ok_or_else(|| format!("nobody has said whose the rows of {table} are"))?;
    if !seen_by_nobody(world, table).await?.is_empty() {
        return Err(format!("{table} shows rows to nobody in particular"));
    }
    let mut root = world.root.acquire().await.unwrap();
    let all = seen(&mut root, table, "true").await?;
    for user in [ann(), bob(), carl()] {
        let owned = owned.replace("$user", &user.to_string());
        let theirs = seen(&mut root, table, &owned).await?;
        let mut reader = tenants::as_tenant(world.log.pool(), user).await.unwrap();
        if seen(&mut reader, table, "true").await? != theirs {
            return Err(format!("{table} shows {user} other rows than their own"));
        }
        let shows = owned == "false" || !theirs.is_empty() && theirs.len() < all.len();
        if user == ann() && !shows {
            return Err(format!(
                "{table} proves nothing: it has no rows to tell apart"
            ));
        }
    }
    let mut staff = tenants::as_staff(world.log.pool()).await.unwrap();
    if all.is_empty() || seen(&mut staff, table, "true").await? != all {
        return Err(format!("{table} does not show all its rows to staff"));
    }
    Ok(())
}

/// Everything that is wrong with any read table, as the database's own catalogue knows them.
async fn faults(world: &World) -> Vec<String> {
    let tables: Vec<(String, bool, String)> = sqlx::query_as(
        "select format('%s.%s', n.nspname, c.relname), c.relrowsecurity and c.relforcerowsecurity, \
                concat_ws(', ', \
                    case when pg_has_role('trainnet_api', c.relowner, 'member') then 'own' end, \
                    (select string_agg(right_, ', ') \
                       from unnest(array['insert', 'update', 'delete', 'truncate', 'references', \
                                         'trigger']) as right_ \
                      where has_table_privilege('trainnet_api', c.oid, right_))) \
           from pg_class c join pg_namespace n on n.oid = c.relnamespace \
          where n.nspname like 'read\\_%' and c.relkind not in ('i', 'I', 't') order by 1",
    )
    .fetch_all(&world.root)
    .await
    .unwrap();
    let mut faults = Vec::new();
    for (table, _) in OWNERS {
        if !tables.iter().any(|(found, ..)| found == table) {
            faults.push(format!("{table} is not there"));
        }
    }
    for (table, guarded, rights) in tables {
        if !guarded {
            faults.push(format!(
                "{table} has no row security that holds for its owner"
            ));
        }
        if !rights.is_empty() {
            faults.push(format!("readers of {table} may {rights}"));
        }
        faults.extend(faults_of(world, &table).await.err());
    }
    faults
}

#[tokio::test]
async fn every_read_table_shows_everybody_what_is_theirs_and_nothing_else() {
    let (world, engine) = shown().await;
    assert_eq!(faults(&world).await, Vec::<String>::new());
    for name in engine.names() {
        engine.rebuild(name, &|_| {}).await.unwrap();
    }
    assert_eq!(
        faults(&world).await,
        Vec::<String>::new(),
        "after a rebuild"
    );
}

/// Tables as an earlier version of the program left them, known to it alone.
#[tokio::test]
async fn tables_without_policies_get_them_with_the_rebuild_for_the_new_version() {
    let (world, engine) = shown().await;
    world
        .execute("update projection_checkpoints set version = 1 where name = 'books'")
        .await;
    for (table, _) in OWNERS
        .iter()
        .filter(|(table, _)| table.starts_with("read_books"))
    {
        for statement in ["drop policy reads on", "drop policy folds on"] {
            world.execute(&format!("{statement} {table}")).await;
        }
        let open = format!("alter table {table} no force row level security");
        world.execute(&open).await;
        world
            .execute(&format!("revoke select on {table} from trainnet_api"))
            .await;
    }
    assert_eq!(faults(&world).await.len(), 4);
    engine.catch_up(i64::MAX).await.unwrap();
    assert_eq!(faults(&world).await, Vec::<String>::new());
}

/// Each undoes one part of what keeps tenants apart.
const SABOTAGE: [(&str, &str); 8] = [
    (
        "create table read_books.loose (user_id text); \
         alter table read_books.loose owner to trainnet_app; \
         grant select on read_books.loose to trainnet_api",
        "nobody has said whose the rows of read_books.loose are",
    ),
    (
        "alter table read_people.users disable row level security",
        "read_people.users has no row security",
    ),
    (
        "alter table read_people.users no force row level security",
        "read_people.users has no row security",
    ),
    (
        "create policy wrong on read_people.sessions for select to trainnet_api using (true)",
        "read_people.sessions shows rows to nobody in particular",
    ),
    (
        "alter policy reads on read_books.lines using \
         (account like '%' || nullif(current_setting('trainnet.tenant', true), '') || '%' \
          or currency = 'USD' and nullif(current_setting('trainnet.tenant', true), '') <> '' \
          or current_setting('trainnet.staff', true) = 'on')",
        "read_books.lines shows user_",
    ),
    (
        "alter policy reads on read_mails.mails using \
         (to_user = nullif(current_setting('trainnet.tenant', true), ''))",
        "read_mails.mails does not show all its rows to staff",
    ),
    (
        "grant update on read_people.api_keys to trainnet_api",
        "readers of read_people.api_keys may update",
    ),
    (
        "delete from read_people.examinations",
        "read_people.examinations proves nothing",
    ),
];

#[tokio::test]
async fn a_table_that_does_not_keep_tenants_apart_is_found() {
    let (world, engine) = shown().await;
    for (sabotage, fault) in SABOTAGE {
        assert_eq!(faults(&world).await, Vec::<String>::new());
        world.root.execute(sabotage).await.unwrap();
        let found = faults(&world).await;
        assert!(
            found.iter().any(|found| found.starts_with(fault)),
            "{sabotage}: {found:?}"
        );
        for name in ["books", "mails", "people"] {
            engine.rebuild(name, &|_| {}).await.unwrap();
        }
    }
}

/// Whether the database says that the right to do this is missing.
async fn is_forbidden(connection: &mut PgConnection, statement: &str) -> bool {
    let mut transaction = connection.begin().await.unwrap();
    transaction
        .execute("set local role trainnet_api; set local trainnet.staff = 'on'")
        .await
        .unwrap();
    let outcome = transaction.execute(statement).await;
    transaction.rollback().await.unwrap();
    let code = outcome.as_ref().err().and_then(|error| {
        let error = error.as_database_error();
        error.and_then(DatabaseError::code).map(String::from)
    });
    code.as_deref() == Some("42501")
}

/// What must not be read there, whatever else there is.
const SECRET_TABLES: &[&str] = &[
    "events",
    "entries",
    "balances",
    "claims",
    "answers",
    "log_head",
    "personal_keys",
    "personal_values",
    "projection_checkpoints",
    "reaction_checkpoints",
    "sign_in_attempts",
    "sign_in_locks",
    "api_key_uses",
    "machine_presence",
    "machine_loads",
];

#[tokio::test]
async fn a_reader_can_read_nothing_but_read_tables_and_write_nothing_at_all() {
    let (world, _) = shown().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select quote_ident(relname) from pg_class \
          where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'S')",
    )
    .fetch_all(&world.root)
    .await
    .unwrap();
    for secret in SECRET_TABLES {
        assert!(tables.iter().any(|table| table == secret), "{secret}");
    }
    let mut connection = world.root.acquire().await.unwrap();
    for table in tables {
        let read = format!("select count(*) from {table}");
        assert!(is_forbidden(&mut connection, &read).await, "{read}");
    }
    for (table, _) in OWNERS {
        for statement in [
            format!("insert into {table} default values"),
            format!("select 1 from {table} for update"),
            format!("delete from {table}"),
            format!("truncate {table}"),
            format!("lock table {table} in exclusive mode"),
            format!("drop table {table}"),
            format!("alter table {table} disable row level security"),
            format!("create policy open on {table} using (true)"),
        ] {
            assert!(
                is_forbidden(&mut connection, &statement).await,
                "{statement}"
            );
        }
        let read = format!("select count(*) from {table}");
        assert!(!is_forbidden(&mut connection, &read).await, "{read}");
    }
    for statement in [
        "update read_mails.mails set status = 'sent'",
        "create table read_people.mine ()",
        "create table public.mine ()",
        "create schema read_mine",
        "select read_schema_create('read_mine')",
        "select read_schema_rename('read_people', 'read_mine')",
        "set local row_security = off; select count(*) from read_people.users",
    ] {
        assert!(
            is_forbidden(&mut connection, statement).await,
            "{statement}"
        );
    }
    let may_append: bool = sqlx::query_scalar(
        "select has_function_privilege('trainnet_api', 'log_extend'::regproc, 'execute')",
    )
    .fetch_one(&mut *connection)
    .await
    .unwrap();
    assert!(!may_append);
}

/// One connection, as the product opens them.
async fn narrow_pool(world: &World) -> PgPool {
    PgPoolOptions::new()
        .max_connections(1)
        .after_connect(|connection, _| {
            Box::pin(async move { connection.execute("set role trainnet_app").await.map(drop) })
        })
        .connect_with(world.database.options.clone())
        .await
        .unwrap()
}

#[tokio::test]
async fn one_connection_serves_everybody_and_remembers_nobody() {
    let (world, _) = shown().await;
    let pool = narrow_pool(&world).await;
    // The same statement, prepared once, for whoever comes.
    let users = async |reader: &mut PgConnection| -> Vec<UserId> {
        let users = people::users(reader, UserFilter::default(), Cursor::LATEST, 100);
        users.await.unwrap().into_iter().map(|it| it.user).collect()
    };
    for _ in 0..8 {
        let mut reader = tenants::as_tenant(&pool, ann()).await.unwrap();
        assert_eq!(users(&mut reader).await, [ann()]);
        drop(reader);
        let mut reader = tenants::as_tenant(&pool, bob()).await.unwrap();
        assert_eq!(users(&mut reader).await, [bob()]);
        drop(reader);
        let mut reader = tenants::as_staff(&pool).await.unwrap();
        assert_eq!(users(&mut reader).await.len(), 5);
        drop(reader);
        let mut own = pool.acquire().await.unwrap();
        assert_eq!(users(&mut own).await.len(), 5);
        let left: (String, String, String) = sqlx::query_as(
            "select current_user::text, coalesce(current_setting('trainnet.tenant', true), ''), \
                    coalesce(current_setting('trainnet.staff', true), '')",
        )
        .fetch_one(&mut *own)
        .await
        .unwrap();
        assert_eq!(
            left,
            ("trainnet_app".to_owned(), String::new(), String::new())
        );
    }
}

#[tokio::test]
async fn a_login_that_may_only_work_as_the_application_reads_for_tenants() {
    let (world, _) = shown().await;
    let login = format!("login_{}", store::ids::fresh().simple());
    let create = format!("create role {login} login; grant trainnet_app to {login}");
    world.root.execute(create.as_str()).await.unwrap();
    let options = world.database.options.clone().username(&login);
    let log = Log::open(options, Options::default()).await.unwrap();
    let mut reader = tenants::as_tenant(log.pool(), ann()).await.unwrap();
    let users = people::users(&mut *reader, UserFilter::default(), Cursor::LATEST, 9);
    let users: Vec<UserId> = users.await.unwrap().iter().map(|it| it.user).collect();
    drop(reader);
    log.close().await;
    world.execute(&format!("drop role {login}")).await;
    assert_eq!(users, [ann()]);
}

#[tokio::test]
async fn a_reader_that_met_an_error_leaves_its_connection_as_it_was() {
    let (world, _) = shown().await;
    let pool = narrow_pool(&world).await;
    let mut reader = tenants::as_tenant(&pool, ann()).await.unwrap();
    assert!(reader.execute("select 1 / 0").await.is_err());
    drop(reader);
    let who: String = sqlx::query_scalar("select current_user::text")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(who, "trainnet_app");
    let mut reader = tenants::as_tenant(&pool, bob()).await.unwrap();
    let read_only: String = sqlx::query_scalar("show transaction_read_only")
        .fetch_one(&mut *reader)
        .await
        .unwrap();
    assert_eq!(read_only, "on");
}

/// How much a reader finds about a user.
async fn found(mut reader: Reader, about: UserId) -> usize {
    let sessions = people::sessions_of(&mut *reader, about, None, Cursor::LATEST, 9)
        .await
        .unwrap();
    let filter = ActionFilter {
        user: Some(about),
        ..ActionFilter::default()
    };
    let actions = people::actions(&mut *reader, &filter, Cursor::LATEST, 9)
        .await
        .unwrap();
    let user = people::user(&mut *reader, about).await.unwrap();
    sessions.len() + actions.len() + usize::from(user.is_some())
}

#[tokio::test]
async fn a_question_about_another_finds_nothing() {
    let (world, _) = shown().await;
    let pool = world.log.pool();
    let own = tenants::as_tenant(pool, bob()).await.unwrap();
    assert_eq!(found(own, bob()).await, 6);
    let other = tenants::as_tenant(pool, ann()).await.unwrap();
    assert_eq!(found(other, bob()).await, 0);
    let staff = tenants::as_staff(pool).await.unwrap();
    assert_eq!(found(staff, bob()).await, 6);
}
