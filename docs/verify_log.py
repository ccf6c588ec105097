#!/usr/bin/env python3
"""Checks the hash chain of an exported log, written from LOG_FORMAT.md alone.

    verify_log.py EXPORT.jsonl [SEAL.json]

With a seal it also checks that the log still contains the sealed head. Python's standard library
has no ed25519; LOG_FORMAT.md says how to check the seal's own signature with openssl.
Exit status: 0 the chain holds, 1 it does not; the line is named.
"""
import hashlib
import json
import struct
import sys
import uuid

TEXTS = ["aggregate_type", "aggregate_id", "event_type", "event_version", "payload", "metadata"]
NUMBERS = ["position", "sequence", "recorded_at_micros", "effective_at_micros"]
EVENT = {*TEXTS, *NUMBERS, "event_id", "hash"}


class Broken(Exception):
    pass


def field(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value


def number(value: int) -> bytes:
    return field(struct.pack(">q", value))


def event_hash(previous: bytes, event: dict) -> bytes:
    message = field(b"trainnet.event.v1") + field(previous) + number(event["position"])
    message += field(uuid.UUID(event["event_id"]).bytes)
    text = {name: field(event[name].encode("utf-8")) for name in TEXTS}
    message += text["aggregate_type"] + text["aggregate_id"] + number(event["sequence"])
    message += text["event_type"] + text["event_version"] + text["payload"] + text["metadata"]
    message += number(event["recorded_at_micros"]) + number(event["effective_at_micros"])
    return hashlib.sha256(message).digest()


def demand(condition: bool, what: str) -> None:
    if not condition:
        raise Broken(what)


def check_event(event: dict, position: int, previous: bytes) -> bytes:
    demand(set(event) == EVENT, "the event has other fields")
    demand(all(type(event[name]) is str for name in TEXTS), "a text is no text")
    demand(all(type(event[name]) is int for name in NUMBERS), "a number is no integer")
    demand(event["position"] == position, f"position {position} is missing")
    digest = event_hash(previous, event)
    demand(digest.hex() == event["hash"], f"the hash of position {position} does not follow")
    return digest


def check(lines, seal=None) -> str:
    """Checks line by line; the number of the line stands in `check.line`."""
    position, hash_, events, answers, footer, sealed = 0, b"", 0, 0, None, seal is None
    check.line = 0
    for check.line, line in enumerate(lines, 1):
        entry = json.loads(line)
        if check.line == 1:
            demand(entry.get("format") == "trainnet.log.v1", "the format is unknown")
            position, hash_ = entry["after_position"], bytes.fromhex(entry["after_hash"])
            demand(position != 0 or hash_ == bytes(32), "the chain does not start from zeros")
            continue
        demand(footer is None, "something follows the last line")
        if "position" in entry:
            demand(answers == 0, "an event follows the answers")
            position, events = position + 1, events + 1
            hash_ = check_event(entry, position, hash_)
            sealed = sealed or (position, hash_.hex()) == (seal["position"], seal["hash"])
        elif "answer" in entry:
            answers += 1
        else:
            footer = entry
    demand(footer is not None, "the file was cut: its last line is missing")
    wanted = {"last_position": position, "last_hash": hash_.hex(), "events": events}
    demand(footer == {**wanted, "answers": answers}, "the last line does not fit the log")
    demand(sealed, "the log does not contain the sealed head")
    return f"{events} events hold up to position {position}, hash {hash_.hex()}"


def main() -> None:
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    seal = json.load(open(sys.argv[2], encoding="utf-8")) if len(sys.argv) == 3 else None
    try:
        print(check(open(sys.argv[1], encoding="utf-8", newline="\n"), seal))
    except (Broken, ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        sys.exit(f"line {check.line}: {error}")


if __name__ == "__main__":
    main()
