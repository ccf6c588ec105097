// What `src/boot.js` asked the server before the app had started: whoever asks for it finds it here.

declare global {
  var trainnetAsked: Record<string, Promise<Response>> | undefined;
}

/** Whoever asks later wants to know how it is then. */
const FRESH_MS = 15_000;

/** The answer to a read that is under way already; the next one asks anew. */
export function askedBefore(request: Request): Promise<Response> | undefined {
  const asked = globalThis.trainnetAsked;
  if (asked === undefined || request.method !== "GET") return undefined;
  const { pathname, search } = new URL(request.url);
  const answer = asked[pathname + search];
  delete asked[pathname + search];
  return performance.now() < FRESH_MS ? answer : undefined;
}
