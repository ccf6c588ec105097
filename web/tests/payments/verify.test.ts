// A receipt of a real job holds; whoever changes anything in one is found out, whatever they can sign.

import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { share } from "@/lines/payments/bill";
import { type Evidence, fromHex, hashedBytes, heldHash, framed, sealedHash, toHex } from "@/lines/payments/chain";
import { byLibrary, signedBy } from "@/lines/payments/crypto";
import { type Receipt, verifyReceipt } from "@/lines/payments/verify";

const read = (path: string) => readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8");
const genuine = read("./receipt.json");
const KEY = (JSON.parse(genuine) as Receipt).public_key;
const format = read("../../../docs/LOG_FORMAT.md");

type Change = (receipt: Receipt) => void;

function changed(change: Change): string {
  const receipt = JSON.parse(genuine) as Receipt;
  change(receipt);
  return JSON.stringify(receipt);
}

function event(receipt: Receipt, type: string): Evidence {
  const found = receipt.events.find((it) => it.event_type === type);
  if (found === undefined) throw new Error(`no ${type}`);
  return found;
}

const bytes = (buffer: Buffer): Uint8Array<ArrayBuffer> => new Uint8Array(buffer);
const int64 = (value: number | bigint) => {
  const whole = Buffer.alloc(8);
  whole.writeBigInt64BE(BigInt(value));
  return bytes(whole);
};

/** A marketplace that lies: it signs whatever it likes with its own key, and hashes it correctly. */
function signedAnew(change: Change): { text: string; key: string } {
  const receipt = JSON.parse(genuine) as Receipt;
  change(receipt);
  const pair = generateKeyPairSync("ed25519");
  const raw = bytes(Buffer.from(pair.publicKey.export({ format: "jwk" }).x ?? "", "base64url"));
  for (const it of receipt.events) {
    it.hash = createHash("sha256").update(hashedBytes(it) ?? "").digest("hex");
  }
  const by = (key: KeyObject, message: Uint8Array) => sign(null, message, key).toString("hex");
  const head = fromHex(receipt.seal.hash, 32) ?? new Uint8Array();
  const utf8 = (text: string) => new TextEncoder().encode(text);
  receipt.public_key = toHex(raw);
  receipt.seal.key_id = createHash("sha256").update(raw).digest("hex").slice(0, 16);
  receipt.seal.signature = by(
    pair.privateKey,
    framed([utf8("trainnet.seal.v1"), int64(receipt.seal.position), head, int64(receipt.seal.recorded_at_micros)]),
  );
  const fields = [utf8("trainnet.receipt.v1"), utf8(receipt.order), head];
  for (const it of receipt.events) fields.push(int64(it.position), fromHex(it.hash, 32) ?? new Uint8Array());
  receipt.signature = by(pair.privateKey, framed(fields));
  return { text: JSON.stringify(receipt), key: receipt.public_key };
}

async function verdict(change: Change) {
  const { text, key } = signedAnew(change);
  return await verifyReceipt(text, key);
}

/** Writes an event's payload anew, as it would have been stored. */
function rewrite(it: Evidence, change: (said: Record<string, never>) => void): void {
  const payload = JSON.parse(it.payload);
  change(payload[it.event_type]);
  it.payload = JSON.stringify(payload);
}

describe("a receipt as the server gave it", () => {
  it("holds, and the bill is the one that it shows", async () => {
    const found = await verifyReceipt(genuine, KEY);
    expect(found).toMatchObject({ holds: true, events: 6, position: "37", keyId: "5d248785518a6a05" });
    if (!found.holds) return;
    expect(found.bill).toMatchObject({ held: 500_000n, charged: 277n, commission: 28n, provider_net: 249n, released: 499_723n });
  });

  it("holds under the key that is published and under no other", async () => {
    expect(await verifyReceipt(genuine, "00".repeat(32))).toMatchObject({ failed: "key", fault: "other-key" });
    expect(await verifyReceipt(genuine, "")).toMatchObject({ failed: "key", fault: "no-key" });
  });

  it("holds for a job that changed machines, line by line", async () => {
    const found = await verifyReceipt(read("./receipt-of-two-leases.json"), KEY);
    expect(found).toMatchObject({ holds: true });
    if (!found.holds) return;
    const { lines, charged } = found.bill;
    expect(lines.map((line) => [line.from_step, line.to_step])).toEqual([[0n, 34n], [34n, 239n]]);
    expect(lines.reduce((sum, line) => sum + line.amount, 0n)).toBe(charged);
    expect(lines.every((line) => line.positions.length > 0)).toBe(true);
  });

  it("holds however it is laid out, for its spaces are none of what is signed", async () => {
    expect((await verifyReceipt(JSON.stringify(JSON.parse(genuine)), KEY)).holds).toBe(true);
  });
});

describe("a receipt that somebody changed", () => {
  const forgeries: [string, Change, object][] = [
    ["an amount of a line", (it) => Object.assign(it.statement.lines[0]?.amount ?? {}, { amount: "0.000276" }), { failed: "lines", fault: "other-lines" }],
    ["the total", (it) => { it.statement.charged.amount = "0.00"; }, { failed: "lines", fault: "other-lines" }],
    ["whether it is over", (it) => { it.statement.over = false; }, { failed: "lines", fault: "other-lines" }],
    ["a line that is left out", (it) => { it.statement.lines.pop(); }, { failed: "lines", fault: "other-lines" }],
    ["an event's payload", (it) => { const e = event(it, "job.charged"); e.payload = e.payload.replace("0.000277", "0.000276"); }, { failed: "events", fault: "altered", position: "33" }],
    ["who did it", (it) => { const e = event(it, "job.done"); e.metadata = e.metadata.replace("reaction", "somebody"); }, { failed: "events", fault: "altered" }],
    ["when it was", (it) => { event(it, "job.started").recorded_at_micros = 1; }, { failed: "events", fault: "altered" }],
    ["a hash", (it) => { event(it, "job.started").hash = "ab".repeat(32); }, { failed: "events", fault: "altered" }],
    ["the hash before", (it) => { event(it, "job.started").previous_hash = "ab".repeat(32); }, { failed: "events", fault: "altered" }],
    ["an event that is left out", (it) => { it.events = it.events.filter((e) => e.event_type !== "job.charged"); }, { failed: "signature", fault: "forged" }],
    ["the order of events", (it) => { it.events.reverse(); }, { failed: "signature", fault: "forged" }],
    ["whose order it is", (it) => { it.order = "job_00000000-0000-7000-8000-000000000000"; }, { failed: "signature", fault: "forged" }],
    ["the signature", (it) => { it.signature = `00${it.signature.slice(2)}`; }, { failed: "signature", fault: "forged" }],
    ["the seal's position", (it) => { it.seal.position = 38; }, { failed: "seal", fault: "seal" }],
    ["the seal's hash", (it) => { it.seal.hash = "cd".repeat(32); }, { failed: "seal", fault: "seal" }],
    ["the seal's signature", (it) => { it.seal.signature = "00".repeat(64); }, { failed: "seal", fault: "seal" }],
    ["the key", (it) => { it.public_key = "00".repeat(32); }, { failed: "key", fault: "other-key" }],
    ["the format", (it) => { it.format = "trainnet.receipt.v2"; }, { failed: "format", fault: "not-a-receipt" }],
    ["a field that nobody checks", (it) => { Object.assign(it, { note: "paid twice" }); }, { failed: "format", fault: "not-a-receipt" }],
    ["a field of an event that nobody checks", (it) => { Object.assign(it.events[0] ?? {}, { note: "x" }); }, { failed: "format", fault: "not-a-receipt" }],
  ];
  it.each(forgeries)("is refused: %s", async (_, change, fault) => {
    expect(await verifyReceipt(changed(change), KEY)).toMatchObject({ holds: false, ...fault });
  });

  it("is refused when it is no JSON, or none of a receipt", async () => {
    for (const text of ["", "{}", "null", "[]", "<html>", genuine.slice(0, -9)]) {
      expect(await verifyReceipt(text, KEY)).toMatchObject({ failed: "format" });
    }
  });
});

describe("a receipt of a marketplace that lies and signs its lie", () => {
  it("holds if nothing was changed, so that the refusals below are for what was", async () => {
    expect((await verdict(() => {})).holds).toBe(true);
  });

  it("is refused when it charged more than its seconds cost", async () => {
    const found = await verdict((it) => rewrite(event(it, "job.charged"), (said) => Object.assign(said, { trained_seconds: 4 })));
    expect(found).toMatchObject({ fault: "too-dear", lease: "1" });
  });

  it("is refused when the commission is not the share that was agreed to", async () => {
    const split = { provider: { amount: "0.000248", currency: "USD" }, commission: { amount: "0.000029", currency: "USD" } };
    const found = await verdict((it) => rewrite(event(it, "job.charged"), (said) => Object.assign(said, { split })));
    expect(found).toMatchObject({ fault: "wrong-split", position: "33" });
  });

  it("is refused when charges do not add up", async () => {
    const charged = { amount: "0.000278", currency: "USD" };
    const found = await verdict((it) => rewrite(event(it, "job.charged"), (said) => Object.assign(said, { charged })));
    expect(found).toMatchObject({ fault: "wrong-total", position: "33" });
  });

  it("is refused when it keeps some of what was held", async () => {
    const released = { amount: "0.499722", currency: "USD" };
    const found = await verdict((it) => rewrite(event(it, "job.done"), (said) => Object.assign(said, { released })));
    expect(found).toMatchObject({ fault: "unbalanced" });
  });

  it("is refused when it charges for a lease that nobody began", async () => {
    const found = await verdict((it) => rewrite(event(it, "job.started"), (said) => Object.assign(said, { fence: 2 })));
    expect(found).toMatchObject({ fault: "no-lease", position: "33" });
  });

  it("is refused when an event of the order is hidden", async () => {
    const found = await verdict((it) => { it.events = it.events.filter((e) => e.event_type !== "job.payment-opened"); });
    expect(found).toMatchObject({ fault: "missing", position: "26" });
  });

  it("is refused when an event is behind the head that is sealed", async () => {
    const found = await verdict((it) => { it.seal.position = 33; });
    expect(found).toMatchObject({ fault: "beyond-head", position: "34" });
  });

  it("is refused when an event cannot be read, or is of another kind than it says", async () => {
    const found = await verdict((it) => { event(it, "job.started").payload = '{"job.done":{}}'; });
    expect(found).toMatchObject({ fault: "unreadable", position: "29" });
  });

  it("is refused when its shown lines are others", async () => {
    const found = await verdict((it) => Object.assign(it.statement.lines[0] ?? {}, { seconds: 6 }));
    expect(found).toMatchObject({ fault: "other-lines" });
  });
});

describe("the formats of the log", () => {
  const block = (section: string, language: string) => {
    const found = new RegExp(`\`\`\`${language}\\n([^\`]*)\`\`\``).exec(section);
    return found?.[1] ?? "";
  };
  const vectors = format.split("#### Vector ").slice(1).map((section) => {
    const [, bytesHex = "", hash = ""] = [...section.matchAll(/```text\n([^`]*)```/g)].map((it) => (it[1] ?? "").replace(/\s/g, ""));
    const previous = /Previous hash:\s+```text\n([0-9a-f]+)/.exec(section)?.[1] ?? "";
    const written = block(section, "json");
    // Beyond what a binary fraction holds, as one of them is on purpose.
    const effective_at_micros = BigInt(/"effective_at_micros": (-?\d+)/.exec(written)?.[1] ?? "");
    const json = { ...JSON.parse(written), effective_at_micros };
    return { bytesHex, hash, evidence: { ...json, previous_hash: previous } as Evidence };
  });

  it("are those of every example that is written down", async () => {
    expect(vectors).toHaveLength(3);
    for (const { bytesHex, hash, evidence } of vectors) {
      expect(toHex(hashedBytes(evidence) ?? new Uint8Array())).toBe(bytesHex);
      expect(toHex((await heldHash(evidence)) ?? new Uint8Array())).toBe(hash);
      expect(await heldHash({ ...evidence, payload: `${evidence.payload} ` })).toBeUndefined();
    }
  });

  it("has the seal that is written down, under its key and under no other", async () => {
    const section = format.slice(format.indexOf("## The seal"), format.indexOf("## The receipt"));
    const seal = JSON.parse(block(section, "json"));
    const key = fromHex(/its public key is\s+```text\n([0-9a-f]{64})/.exec(section)?.[1] ?? "", 32);
    if (key === undefined) throw new Error("the page has no key");
    expect(toHex((await sealedHash(seal, key)) ?? new Uint8Array())).toBe(seal.hash);
    expect(await sealedHash({ ...seal, position: 2 }, key)).toBeUndefined();
  });
});

describe("arithmetic and signatures", () => {
  it("rounds a share half to even", () => {
    expect([5n, 15n, 25n, 35n, 277n].map((it) => share(1_000n, it))).toEqual([0n, 2n, 2n, 4n, 28n]);
  });

  it("agrees with the library that stands in where a browser knows no Ed25519", async () => {
    const pair = generateKeyPairSync("ed25519");
    const key = bytes(Buffer.from(pair.publicKey.export({ format: "jwk" }).x ?? "", "base64url"));
    const message = new TextEncoder().encode("a message");
    const signature = bytes(sign(null, message, pair.privateKey));
    const other = new Uint8Array(signature);
    other[3] = (other[3] ?? 0) ^ 1;
    for (const [given, good] of [[signature, true], [other, false]] as const) {
      expect(await signedBy(key, message, given)).toBe(good);
      expect(await byLibrary(key, message, given)).toBe(good);
    }
  });
});
