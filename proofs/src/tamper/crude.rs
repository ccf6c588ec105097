//! Hands that reach into one table and hope that nobody looks.
//!
//! In each statement `{p}` and `{q}` stand for two places picked by chance, and `{n}` for how many
//! events there are.

use super::kind::Kind;

/// What is done, and how.
#[derive(Clone, Copy, Debug)]
pub struct Crude {
    pub name: &'static str,
    statements: &'static [&'static str],
}

impl Crude {
    pub fn at(&self, p: i64, q: i64, n: i64) -> Vec<String> {
        let put = |statement: &&str| {
            let statement = statement.replace("{p}", &p.to_string());
            statement
                .replace("{q}", &q.to_string())
                .replace("{n}", &n.to_string())
        };
        self.statements.iter().map(put).collect()
    }
}

pub const fn of(kind: Kind) -> &'static [Crude] {
    match kind {
        Kind::Change => CHANGES,
        Kind::Delete => DELETIONS,
        Kind::Swap => SWAPS,
        Kind::Insert => INSERTIONS,
        Kind::Truncate => TRUNCATIONS,
    }
}

macro_rules! crude {
    ($list:ident: $($name:literal => [$($statement:expr),+ $(,)?];)+) => {
        const $list: &[Crude] = &[$(Crude { name: $name, statements: &[$($statement),+] }),+];
    };
}

/// The row of a table without positions that a place falls on.
macro_rules! row_at {
    ($table:literal, $place:literal) => {
        concat!(
            "ctid = (select ctid from ",
            $table,
            " order by ctid offset ",
            $place,
            " % (select count(*) from ",
            $table,
            ") limit 1)"
        )
    };
}

crude! { CHANGES:
    "an event's amount" => ["update events set payload = regexp_replace(payload::text, \
        '(\"amount\":\"[0-9.]*)[0-9]', '\\17')::json where position = {p}"];
    "an event's payee" => ["update events set payload = regexp_replace(payload::text, \
        '(\"to\":\"wallet/user_)[0-9]', '\\19')::json where position = {p}"];
    "a space in an event's payload" => ["update events \
        set payload = (payload::text || ' ')::json where position = {p}"];
    "an event's metadata" => ["update events \
        set metadata = replace(metadata::text, '\"user/', '\"user/0')::json \
        where position = {p}"];
    "an event's hash" => ["update events \
        set hash = set_byte(hash, {q} % 32, get_byte(hash, {q} % 32) # 1) where position = {p}"];
    "when an event was recorded" => ["update events \
        set recorded_at = recorded_at + interval '1 microsecond' where position = {p}"];
    "when an event counts" => ["update events \
        set effective_at = effective_at - interval '1 day' where position = {p}"];
    "an event's type" => ["update events set event_type = event_type || '.not' \
        where position = {p}"];
    "an event's version" => ["update events set event_version = '2' where position = {p}"];
    "an event's aggregate type" => ["update events \
        set aggregate_type = case aggregate_type when 'transfer' then 'booking' \
                                                 else 'transfer' end where position = {p}"];
    "an event's stream" => ["update events set aggregate_id = aggregate_id || '0' \
        where position = {p}"];
    "an event's identity" => ["update events set event_id = gen_random_uuid() \
        where position = {p}"];
    "an event's sequence" => ["update events set sequence = sequence + 1000 \
        where position = {p}"];
    "an event's position" => ["update events set position = {n} + {q} where position = {p}"];
    "an entry's amount" => ["update entries set amount_minor = amount_minor + 1 \
        where position = {p} and leg = 1 + {q} % 2"];
    "an entry's balance" => ["update entries set balance_minor = balance_minor + 1 \
        where position = {p} and leg = 1 + {q} % 2"];
    "an entry's account" => ["update entries set account = 'wallet/thief/available' \
        where position = {p} and leg = 2"];
    "an entry's currency" => ["update entries set currency = 'RUB' where position = {p}"];
    "an entry's leg" => ["update entries set leg = leg + 10 where position = {p} and leg = 2"];
    "an entry's position" => ["update entries set position = {n} + {q} where position = {p}"];
    "a balance" => [concat!("update balances set minor = minor + 1 where ",
        row_at!("balances", "{p}"))];
    "a balance's floor" => [concat!("update balances \
        set floor_minor = case when floor_minor is null then -1000000000000000 end where ",
        row_at!("balances", "{p}"))];
    "a balance's account" => [concat!("update balances set account = 'wallet/thief/available' \
        where ", row_at!("balances", "{p}"))];
    "a balance's currency" => [concat!("update balances set currency = 'RUB' where ",
        row_at!("balances", "{p}"))];
    "a claim's holder" => [concat!("update claims set holder = 'booking/thief' where ",
        row_at!("claims", "{p}"))];
    "a claim's name" => [concat!("update claims set name = name || '0' where ",
        row_at!("claims", "{p}"))];
    "an answer's key" => [concat!("update answers set key = key || '0' where ",
        row_at!("answers", "{p}"))];
    "an answer's position" => [concat!("update answers set last_position = last_position - 1 \
        where ", row_at!("answers", "{p}"))];
    "the head's hash" => ["update log_head \
        set hash = set_byte(hash, {p} % 32, get_byte(hash, {p} % 32) # 1)"];
    "the head's position" => ["update log_head set position = position + {p}"];
    "the head's time" => ["update log_head set recorded_at = recorded_at - interval '1 s'"];
}

crude! { DELETIONS:
    "an event" => ["delete from events where position = {p}"];
    "an event and its entries" => ["delete from events where position = {p}",
        "delete from entries where position = {p}"];
    "ten events and their entries" => [
        "delete from events where position between {p} and {p} + 9",
        "delete from entries where position between {p} and {p} + 9"];
    "an event, and those behind it move up" => ["delete from events where position = {p}",
        "update events set position = -position + 1 where position > {p}",
        "update events set position = -position where position < 0",
        "update log_head set position = position - 1"];
    "an event's entries" => ["delete from entries where position = {p}"];
    "one entry" => ["delete from entries where position = {p} and leg = 1 + {q} % 2"];
    "a balance" => [concat!("delete from balances where ", row_at!("balances", "{p}"))];
    "a claim" => [concat!("delete from claims where ", row_at!("claims", "{p}"))];
    "an answer" => [concat!("delete from answers where ", row_at!("answers", "{p}"))];
}

macro_rules! swap_column {
    ($column:literal) => {
        concat!(
            "update events e set ",
            $column,
            " = o.",
            $column,
            " from events o \
             where e.position in ({p}, {q}) and o.position in ({p}, {q}) \
               and e.position <> o.position"
        )
    };
}

crude! { SWAPS:
    "two events" => ["update events set position = -1 where position = {p}",
        "update events set position = {p} where position = {q}",
        "update events set position = {q} where position = -1"];
    "two events with their entries" => ["update events set position = -1 where position = {p}",
        "update events set position = {p} where position = {q}",
        "update events set position = {q} where position = -1",
        "update entries set position = -1 where position = {p}",
        "update entries set position = {p} where position = {q}",
        "update entries set position = {q} where position = -1"];
    "two payloads" => [swap_column!("payload")];
    "two metadata" => [swap_column!("metadata")];
    "two hashes" => [swap_column!("hash")];
    "two times" => [swap_column!("recorded_at")];
    "two streams" => ["update events set aggregate_id = aggregate_id || '-' where position = {p}",
        "update events set aggregate_id = (select left(aggregate_id, -1) from events \
            where position = {p}) where position = {q}"];
    "two events' entries" => ["update entries set position = -1 where position = {p}",
        "update entries set position = {p} where position = {q}",
        "update entries set position = {q} where position = -1"];
    "two entries of an event" => ["update entries set leg = 10 where position = {p} and leg = 1",
        "update entries set leg = 1 where position = {p} and leg = 2",
        "update entries set leg = 2 where position = {p} and leg = 10"];
    "two balances" => ["with chosen as (select account, currency, minor, \
            row_number() over (order by account, currency) as number from balances \
            order by account, currency offset {p} % ((select count(*) from balances) - 1) limit 2) \
        update balances b set minor = o.minor from chosen c, chosen o \
        where b.account = c.account and b.currency = c.currency and c.number <> o.number"];
    "two holders" => ["with chosen as (select name, holder, \
            row_number() over (order by name) as number from claims \
            order by name offset {p} % ((select count(*) from claims) - 1) limit 2) \
        update claims b set holder = o.holder from chosen c, chosen o \
        where b.name = c.name and c.number <> o.number"];
}

macro_rules! copied_event {
    ($position:literal) => {
        concat!(
            "insert into events (position, sequence, event_id, recorded_at, effective_at, \
                                 aggregate_type, aggregate_id, event_type, event_version, hash, \
                                 payload, metadata) \
             select ", $position, ", 1, gen_random_uuid(), recorded_at, effective_at, \
                    aggregate_type, aggregate_id || '-again', event_type, event_version, hash, \
                    payload, metadata from events where position = {p}"
        )
    };
}

crude! { INSERTIONS:
    "an event behind the head" => [copied_event!("{n} + 1")];
    "an event far behind the head" => [copied_event!("{n} + {q}")];
    "an event before the first" => [copied_event!("-{q}")];
    "an event behind the head, which moves" => [copied_event!("{n} + 1"),
        "update log_head set position = position + 1"];
    "an event in between" => ["update events set position = -position where position > {p}",
        copied_event!("{p} + 1"),
        "update events set position = -position + 1 where position < 0",
        "update entries set position = -position where position > {p}",
        "update entries set position = -position + 1 where position < 0",
        "update log_head set position = position + 1"];
    "an entry" => ["insert into entries (position, leg, account, currency, amount_minor, \
            balance_minor) values ({p}, 9, 'wallet/thief/available', 'USD', 5, 5)"];
    "two entries that balance" => ["insert into entries (position, leg, account, currency, \
            amount_minor, balance_minor) values ({p}, 8, 'outside/bank', 'USD', -5, -5), \
            ({p}, 9, 'wallet/thief/available', 'USD', 5, 5)"];
    "an entry behind the head" => ["insert into entries (position, leg, account, currency, \
            amount_minor, balance_minor) \
            values ({n} + {p}, 1, 'wallet/thief/available', 'USD', 5, 5)"];
    "a balance" => ["insert into balances (account, currency, minor, floor_minor, position) \
            values ('wallet/thief/available', 'USD', {p}, 0, {p})"];
    "a balance of nothing" => ["insert into balances (account, currency, minor, floor_minor, \
            position) values ('wallet/thief/available', 'USD', 0, 0, {p})"];
    "a claim" => ["insert into claims (name, holder, position) \
            values ('gpu/stolen', 'booking/thief', {p})"];
}

crude! { TRUNCATIONS:
    "the events" => ["delete from events where position > {p}"];
    "the entries" => ["delete from entries where position > {p}"];
    "the events and entries" => ["delete from events where position > {p}",
        "delete from entries where position > {p}"];
    "the events and entries, and the head moves back" => [
        "delete from events where position > {p}",
        "delete from entries where position > {p}",
        "update log_head set (position, hash, recorded_at) = \
            (select position, hash, recorded_at from events where position = {p})"];
    "the head alone" => ["update log_head set (position, hash, recorded_at) = \
            (select position, hash, recorded_at from events where position = {p})"];
    "the first events" => ["delete from events where position <= {p}"];
    "the first entries" => ["delete from entries where position <= {p}"];
    "the balances" => ["delete from balances where ctid in (select ctid from balances \
            order by ctid offset {p} % (select count(*) from balances))"];
    "the claims" => ["delete from claims where ctid in (select ctid from claims \
            order by ctid offset {p} % (select count(*) from claims))"];
    "the answers" => ["delete from answers where last_position > {p}"];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_filled_in() {
        for kind in Kind::ALL {
            for crude in of(kind) {
                for statement in crude.at(17, 23, 99) {
                    assert!(
                        !statement.contains(['{', '}']),
                        "{}: {statement}",
                        crude.name
                    );
                }
            }
        }
    }
}
