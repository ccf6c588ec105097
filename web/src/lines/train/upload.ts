// Brings a file to the server in parts: several at once, again where one was lost, from where it was.

import type { NewUpload, ShownUpload } from "@/api/schema";
import { isProblemError, ProblemError } from "@/api/problem";
import type { PartSent } from "./sendPart";

/** How the server is spoken to; each may refuse with a `ProblemError`. */
export type Wire = {
  begin: (what: NewUpload) => Promise<ShownUpload>;
  look: (upload: string) => Promise<ShownUpload>;
  send: (upload: string, number: number, part: Blob, sent: PartSent) => Promise<void>;
  complete: (upload: string) => Promise<unknown>;
  /** Finds out whether anybody is there, and renews the session on the way. */
  probe: () => Promise<unknown>;
  /** Waits, but not longer than until the connection is said to be back. */
  pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
};

export type Progress = {
  phase: "beginning" | "sending" | "waiting" | "paused" | "checking" | "done" | "failed";
  sent: number;
  bytes: number;
  upload: string | undefined;
  error: unknown;
};

const AT_ONCE = 3;
const PAUSES_MS = [1_000, 2_000, 4_000, 8_000, 15_000];
/** A part that changes on its way each time is a broken disk, not a broken line. */
const BROKEN_MAX = 3;

class Stopped extends Error {}

/** A lost connection, an overburdened server: going on may help, and nobody need do anything. */
function passes(error: unknown): boolean {
  if (!isProblemError(error)) return false;
  return error.passes || error.status === 408 || error.status === 401 || error.status === 423;
}

const isBroken = (error: unknown): boolean =>
  isProblemError(error) && (error.code === "uploads/part-hash" || error.code === "uploads/part-length");

export class Upload {
  readonly #file: File;
  readonly #wire: Wire;
  readonly #tell: (progress: Progress) => void;
  #now: Progress;
  #stop = new AbortController();
  /** By part, how much of it has gone in the present attempt. */
  readonly #going = new Map<number, number>();
  #arrived = 0;
  #tries = 0;
  #running = false;

  constructor(file: File, wire: Wire, tell: (progress: Progress) => void, upload?: string) {
    this.#file = file;
    this.#wire = wire;
    this.#tell = tell;
    this.#now = { phase: "beginning", sent: 0, bytes: file.size, upload, error: undefined };
  }

  get now(): Progress {
    return this.#now;
  }

  #become(change: Partial<Progress>): void {
    this.#now = { ...this.#now, ...change };
    this.#tell(this.#now);
  }

  #sent(): number {
    let sum = this.#arrived;
    for (const bytes of this.#going.values()) sum += bytes;
    return Math.min(sum, this.#file.size);
  }

  pause(): void {
    if (!this.#running) return;
    this.#stop.abort(new Stopped());
    this.#become({ phase: "paused" });
  }

  /** Begins, or goes on. */
  async run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    try {
      for (;;) {
        try {
          await this.#once(signal);
          this.#become({ phase: "done", sent: this.#file.size, error: undefined });
          return;
        } catch (error) {
          if (signal.aborted) return;
          if (!passes(error)) {
            this.#become({ phase: "failed", error });
            return;
          }
          await this.#wait(error, signal);
          if (signal.aborted) return;
        }
      }
    } finally {
      this.#running = false;
    }
  }

  async #wait(error: unknown, signal: AbortSignal): Promise<void> {
    this.#going.clear();
    // All of it is there, and it takes longer to read than an answer waits.
    const isRead = isProblemError(error) && error.code === "uploads/checking";
    this.#become(isRead ? { phase: "checking" } : { phase: "waiting", error, sent: this.#sent() });
    const asked = isProblemError(error) ? error.retryAfterSeconds : undefined;
    const pause = PAUSES_MS[Math.min(this.#tries, PAUSES_MS.length - 1)] ?? 1_000;
    this.#tries += 1;
    await this.#wire.pause(asked === undefined ? pause : asked * 1_000, signal);
    if (signal.aborted) return;
    // A session that is over is renewed by whatever reads; a part has no way to do that.
    if (isProblemError(error) && error.status === 401) await this.#wire.probe().catch(() => undefined);
  }

  /** What was begun before; nothing, where it was let go meanwhile. */
  async #known(): Promise<ShownUpload | undefined> {
    const { upload } = this.#now;
    if (upload === undefined) return undefined;
    try {
      return await this.#wire.look(upload);
    } catch (error) {
      if (!isProblemError(error) || (error.status !== 404 && error.status !== 410)) throw error;
      this.#become({ upload: undefined });
      return undefined;
    }
  }

  /** From wherever it stands to its end, or to the first thing that goes wrong. */
  async #once(signal: AbortSignal): Promise<void> {
    const { name, size } = this.#file;
    this.#going.clear();
    const shown =
      (await this.#known()) ?? (await this.#wire.begin({ kind: "dataset", name: name.slice(-200), bytes: size }));
    signal.throwIfAborted();
    if (shown.bytes !== size) throw new ProblemError({ status: 409, code: "uploads/over" });
    const waiting = shown.standing === "open" ? shown.parts : [];
    this.#arrived = size - waiting.reduce((sum, part) => sum + part.bytes, 0);
    const phase = waiting.length > 0 ? "sending" : "checking";
    this.#become({ phase, upload: shown.upload, sent: this.#arrived, error: undefined });
    await this.#sendAll(shown, waiting, signal);
    this.#become({ phase: "checking", sent: size });
    await this.#wire.complete(shown.upload);
  }

  async #sendAll(shown: ShownUpload, waiting: ShownUpload["parts"], outer: AbortSignal): Promise<void> {
    // The first that fails ends the others: what they had is asked for anew.
    const round = new AbortController();
    const signal = AbortSignal.any([outer, round.signal]);
    const queue = [...waiting];
    const lane = async () => {
      for (let part = queue.shift(); part !== undefined; part = queue.shift()) {
        await this.#sendOne(shown, part, signal);
      }
    };
    try {
      await Promise.all(Array.from({ length: AT_ONCE }, lane));
    } catch (error) {
      round.abort(new Stopped());
      throw error;
    }
  }

  async #sendOne(shown: ShownUpload, part: ShownUpload["parts"][number], signal: AbortSignal): Promise<void> {
    const from = (part.number - 1) * shown.part_bytes;
    const blob = this.#file.slice(from, from + part.bytes);
    for (let broken = 1; ; broken += 1) {
      try {
        await this.#wire.send(shown.upload, part.number, blob, {
          signal,
          onProgress: (bytes) => {
            this.#going.set(part.number, Math.min(bytes, part.bytes));
            this.#become({ sent: this.#sent() });
          },
        });
        break;
      } catch (error) {
        if (!isBroken(error) || broken >= BROKEN_MAX) throw error;
      }
    }
    this.#going.delete(part.number);
    this.#arrived += part.bytes;
    this.#tries = 0;
    this.#become({ sent: this.#sent() });
  }
}
