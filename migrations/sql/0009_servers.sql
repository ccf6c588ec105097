-- When machines were last heard of, and how busy they were. None of it is an event: nobody is
-- charged for it, and it is swept when it is old. Nobody reads it for a tenant but by way of the
-- machines that are theirs.

create table machine_presence (
    seen_at  timestamptz not null,
    machine  text collate "C" not null,
    -- The latest; how busy it was before stands below, minute by minute.
    load     jsonb,
    constraint machine_presence_pkey primary key (machine)
) with (fillfactor = 50);
create index machine_presence_seen on machine_presence (seen_at);

create table machine_loads (
    minute  timestamptz not null,
    machine text collate "C" not null,
    load    jsonb       not null,
    constraint machine_loads_pkey primary key (machine, minute)
) with (fillfactor = 80);
create index machine_loads_minute on machine_loads using brin (minute);

grant select, insert, update, delete on machine_presence, machine_loads to trainnet_app;
