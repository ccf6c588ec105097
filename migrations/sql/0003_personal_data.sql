-- What is known about a person, outside the log and erasable: each subject has a key of its own,
-- each value is encrypted under it, and the key is encrypted under a master key that the database
-- never sees. Erasing the key erases the values; a backup that still holds both goes dark once the
-- keys have been sealed under a new master key and the old one is destroyed.

create table personal_keys (
    subject       text collate "C" primary key,
    -- Null once erased: the row stays, so that nothing about the subject is kept again.
    wrapped_key   bytea,
    master_key_id text collate "C" not null
);

create table personal_values (
    subject    text collate "C" not null references personal_keys,
    field      text collate "C" not null,
    ciphertext bytea not null,
    primary key (subject, field)
);

grant select, insert, update on personal_keys to trainnet_app;
grant select, insert, update, delete on personal_values to trainnet_app;
