// Renews the session once, however many requests and tabs find at the same time that it has to be.

import { answered, silent } from "./connection";
import { CSRF_HEADER, csrf } from "./cookies";
import { problemOf, unreachable } from "./problem";

/** When any tab last renewed it. A time is no secret, so it may lie where every tab can see it. */
const RENEWED_AT = "trainnet.renewed";

export type Renewal = "renewed" | "over";

let running: Promise<Renewal> | undefined;

function renewedAt(): number {
  try {
    return Number(localStorage.getItem(RENEWED_AT)) || 0;
  } catch {
    return 0;
  }
}

function noteRenewed(): void {
  try {
    localStorage.setItem(RENEWED_AT, String(Date.now()));
  } catch {
    // Then the other tabs renew it once more, which the server takes for a repetition.
  }
}

async function ask(): Promise<Renewal> {
  const headers = new Headers();
  const token = csrf();
  if (token !== undefined) headers.set(CSRF_HEADER, token);
  const begun = performance.now();
  let response: Response;
  try {
    response = await fetch("/v1/web/session/refresh", { method: "POST", headers });
  } catch (error) {
    silent();
    throw unreachable(error);
  }
  answered(begun);
  if (response.ok) {
    noteRenewed();
    return "renewed";
  }
  if (response.status === 401 || response.status === 403) return "over";
  throw await problemOf(response);
}

/**
 * Renews the session for a request that was begun at `since`. Whoever was made to wait for another
 * tab that renewed it meanwhile has nothing left to do.
 */
export function renew(since: number): Promise<Renewal> {
  running ??= (async () => {
    try {
      const locks = typeof navigator === "undefined" ? undefined : navigator.locks;
      if (locks === undefined) return await ask();
      return await locks.request("trainnet-renewal", async () =>
        renewedAt() > since ? "renewed" : await ask(),
      );
    } finally {
      running = undefined;
    }
  })();
  return running;
}
