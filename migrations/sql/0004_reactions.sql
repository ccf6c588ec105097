-- How far each reaction has followed the log.
--
-- A reaction asks for what follows an event under an id that comes from that event, so asking
-- twice is asking once. Its checkpoint therefore moves after the commands and not with them: one
-- that is behind costs a repetition, and one that is ahead could not be.

create table reaction_checkpoints (
    position       bigint      not null check (position >= 0),
    updated_at     timestamptz not null,
    -- The event beyond which the reaction cannot go, and why; both go when it gets past it.
    stopped_at     bigint,
    -- Of the process. A program that knows an older one must not move past events from which it
    -- would not have concluded what the newer does.
    version        integer     not null check (version > 0),
    name           text collate "C" not null,
    stopped_reason text,
    constraint reaction_checkpoints_pkey primary key (name),
    constraint reaction_checkpoints_stopped
        check ((stopped_at is null) = (stopped_reason is null))
) with (fillfactor = 50);

grant select, insert, update on reaction_checkpoints to trainnet_app;
