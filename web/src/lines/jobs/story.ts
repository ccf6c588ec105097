// The story of a job, told from its own events: what was saved, what was lost, what it cost.

import { isFields } from "@/lines/payments/bill";
import { readReceipt } from "@/lines/payments/verify";
import { type Money, plus } from "@/ui/money";
import { isFailure, isLettingGo, type Failure, type LettingGo } from "./names";

type Said = Record<string, unknown>;

export type Chapter = { at: string; position: string } & (
  | { kind: "ordered"; budget: Money; way: "card" | "wallet" }
  | { kind: "payment-opened" }
  | { kind: "funded"; held: Money }
  | { kind: "funds-missing" }
  | { kind: "started"; machine: number; id: string; rate: Money; from: number }
  /** Charges of one lease, one after the other, are one chapter. */
  | { kind: "saved"; times: number; step: number; seconds: number; amount: Money }
  | { kind: "interrupted"; because: LettingGo; kept: number }
  | { kind: "pause-asked" }
  | { kind: "paused"; because: "asked" | "budget" }
  | { kind: "resumed" }
  | { kind: "budget-raised"; by: Money; budget: Money }
  | { kind: "cancel-asked" }
  | { kind: "done"; released: Money }
  | { kind: "failed"; because: Failure; released: Money }
  | { kind: "cancelled"; because: "asked" | "payment-expired" | "payment-failed"; released: Money }
);

const isMoney = (value: unknown): value is Money =>
  isFields(value) && typeof value.amount === "string" && typeof value.currency === "string";

function money(value: unknown): Money {
  if (isMoney(value)) return { amount: value.amount, currency: value.currency };
  throw new TypeError("no money");
}

const whole = (value: unknown): number => (typeof value === "number" ? value : 0);
const text = (value: unknown): string => (typeof value === "string" ? value : "");

class Telling {
  readonly chapters: Chapter[] = [];
  readonly #machines: string[] = [];
  #step = 0;

  #machine(id: string): number {
    const known = this.#machines.indexOf(id);
    if (known !== -1) return known + 1;
    this.#machines.push(id);
    return this.#machines.length;
  }

  take(kind: string, said: Said, position: string): void {
    const when = { at: text(said.at), position };
    switch (kind) {
      case "job.ordered":
        this.chapters.push({ ...when, kind: "ordered", budget: money(said.budget), way: said.way === "wallet" ? "wallet" : "card" });
        break;
      case "job.payment-opened":
      case "job.funds-missing":
      case "job.pause-asked":
      case "job.resumed":
      case "job.cancel-asked":
        this.chapters.push({ ...when, kind: kind.slice(4) as "resumed" });
        break;
      case "job.funded":
        this.chapters.push({ ...when, kind: "funded", held: money(said.held) });
        break;
      case "job.started": {
        const rate = isFields(said.rate) ? said.rate : {};
        const price = { amount: text(rate.price), currency: text(rate.currency) };
        const id = text(said.machine);
        this.chapters.push({ ...when, kind: "started", machine: this.#machine(id), id, rate: price, from: this.#step });
        break;
      }
      case "job.charged":
        this.#saved(said, when);
        break;
      case "job.interrupted":
        if (isLettingGo(said.because)) {
          this.chapters.push({ ...when, kind: "interrupted", because: said.because, kept: this.#step });
        }
        break;
      case "job.paused":
        this.chapters.push({ ...when, kind: "paused", because: said.because === "budget" ? "budget" : "asked" });
        break;
      case "job.budget-raised":
        this.chapters.push({ ...when, kind: "budget-raised", by: money(said.by), budget: money(said.budget) });
        break;
      default:
        this.#over(kind, said, when);
    }
  }

  #saved(said: Said, when: { at: string; position: string }): void {
    const amount = money(said.amount);
    const step = Math.max(this.#step, whole(said.step));
    const seconds = whole(said.trained_seconds);
    this.#step = step;
    const last = this.chapters.at(-1);
    if (last?.kind === "saved") {
      const together = { times: last.times + 1, step, seconds: Math.max(last.seconds, seconds) };
      this.chapters[this.chapters.length - 1] = { ...last, ...when, ...together, amount: plus(last.amount, amount) };
    } else this.chapters.push({ ...when, kind: "saved", times: 1, step, seconds, amount });
  }

  #over(kind: string, said: Said, when: { at: string; position: string }): void {
    if (kind === "job.done") this.chapters.push({ ...when, kind: "done", released: money(said.released) });
    if (kind === "job.failed") {
      const because = isFailure(said.because) ? said.because : "trainer";
      this.chapters.push({ ...when, kind: "failed", because, released: money(said.released) });
    }
    if (kind === "job.cancelled") {
      const known = said.because === "payment-expired" || said.because === "payment-failed";
      const because = known ? (said.because as "payment-expired") : "asked";
      this.chapters.push({ ...when, kind: "cancelled", because, released: money(said.released) });
    }
  }
}

/** The chapters in the order in which they happened; nothing, where the text is no receipt. */
export function storyOf(receipt: string): Chapter[] {
  const read = readReceipt(receipt);
  if (read === undefined) return [];
  const telling = new Telling();
  for (const event of read.events) {
    try {
      const said = (JSON.parse(event.payload) as Record<string, unknown>)[event.event_type];
      if (isFields(said)) telling.take(event.event_type, said, String(event.position));
    } catch {
      // A story with a gap is better than none; the receipt itself is verified elsewhere.
    }
  }
  return telling.chapters;
}
