// The typed client: every path, parameter and body is checked against the server's description.

import createClient from "openapi-fetch";
import { problemOf } from "./problem";
import type { paths } from "./schema";
import { transport } from "./transport";

export const api = createClient<paths>({
  // A page's own origin; the tests of the client run where there is none.
  baseUrl: typeof location === "undefined" ? "http://localhost" : location.origin,
  fetch: transport,
});

type Answered<T> = { data?: T; error?: unknown; response: Response };

/** What was asked for, or a `ProblemError`. */
export async function ask<T>(asked: Promise<Answered<T>>): Promise<T> {
  const { data, error, response } = await asked;
  if (!response.ok) throw await problemOf(response, error);
  return data as T;
}
