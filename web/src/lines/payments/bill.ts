// Computes the bill of an order from its events and from nothing else, in whole minor units.

import type { Evidence } from "./chain";

/** Why events do not make the bill that is shown. */
export class Unaccountable extends Error {
  override readonly name = "Unaccountable";
  readonly reason: BillFault;
  readonly position: string | undefined;
  readonly lease: string | undefined;

  constructor(reason: BillFault, at: { position?: unknown; lease?: unknown } = {}) {
    super(reason);
    this.reason = reason;
    this.position = at.position === undefined ? undefined : String(at.position);
    this.lease = at.lease === undefined ? undefined : String(at.lease);
  }
}

export type BillFault =
  | "unreadable"
  | "no-order"
  | "missing"
  | "no-lease"
  | "wrong-split"
  | "wrong-total"
  | "too-dear"
  | "unbalanced";

/** Decimals that the books keep of each currency. */
const SCALES: Record<string, number> = { USD: 6, RUB: 6, USDT: 6, BTC: 8 };

export type Minor = { minor: bigint; currency: string };

export type BillLine = {
  lease: bigint;
  provider: string;
  machine: string;
  rate: { price: string; currency: string };
  seconds: bigint;
  from_step: bigint;
  to_step: bigint;
  amount: bigint;
  commission: bigint;
  provider_net: bigint;
  positions: bigint[];
  events: string[];
};

export type Bill = {
  customer: string;
  model: string;
  currency: string;
  held: bigint;
  charged: bigint;
  commission: bigint;
  provider_net: bigint;
  released: bigint;
  over: boolean;
  lines: BillLine[];
};

type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

class Unreadable extends Error {}

function fields(value: unknown): Fields {
  if (isFields(value)) return value;
  throw new Unreadable();
}

export function text(value: unknown): string {
  if (typeof value === "string") return value;
  throw new Unreadable();
}

export function whole(value: unknown): bigint {
  if (typeof value === "bigint" && value >= 0n) return value;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  throw new Unreadable();
}

/** Money as the books write it; finer than they know is no money. */
export function minor(value: unknown): Minor {
  const { amount, currency } = fields(value);
  const scale = SCALES[text(currency)];
  const parts = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text(amount));
  if (scale === undefined || parts === null) throw new Unreadable();
  const [, sign, units = "", decimals = ""] = parts;
  if (decimals.length > scale) throw new Unreadable();
  const found = BigInt(units + decimals.padEnd(scale, "0"));
  return { minor: sign === "-" ? -found : found, currency: text(currency) };
}

/** What so many seconds cost at a price an hour, rounded down. */
export function forSeconds(price: string, currency: string, seconds: bigint): bigint {
  const parts = /^(\d+)(?:\.(\d+))?$/.exec(price);
  const scale = SCALES[currency];
  if (parts === null || scale === undefined) throw new Unreadable();
  const [, units = "", decimals = ""] = parts;
  const mantissa = BigInt(units + decimals);
  return (mantissa * seconds * 10n ** BigInt(scale)) / (10n ** BigInt(decimals.length) * 3_600n);
}

/** So many hundredths of a percent of an amount, rounded half to even. */
export function share(points: bigint, amount: bigint): bigint {
  const product = amount * points;
  const down = product / 10_000n;
  const rest = (product % 10_000n) * 2n;
  const up = rest > 10_000n || (rest === 10_000n && down % 2n === 1n);
  return up ? down + 1n : down;
}

/** What a decimal says, whatever zeros stand behind it. */
const plain = (price: string): string =>
  price.includes(".") ? price.replace(/0+$/, "").replace(/\.$/, "") : price;

export const samePrice = (a: string, b: string): boolean => plain(a) === plain(b);

class Adding {
  readonly bill: Bill;
  #lease: { fence: bigint; machine: string } | undefined;
  #step = 0n;

  constructor(ordered: Fields) {
    const terms = fields(ordered.terms);
    const budget = minor(ordered.budget);
    this.bill = {
      customer: text(terms.customer),
      model: text(terms.model),
      currency: budget.currency,
      held: 0n,
      charged: 0n,
      commission: 0n,
      provider_net: 0n,
      released: 0n,
      over: false,
      lines: [],
    };
  }

  #money(value: unknown): bigint {
    const found = minor(value);
    if (found.currency !== this.bill.currency) throw new Unreadable();
    return found.minor;
  }

  take(event: Evidence, kind: string, said: Fields): void {
    const { bill } = this;
    switch (kind) {
      case "job.ordered":
        throw new Unreadable();
      case "job.funded":
        bill.held += this.#money(said.held);
        break;
      case "job.budget-raised":
        bill.held += this.#money(said.by);
        break;
      case "job.started":
        this.#lease = { fence: whole(said.fence), machine: text(said.machine) };
        break;
      case "job.charged":
        this.#charge(event, said);
        break;
      case "job.done":
      case "job.failed":
      case "job.cancelled":
        bill.released = this.#money(said.released);
        bill.over = true;
        break;
      case "job.payment-opened":
      case "job.funds-missing":
      case "job.interrupted":
      case "job.pause-asked":
      case "job.paused":
      case "job.resumed":
      case "job.cancel-asked":
        break;
      default:
        throw new Unreadable();
    }
  }

  #charge(event: Evidence, said: Fields): void {
    const { bill } = this;
    const { position } = event;
    const amount = this.#money(said.amount);
    const split = fields(said.split);
    const commission = this.#money(split.commission);
    const provider = this.#money(split.provider);
    const points = whole(said.commission_basis_points);
    if (amount < 0n || points > 10_000n) throw new Unreadable();
    const grown = share(points, bill.charged + amount) - share(points, bill.charged);
    if (commission !== grown || provider !== amount - grown) {
      throw new Unaccountable("wrong-split", { position });
    }
    if (bill.charged + amount !== this.#money(said.charged)) {
      throw new Unaccountable("wrong-total", { position });
    }
    bill.charged += amount;
    bill.commission += commission;
    bill.provider_net += provider;
    const fence = whole(said.fence);
    if (this.#lease?.fence !== fence) throw new Unaccountable("no-lease", { position });
    const step = whole(said.step);
    const line = this.#line(fence, said);
    line.seconds = max(line.seconds, whole(said.trained_seconds));
    line.to_step = max(line.to_step, step);
    line.amount += amount;
    line.commission += commission;
    line.provider_net += provider;
    line.positions.push(BigInt(event.position));
    line.events.push(event.event_id);
    if (forSeconds(line.rate.price, line.rate.currency, line.seconds) < line.amount) {
      throw new Unaccountable("too-dear", { lease: line.lease });
    }
    this.#step = max(this.#step, step);
  }

  /** The line of this lease, which a charge of another one ends. */
  #line(fence: bigint, said: Fields): BillLine {
    const last = this.bill.lines.at(-1);
    if (last?.lease === fence) return last;
    const rate = fields(said.rate);
    const line: BillLine = {
      lease: fence,
      provider: text(said.provider),
      machine: this.#lease?.machine ?? "",
      rate: { price: text(rate.price), currency: text(rate.currency) },
      seconds: 0n,
      from_step: this.#step,
      to_step: this.#step,
      amount: 0n,
      commission: 0n,
      provider_net: 0n,
      positions: [],
      events: [],
    };
    if (line.rate.currency !== this.bill.currency) throw new Unreadable();
    this.bill.lines.push(line);
    return line;
  }
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);

function happened(event: Evidence): [kind: string, said: Fields] {
  const payload = fields(JSON.parse(event.payload));
  const entries = Object.entries(payload);
  const [only] = entries;
  if (entries.length !== 1 || only === undefined || only[0] !== event.event_type) throw new Unreadable();
  return [only[0], fields(only[1])];
}

/** The bill that follows from the events of this order. Throws `Unaccountable` where none does. */
export function billOf(order: string, events: readonly Evidence[]): Bill {
  let adding: Adding | undefined;
  let sequence = 0n;
  for (const event of events) {
    if (event.aggregate_type !== "job" || event.aggregate_id !== order) continue;
    const { position } = event;
    sequence += 1n;
    if (BigInt(event.sequence) !== sequence) throw new Unaccountable("missing", { position });
    try {
      const [kind, said] = happened(event);
      if (adding !== undefined) adding.take(event, kind, said);
      else if (kind === "job.ordered") adding = new Adding(said);
      else throw new Unaccountable("no-order");
    } catch (error) {
      if (error instanceof Unaccountable) throw error;
      throw new Unaccountable("unreadable", { position });
    }
  }
  if (adding === undefined) throw new Unaccountable("no-order");
  const { bill } = adding;
  const used = bill.charged + bill.released;
  const within = bill.over ? used === bill.held : used <= bill.held;
  if (!within || bill.commission + bill.provider_net !== bill.charged) {
    throw new Unaccountable("unbalanced");
  }
  return bill;
}
