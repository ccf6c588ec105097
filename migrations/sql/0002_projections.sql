-- How far each read table has been folded, and what its rows then sum to.
--
-- The read tables themselves are made by the code that folds them, each set in a schema of its own
-- (`read_books`), so that a rebuild can make a second set beside it and swap the names.

create table projection_checkpoints (
    position       bigint      not null check (position >= 0),
    updated_at     timestamptz not null,
    -- The event at which the fold had to stop, and why; both go when it gets past it.
    stopped_at     bigint,
    version        integer     not null check (version > 0),
    name           text collate "C" not null,
    checksum       bytea       not null check (length(checksum) = 16),
    stopped_reason text,
    constraint projection_checkpoints_pkey primary key (name),
    constraint projection_checkpoints_stopped
        check ((stopped_at is null) = (stopped_reason is null))
) with (fillfactor = 50);

grant select, insert, update on projection_checkpoints to trainnet_app;

-- Making and renaming a schema needs a right over the whole database, which neither a copy of the
-- database nor a restored dump would carry. So whoever applied this does it for the application,
-- and only for schemas of read tables.
create function read_schema_create(named text) returns void
    language plpgsql security definer set search_path = pg_catalog as $$
begin
    if named !~ '^read_[a-z_]{1,40}$' then
        raise exception '% is no schema of read tables', named;
    end if;
    execute format('create schema %I authorization trainnet_app', named);
end $$;

create function read_schema_rename(named text, renamed text) returns void
    language plpgsql security definer set search_path = pg_catalog as $$
begin
    if named !~ '^read_[a-z_]{1,40}$' or renamed !~ '^read_[a-z_]{1,40}$' then
        raise exception '% and % are not both schemas of read tables', named, renamed;
    end if;
    execute format('alter schema %I rename to %I', named, renamed);
end $$;

revoke execute on function read_schema_create, read_schema_rename from public;
grant execute on function read_schema_create, read_schema_rename to trainnet_app;
