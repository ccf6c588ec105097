-- The kernel: one log, its books and its claims.
--
-- `events` is a superset of the postgres-es 0.5 table of that name, so that crate's readers work
-- on it. Names are compared as bytes: a locale must never decide whether two identities are one.

create table events (
    position       bigint      not null,
    sequence       bigint      not null check (sequence > 0),
    event_id       uuid        not null,
    recorded_at    timestamptz not null,
    effective_at   timestamptz not null,
    aggregate_type text collate "C" not null,
    aggregate_id   text collate "C" not null,
    event_type     text collate "C" not null,
    event_version  text collate "C" not null,
    hash           bytea       not null,
    payload        json        not null,
    metadata       json        not null,
    constraint events_pkey primary key (aggregate_type, aggregate_id, sequence),
    constraint events_position unique (position),
    constraint events_event_id unique (event_id)
);

-- One row. Whoever extends the log holds it until the commit, so appends are serial, gapless and
-- fenced on any number of nodes. `epoch` is raised to shut out a writer whose fate is unknown, and
-- by a write that leaves the position where it is. It has no check constraints: the server reads
-- them anew for each statement, so each would cost every append some microseconds.
create table log_head (
    only_row    boolean     primary key default true,
    position    bigint      not null,
    epoch       bigint      not null,
    recorded_at timestamptz not null,
    hash        bytea       not null
) with (fillfactor = 10);

insert into log_head (position, epoch, recorded_at, hash)
values (0, 0, 'epoch', decode(repeat('00', 32), 'hex'));

-- One row per leg of what an event moved, in the order the event names them.
create table entries (
    position      bigint   not null,
    amount_minor  bigint   not null,
    balance_minor bigint   not null,
    leg           smallint not null,
    currency      text collate "C" not null,
    account       text collate "C" not null,
    constraint entries_pkey primary key (position, leg)
);

-- The floor stands in the row, so that even a program that forgot to ask cannot overdraw.
create table balances (
    minor       bigint not null,
    position    bigint not null,
    floor_minor bigint,
    currency    text collate "C" not null,
    account     text collate "C" not null,
    constraint balances_pkey primary key (account, currency),
    constraint balances_floor check (floor_minor is null or minor >= floor_minor)
) with (fillfactor = 50);

create table claims (
    position bigint not null,
    name     text collate "C" not null,
    holder   text collate "C" not null,
    constraint claims_pkey primary key (name)
);

-- What a caller was answered under an idempotency key.
create table answers (
    first_position bigint      not null,
    last_position  bigint      not null,
    recorded_at    timestamptz not null,
    caller         text collate "C" not null,
    key            text collate "C" not null,
    stream         text collate "C" not null,
    fingerprint    bytea       not null,
    constraint answers_pkey primary key (caller, key)
);

create function refuse_rewriting() returns trigger language plpgsql as $$
begin
    raise exception 'history is append-only: % on % is refused', lower(tg_op), tg_table_name
        using errcode = 'insufficient_privilege',
              hint = 'correct a mistake by appending the event that undoes it';
end $$;

create trigger events_append_only before update or delete or truncate on events
    for each statement execute function refuse_rewriting();
create trigger entries_append_only before update or delete or truncate on entries
    for each statement execute function refuse_rewriting();
create trigger log_head_stays before insert or delete or truncate on log_head
    for each statement execute function refuse_rewriting();

-- Writes one batch whose outcome the caller has already worked out against the head it names.
-- False, and nothing written, when the head has moved on since.
--
-- A batch that follows another one of the same caller, whose transaction is still running, inserts
-- its rows meanwhile and takes the head when the other has ended; it touches no row that can be
-- contended before it has it.
create function log_append(
    follows boolean,
    expected_position bigint, expected_epoch bigint, new_position bigint, new_hash bytea,
    new_recorded_at timestamptz,
    event_sequences bigint[], event_ids uuid[], event_effective timestamptz[],
    event_aggregate_types text[], event_aggregate_ids text[], event_types text[],
    event_versions text[], event_hashes bytea[], event_payloads json[], event_metadatas json[],
    entry_positions bigint[], entry_legs smallint[], entry_accounts text[],
    entry_currencies text[], entry_amounts bigint[], entry_balances bigint[],
    changed_accounts text[], changed_currencies text[], changed_from bigint[], changed_to bigint[],
    -- Most batches have none of what follows, and then do not name it.
    opened_accounts text[] default '{}', opened_currencies text[] default '{}',
    opened_to bigint[] default '{}', opened_floors bigint[] default '{}',
    taken_names text[] default '{}', taken_holders text[] default '{}',
    taken_positions bigint[] default '{}',
    released_names text[] default '{}', released_holders text[] default '{}',
    answer_callers text[] default '{}', answer_keys text[] default '{}',
    answer_streams text[] default '{}', answer_prints bytea[] default '{}',
    answer_first bigint[] default '{}', answer_last bigint[] default '{}'
) returns bigint language plpgsql as $$
-- The microseconds that it took, the commit not included; null if the head is elsewhere.
declare
    began   timestamptz := clock_timestamp();
    written bigint;
    done    boolean;
begin
    -- Whoever follows this batch waits for this lock; the number only keeps it apart from others.
    -- Assigned, not performed: an expression is evaluated without a statement of its own.
    done := pg_try_advisory_xact_lock(7264, (new_position % 2147483647)::int);
    if not follows then
        update log_head
           set position = new_position, hash = new_hash, recorded_at = new_recorded_at,
               -- Answers alone leave the position where it is; other writers must notice anyway.
               epoch = epoch + (new_position = expected_position)::int
         where position = expected_position and epoch = expected_epoch;
        if not found then
            return null;
        end if;
    end if;

    insert into events (position, sequence, event_id, recorded_at, effective_at, aggregate_type,
                        aggregate_id, event_type, event_version, hash, payload, metadata)
    select generate_series(expected_position + 1, new_position), unnest(event_sequences),
           unnest(event_ids), new_recorded_at, unnest(event_effective),
           unnest(event_aggregate_types), unnest(event_aggregate_ids), unnest(event_types),
           unnest(event_versions), unnest(event_hashes), unnest(event_payloads),
           unnest(event_metadatas);

    if cardinality(entry_positions) > 0 then
        insert into entries (position, leg, account, currency, amount_minor, balance_minor)
        select unnest(entry_positions), unnest(entry_legs), unnest(entry_accounts),
               unnest(entry_currencies), unnest(entry_amounts), unnest(entry_balances);
    end if;

    if follows then
        perform pg_advisory_xact_lock_shared(7264, (expected_position % 2147483647)::int);
        update log_head
           set position = new_position, hash = new_hash, recorded_at = new_recorded_at,
               -- Answers alone leave the position where it is; other writers must notice anyway.
               epoch = epoch + (new_position = expected_position)::int
         where position = expected_position and epoch = expected_epoch;
        if not found then
            raise exception 'the head is not where the appender believed' using errcode = 'TN001';
        end if;
    end if;

    if cardinality(changed_accounts) > 0 then
        update balances b
           set minor = n.will, position = new_position
          from (select unnest(changed_accounts), unnest(changed_currencies),
                       unnest(changed_from), unnest(changed_to))
               as n (account, currency, was, will)
         where b.account = n.account and b.currency = n.currency and b.minor = n.was;
        get diagnostics written = row_count;
        if written <> cardinality(changed_accounts) then
            raise exception 'the books differ from what the appender knows' using errcode = 'TN001';
        end if;
    end if;

    if cardinality(opened_accounts) > 0 then
        insert into balances (account, currency, minor, floor_minor, position)
        select unnest(opened_accounts), unnest(opened_currencies), unnest(opened_to),
               unnest(opened_floors), new_position;
    end if;

    if cardinality(released_names) > 0 then
        delete from claims c
         using unnest(released_names, released_holders) as n (name, holder)
         where c.name = n.name and c.holder = n.holder;
        get diagnostics written = row_count;
        if written <> cardinality(released_names) then
            raise exception 'the claims differ from what the appender knows' using errcode = 'TN001';
        end if;
    end if;

    if cardinality(taken_names) > 0 then
        insert into claims (name, holder, position)
        select unnest(taken_names), unnest(taken_holders), unnest(taken_positions);
    end if;

    if cardinality(answer_keys) > 0 then
        insert into answers (caller, key, stream, fingerprint, first_position, last_position, recorded_at)
        select unnest(answer_callers), unnest(answer_keys), unnest(answer_streams),
               unnest(answer_prints), unnest(answer_first), unnest(answer_last), new_recorded_at;
    end if;

    done := pg_notify('trainnet_log', new_position::text) is null;
    return extract(microseconds from clock_timestamp() - began);
end $$;

do $$
begin
    create role trainnet_app nologin;
exception
    when duplicate_object or unique_violation then null;
end $$;

-- Whoever migrates also works here, and works as that role; a superuser may already.
do $$
begin
    if not pg_has_role(current_user, 'trainnet_app', 'member') then
        execute format('grant trainnet_app to %I', current_user);
    end if;
end $$;

grant usage on schema public to trainnet_app;
grant select, insert on events, entries to trainnet_app;
grant select, update on log_head to trainnet_app;
grant select, insert, update on balances to trainnet_app;
grant select, insert, delete on claims to trainnet_app;
grant select, insert on answers to trainnet_app;
