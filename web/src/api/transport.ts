// The one way to the server: cookie, proof of origin, position, renewal of the session.

import { answered, silent } from "./connection";
import { CSRF_HEADER, csrf } from "./cookies";
import { askedBefore } from "./early";
import { forgetPosition, POSITION_HEADER, position, reached } from "./position";
import { unreachable } from "./problem";
import { renew } from "./renewal";

/** What a 401 says when the session is over; others, such as a wrong password, are answers. */
const OVER = new Set(["unauthenticated", "users/session-over", "reauth_required"]);

/** Asks whoever sits here to sign in again. False if they would rather not. */
export type SignInAgain = () => Promise<boolean>;

let signInAgain: SignInAgain = () => Promise.resolve(false);

export function onSessionOver(ask: SignInAgain): void {
  signInAgain = ask;
}

const isRead = (request: Request) => request.method === "GET" || request.method === "HEAD";

async function once(original: Request): Promise<Response> {
  const request = original.clone();
  if (isRead(request)) {
    if (position() > 0 && !request.headers.has(POSITION_HEADER)) {
      request.headers.set(POSITION_HEADER, String(position()));
    }
  } else {
    const token = csrf();
    if (token !== undefined) request.headers.set(CSRF_HEADER, token);
  }
  const since = performance.now();
  let response: Response;
  try {
    response = await (askedBefore(request) ?? fetch(request));
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    silent();
    throw unreachable(error);
  }
  answered(since);
  if (response.ok && !isRead(request)) reached(response);
  return response;
}

async function codeOf(response: Response): Promise<string | undefined> {
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  if (typeof body !== "object" || body === null || !("code" in body)) return undefined;
  return typeof body.code === "string" ? body.code : undefined;
}

/**
 * Sends a request. A session that is over is renewed and the request sent again; if it cannot be
 * renewed, whoever sits here is asked to sign in, while the page with all that was typed stays.
 */
export async function transport(request: Request): Promise<Response> {
  const since = Date.now();
  const response = await once(request);
  if (response.status === 409 && isRead(request)) {
    if ((await codeOf(response)) !== "position/unknown") return response;
    forgetPosition();
    return await once(request);
  }
  if (response.status !== 401) return response;
  const code = await codeOf(response);
  if (code === undefined || !OVER.has(code)) return response;
  // Without the proof there is nothing to renew; whoever was here is asked all the same.
  if (csrf() !== undefined && (await renew(since)) === "renewed") {
    const again = await once(request);
    if (again.status !== 401) return again;
  }
  if (!(await signInAgain())) return response;
  return await once(request);
}
