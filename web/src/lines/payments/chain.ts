// The hash of an event and the bytes of a seal, as `docs/LOG_FORMAT.md` lays them down.

import { sha256, signedBy } from "./crypto";

/** Beyond 2^53 a number of JSON is read as `bigint`. */
export type Whole = number | bigint;

/** An event with everything that its hash is computed from; payload and metadata are stored text. */
export type Evidence = {
  position: Whole;
  event_id: string;
  aggregate_type: string;
  aggregate_id: string;
  sequence: Whole;
  event_type: string;
  event_version: string;
  payload: string;
  metadata: string;
  recorded_at_micros: Whole;
  effective_at_micros: Whole;
  previous_hash: string;
  hash: string;
};

export type Seal = {
  format: string;
  position: Whole;
  hash: string;
  recorded_at_micros: Whole;
  key_id: string;
  signature: string;
};

type Bytes = Uint8Array<ArrayBuffer>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Nothing, where the text is not so many bytes in small hexadecimal digits. */
export function fromHex(text: string, length: number): Bytes | undefined {
  if (text.length !== length * 2 || !/^[0-9a-f]*$/.test(text)) return undefined;
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) {
    bytes[at] = Number.parseInt(text.slice(at * 2, at * 2 + 2), 16);
  }
  return bytes;
}

export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

const utf8 = (text: string): Bytes => new TextEncoder().encode(text);

function int64(value: Whole): Bytes {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(value));
  return bytes;
}

/** Each field behind its length as four bytes, big-endian. */
export function framed(fields: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(fields.reduce((sum, field) => sum + 4 + field.length, 0));
  const view = new DataView(whole.buffer);
  let at = 0;
  for (const field of fields) {
    view.setUint32(at, field.length);
    whole.set(field, at + 4);
    at += 4 + field.length;
  }
  return whole;
}

/** Nothing, where a field cannot be what it says. */
export function hashedBytes(event: Evidence): Bytes | undefined {
  const previous = fromHex(event.previous_hash, 32);
  const id = UUID.test(event.event_id) ? fromHex(event.event_id.replaceAll("-", ""), 16) : undefined;
  if (previous === undefined || id === undefined) return undefined;
  return framed([
    utf8("trainnet.event.v1"),
    previous,
    int64(event.position),
    id,
    utf8(event.aggregate_type),
    utf8(event.aggregate_id),
    int64(event.sequence),
    utf8(event.event_type),
    utf8(event.event_version),
    utf8(event.payload),
    utf8(event.metadata),
    int64(event.recorded_at_micros),
    int64(event.effective_at_micros),
  ]);
}

/** The hash that an event says it has, if it follows from everything else. */
export async function heldHash(event: Evidence): Promise<Bytes | undefined> {
  const bytes = hashedBytes(event);
  const said = fromHex(event.hash, 32);
  if (bytes === undefined || said === undefined) return undefined;
  return toHex(await sha256(bytes)) === event.hash ? said : undefined;
}

export async function keyId(key: Bytes): Promise<string> {
  return toHex((await sha256(key)).slice(0, 8));
}

/** The head's hash, if the seal is this key's. */
export async function sealedHash(seal: Seal, key: Bytes): Promise<Bytes | undefined> {
  const hash = fromHex(seal.hash, 32);
  const signature = fromHex(seal.signature, 64);
  if (seal.format !== "trainnet.seal.v1" || hash === undefined || signature === undefined) return undefined;
  if (seal.key_id !== (await keyId(key))) return undefined;
  const message = framed([utf8("trainnet.seal.v1"), int64(seal.position), hash, int64(seal.recorded_at_micros)]);
  return (await signedBy(key, message, signature)) ? hash : undefined;
}

/** What the signature of a receipt is over. */
export function receiptBytes(
  order: string,
  head: Bytes,
  events: readonly { position: Whole; hash: Bytes }[],
): Bytes {
  const fields = [utf8("trainnet.receipt.v1"), utf8(order), head];
  for (const { position, hash } of events) fields.push(int64(position), hash);
  return framed(fields);
}
