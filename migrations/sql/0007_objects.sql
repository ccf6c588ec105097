-- What takes room in the storage, so that nobody keeps more than they may and nothing stays that
-- nobody goes on with. A row is there before the event that opens the object, and goes when its
-- bytes are gone; so what a program that was killed left behind is found.

create table object_rooms (
    bytes      bigint           not null check (bytes >= 0),
    part_bytes bigint           not null check (part_bytes > 0),
    opened_at  timestamptz      not null,
    -- Unless somebody goes on with it; null once all of it is there.
    expires_at timestamptz,
    -- Whether it counts against what its owner may keep.
    counted    boolean          not null,
    object     text collate "C" not null,
    owner      text collate "C" not null,
    -- Where its bytes lie.
    key        text collate "C" not null,
    -- Under which name the storage knows what is on its way, where it has one of its own.
    known_as   text collate "C",
    constraint object_rooms_pkey primary key (object)
);
create index object_rooms_owner on object_rooms (owner);
create index object_rooms_expires on object_rooms (expires_at) where expires_at is not null;

grant select, insert, update, delete on object_rooms to trainnet_app;
