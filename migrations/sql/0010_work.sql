-- What machines let be heard about work under way: no events, as nothing is owed by it.

-- When a machine was last heard about a unit, so that the servers beside the one that heard it do
-- not take the lease away. Lost with the database's memory, it costs nobody a lease: a server that
-- starts gives every lease one more term.
create unlogged table work_heartbeats (
    heard_at timestamptz not null,
    fence    bigint      not null check (fence > 0),
    unit     text collate "C" not null,
    constraint work_heartbeats_pkey primary key (unit)
) with (fillfactor = 50);

grant select, insert, update, delete on work_heartbeats to trainnet_app;

-- Progress and log lines, in one order for each unit, so that a reader can go on where it was.
-- One machine at a time writes about a unit, and waits for the answer before it writes on.
create table work_reports (
    number bigint generated always as identity,
    at     timestamptz not null,
    unit   text collate "C" not null,
    kind   text collate "C" not null check (kind in ('progress', 'log')),
    body   json        not null,
    constraint work_reports_pkey primary key (unit, number)
);
create index work_reports_at on work_reports (at);

grant select, insert, delete on work_reports to trainnet_app;
