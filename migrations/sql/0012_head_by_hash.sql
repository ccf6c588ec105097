-- Extending the log from the very head that the appender judged by: position, epoch and hash.
--
-- Position and epoch alone are not the head. Two programs begin at position n, one of them writes
-- n + 1, and the other, whose own n + 1 is refused, may have a batch behind it that expects to
-- follow n + 1: by number it would, and would vouch for a batch that was never written. By hash it
-- does not. `log_append` stays for programs that were started before this.

create function log_extend(
    follows boolean,
    expected_position bigint, expected_epoch bigint, expected_hash bytea,
    new_position bigint, new_hash bytea,
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
         where position = expected_position and epoch = expected_epoch
           and hash = expected_hash;
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
         where position = expected_position and epoch = expected_epoch
           and hash = expected_hash;
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

revoke execute on function log_extend from public;
grant execute on function log_extend to trainnet_app;
