// Whether the server can be reached, as the last requests showed it and the browser says.

export type Connection = "connected" | "offline" | "unreachable";

type Listener = (connection: Connection) => void;

const PAUSE_MS = [1_000, 2_000, 4_000, 8_000, 15_000];

let now: Connection = "connected";
let tries = 0;
let lostAt = Number.NEGATIVE_INFINITY;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<Listener>();

function become(next: Connection): void {
  if (next === now) return;
  now = next;
  for (const listener of listeners) listener(now);
}

export const connection = (): Connection => now;

export function onConnection(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** An answer came to what was asked at `since`, whatever it said. */
export function answered(since: number): void {
  // Under way before the connection was lost, it says nothing of now.
  if (since < lostAt) return;
  clearTimeout(timer);
  timer = undefined;
  tries = 0;
  become("connected");
}

/** No answer came. From now on it is asked, more and more rarely, whether one comes again. */
export function silent(): void {
  become(navigator.onLine ? "unreachable" : "offline");
  look();
}

/** Asks now, because somebody is waiting for it. */
export function lookNow(): void {
  clearTimeout(timer);
  timer = undefined;
  tries = 0;
  void ask();
}

/** Finds out whether the server answers, and if not, waits until it does. True if it did at once. */
export async function untilConnected(): Promise<boolean> {
  await ask();
  if (now === "connected") return true;
  await new Promise<void>((resolve) => {
    const stop = onConnection((next) => {
      if (next !== "connected") return;
      stop();
      resolve();
    });
  });
  return false;
}

function look(): void {
  if (timer !== undefined) return;
  const pause = PAUSE_MS[Math.min(tries, PAUSE_MS.length - 1)];
  tries += 1;
  timer = setTimeout(() => {
    timer = undefined;
    void ask();
  }, pause);
}

async function ask(): Promise<void> {
  const since = performance.now();
  try {
    const response = await fetch("/healthz", { cache: "no-store" });
    if (response.ok) {
      answered(since);
      return;
    }
  } catch {
    // Still nobody there.
  }
  become(navigator.onLine ? "unreachable" : "offline");
  look();
}

if (typeof window !== "undefined") {
  window.addEventListener("offline", () => {
    lostAt = performance.now();
    become("offline");
    look();
  });
  window.addEventListener("online", lookNow);
}
