// Who is signed in, and how that begins and ends. Tokens are in cookies that no script can read.

import { type QueryClient, queryOptions, useQuery } from "@tanstack/react-query";
import { tell } from "@/api/channel";
import { api, ask } from "@/api/client";
import { csrf } from "@/api/cookies";
import { isProblemError, problemOf } from "@/api/problem";
import type { Credentials, Me } from "@/api/schema";
import { transport } from "@/api/transport";

export type { Me };
export type Role = "customer" | "provider" | "support" | "finance" | "admin";

/** Who is asking; `null` is nobody. Without the cookie nobody need be asked. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async ({ client }): Promise<Me | null> => {
    // Who was here a moment ago, and whose cookies are gone, is asked to sign in again.
    if (csrf() === undefined && !client.getQueryData(["me"])) return null;
    try {
      return await ask(api.GET("/v1/me"));
    } catch (error) {
      if (isProblemError(error) && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 60_000,
});

export function useMe(): Me | null | undefined {
  return useQuery(meQuery).data;
}

/** For pages behind the door, where somebody is always signed in. */
export function useSignedIn(): Me {
  const me = useMe();
  if (!me) throw new Error("a page behind the door was shown to nobody");
  return me;
}

export const hasRole = (me: Me | null | undefined, role: Role): boolean =>
  me?.roles.includes(role) ?? false;

async function send(method: string, path: string, body?: unknown, key?: string): Promise<void> {
  const headers = new Headers();
  if (body !== undefined) headers.set("content-type", "application/json");
  if (key !== undefined) headers.set("Idempotency-Key", key);
  const request = new Request(new URL(path, location.origin), {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const response = await transport(request);
  if (!response.ok) throw await problemOf(response);
}

/** What was remembered of somebody else is forgotten before anything of the next is shown. */
export async function signIn(queries: QueryClient, credentials: Credentials, key: string): Promise<Me> {
  const before = queries.getQueryData(meQuery.queryKey);
  await send("POST", "/v1/web/session", credentials, key);
  const me = await ask(api.GET("/v1/me"));
  if (before?.id !== me.id) drop(queries);
  queries.setQueryData(meQuery.queryKey, me);
  tell({ type: "signed-in", user: me.id });
  return me;
}

/** Who is asking stays: what watches it would go on watching what was thrown away. */
function drop(queries: QueryClient): void {
  const [first] = meQuery.queryKey;
  queries.removeQueries({ predicate: (query) => query.queryKey[0] !== first });
}

/** Everything that was read goes with the session. */
export function forget(queries: QueryClient): void {
  drop(queries);
  queries.setQueryData(meQuery.queryKey, null);
}

/** Whatever could not be read while nobody was signed in is read again. */
export function recover(queries: QueryClient): void {
  void queries.refetchQueries({ type: "active", predicate: (query) => query.state.status === "error" });
}

/** What is said at the door to whoever has just left. */
export type Farewell = "signed-out" | "signed-out-everywhere" | "erased";

/** Leaves with everything that the page remembers: the next page begins from nothing. */
export function leave(farewell: Farewell): void {
  tell({ type: "signed-out" });
  location.assign(`/sign-in?said=${farewell}`);
}

export async function signOut(): Promise<void> {
  try {
    await send("DELETE", "/v1/web/session");
  } catch (error) {
    // A session that is over is what was wanted.
    if (!isProblemError(error) || error.status !== 401) throw error;
  }
  leave("signed-out");
}

/** Where to go after signing in: a path of ours and nobody else's. */
export function returnPath(said: string | null, otherwise: string): string {
  if (said === null || !said.startsWith("/") || said.startsWith("//") || said.includes("\\")) {
    return otherwise;
  }
  const url = new URL(said, location.origin);
  return url.origin === location.origin ? url.pathname + url.search + url.hash : otherwise;
}
