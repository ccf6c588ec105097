// Verifies a receipt from its text alone: hashes, seal, signature, and that every line follows.

import { type Bill, type BillFault, billOf, isFields, minor, samePrice, Unaccountable } from "./bill";
import { type Evidence, fromHex, heldHash, keyId, receiptBytes, type Seal, sealedHash } from "./chain";
import { signedBy } from "./crypto";

type Money = { amount: string; currency: string };

export type ReceiptLine = {
  lease: number;
  provider: string;
  machine: string;
  rate: { price: string; currency: string };
  seconds: number;
  from_step: number;
  to_step: number;
  amount: Money;
  commission: Money;
  provider_net: Money;
  positions: number[];
  events: string[];
};

export type Receipt = {
  format: string;
  order: string;
  statement: {
    customer: string;
    model: string;
    held: Money;
    charged: Money;
    commission: Money;
    provider_net: Money;
    released: Money;
    over: boolean;
    lines: ReceiptLine[];
  };
  events: Evidence[];
  seal: Seal;
  public_key: string;
  signature: string;
};

/** What is checked, one after the other. */
export const CHECKS = ["format", "key", "seal", "events", "signature", "lines"] as const;
export type Check = (typeof CHECKS)[number];

export type Fault =
  | BillFault
  | "not-a-receipt"
  | "other-key"
  | "no-key"
  | "seal"
  | "altered"
  | "beyond-head"
  | "forged"
  | "other-lines";

export type Verdict =
  | { holds: true; events: number; position: string; keyId: string; bill: Bill }
  | { holds: false; failed: Check; fault: Fault; position?: string | undefined; lease?: string | undefined };

const SHAPE: Record<keyof Receipt, string> = {
  format: "string",
  order: "string",
  statement: "object",
  events: "object",
  seal: "object",
  public_key: "string",
  signature: "string",
};
const STATEMENT = ["charged", "commission", "customer", "held", "lines", "model", "over", "provider_net", "released"];
const LINE = [
  "amount", "commission", "events", "from_step", "lease", "machine",
  "positions", "provider", "provider_net", "rate", "seconds", "to_step",
];
const EVENT_TEXTS = [
  "aggregate_id", "aggregate_type", "event_id", "event_type", "event_version",
  "hash", "metadata", "payload", "previous_hash",
];
const EVENT_NUMBERS = ["effective_at_micros", "position", "recorded_at_micros", "sequence"];
const SEAL_TEXTS = ["format", "hash", "key_id", "signature"];
const SEAL_NUMBERS = ["position", "recorded_at_micros"];

/** Whole numbers beyond what a binary fraction holds stay what they are, where the browser tells. */
function exactly(_: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== "number" || Number.isSafeInteger(value) || source === undefined) return value;
  return /^-?\d+$/.test(source) ? BigInt(source) : value;
}

const isWhole = (value: unknown): boolean => {
  if (typeof value === "bigint") return BigInt.asIntN(64, value) === value;
  return typeof value === "number" && Number.isSafeInteger(value);
};

/** Exactly these fields: what nobody checks could say anything. */
function has(value: unknown, texts: readonly string[], numbers: readonly string[]): boolean {
  if (!isFields(value) || Object.keys(value).length !== texts.length + numbers.length) return false;
  return texts.every((name) => typeof value[name] === "string") && numbers.every((name) => isWhole(value[name]));
}

const hasNames = (value: unknown, names: readonly string[]): boolean =>
  isFields(value) && Object.keys(value).toSorted().join() === names.join();

/** A receipt by its form; whether it holds is another question. */
export function readReceipt(text: string): Receipt | undefined {
  let read: unknown;
  try {
    read = JSON.parse(text, exactly);
  } catch {
    return undefined;
  }
  if (!isFields(read) || Object.keys(read).length !== Object.keys(SHAPE).length) return undefined;
  const fields = read;
  if (!Object.entries(SHAPE).every(([name, kind]) => typeof fields[name] === kind)) return undefined;
  const { events, seal, statement, format } = fields;
  if (format !== "trainnet.receipt.v1" || !Array.isArray(events)) return undefined;
  if (!events.every((event) => has(event, EVENT_TEXTS, EVENT_NUMBERS))) return undefined;
  if (!has(seal, SEAL_TEXTS, SEAL_NUMBERS) || !hasNames(statement, STATEMENT)) return undefined;
  const { lines, over, customer, model } = statement as Record<string, unknown>;
  const said = typeof over === "boolean" && typeof customer === "string" && typeof model === "string";
  if (!said || !Array.isArray(lines) || !lines.every((line) => hasNames(line, LINE))) return undefined;
  return fields as unknown as Receipt;
}

/** Whether the lines that are shown are those that were computed. */
function sameBill(bill: Bill, shown: Receipt["statement"]): boolean {
  const is = (money: Money, computed: bigint) => {
    const found = minor(money);
    return found.currency === bill.currency && found.minor === computed;
  };
  const totals =
    shown.customer === bill.customer &&
    shown.model === bill.model &&
    shown.over === bill.over &&
    is(shown.held, bill.held) &&
    is(shown.charged, bill.charged) &&
    is(shown.commission, bill.commission) &&
    is(shown.provider_net, bill.provider_net) &&
    is(shown.released, bill.released) &&
    shown.lines.length === bill.lines.length;
  if (!totals) return false;
  return bill.lines.every((line, index) => {
    const said = shown.lines[index];
    return (
      said !== undefined &&
      BigInt(said.lease) === line.lease &&
      said.provider === line.provider &&
      said.machine === line.machine &&
      samePrice(said.rate.price, line.rate.price) &&
      said.rate.currency === line.rate.currency &&
      BigInt(said.seconds) === line.seconds &&
      BigInt(said.from_step) === line.from_step &&
      BigInt(said.to_step) === line.to_step &&
      is(said.amount, line.amount) &&
      is(said.commission, line.commission) &&
      is(said.provider_net, line.provider_net) &&
      said.positions.map(BigInt).join() === line.positions.join() &&
      said.events.join() === line.events.join()
    );
  });
}

/**
 * Whether a receipt holds under the key that the marketplace publishes. Without that key the one in
 * the file would prove only that the file is whole, so it is refused.
 */
export async function verifyReceipt(text: string, publicKey: string): Promise<Verdict> {
  const wrong = (failed: Check, fault: Fault, at: { position?: unknown; lease?: unknown } = {}): Verdict => ({
    holds: false,
    failed,
    fault,
    ...(at.position !== undefined && { position: String(at.position) }),
    ...(at.lease !== undefined && { lease: String(at.lease) }),
  });
  const receipt = readReceipt(text);
  if (receipt === undefined) return wrong("format", "not-a-receipt");
  const key = fromHex(receipt.public_key, 32);
  if (key === undefined) return wrong("format", "not-a-receipt");
  if (fromHex(publicKey, 32) === undefined) return wrong("key", "no-key");
  if (publicKey !== receipt.public_key) return wrong("key", "other-key");
  const head = await sealedHash(receipt.seal, key);
  if (head === undefined) return wrong("seal", "seal");
  const hashes = [];
  for (const event of receipt.events) {
    const { position } = event;
    const hash = await heldHash(event);
    if (hash === undefined) return wrong("events", "altered", { position });
    if (BigInt(position) > BigInt(receipt.seal.position)) return wrong("events", "beyond-head", { position });
    hashes.push({ position, hash });
  }
  const signature = fromHex(receipt.signature, 64);
  const message = receiptBytes(receipt.order, head, hashes);
  if (signature === undefined || !(await signedBy(key, message, signature))) return wrong("signature", "forged");
  try {
    const bill = billOf(receipt.order, receipt.events);
    if (!sameBill(bill, receipt.statement)) return wrong("lines", "other-lines");
    return {
      holds: true,
      events: receipt.events.length,
      position: String(receipt.seal.position),
      keyId: await keyId(key),
      bill,
    };
  } catch (error) {
    if (error instanceof Unaccountable) return wrong("lines", error.reason, error);
    return wrong("lines", "other-lines");
  }
}
