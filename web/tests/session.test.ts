// The session over a real server on loopback that behaves as ours says it does.

import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

type Seen = { method: string; path: string; csrf: string | undefined; position: string | undefined; body: string };

let server: Server;
let base: string;
let seen: Seen[];
let signedIn: boolean;
let renewable: boolean;
let answers: ((request: IncomingMessage) => [number, Record<string, string>, unknown] | undefined)[];

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of request) text += String(part);
  return text;
}

beforeEach(async () => {
  seen = [];
  signedIn = true;
  renewable = true;
  answers = [];
  server = createServer(async (request, response) => {
    const header = (name: string) => request.headers[name] as string | undefined;
    const path = request.url ?? "";
    seen.push({
      method: request.method ?? "",
      path,
      csrf: header("trainnet-csrf"),
      position: header("trainnet-position"),
      body: await bodyOf(request),
    });
    const send = (status: number, headers: Record<string, string>, body: unknown) => {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(JSON.stringify(body));
    };
    const own = answers.map((answer) => answer(request)).find((answer) => answer !== undefined);
    if (own !== undefined) return send(...own);
    if (path === "/v1/web/session/refresh") {
      if (!renewable) return send(401, {}, { status: 401, code: "users/session-over" });
      // Long enough for everybody who found the session over to arrive meanwhile.
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      signedIn = true;
      return send(200, {}, {});
    }
    if (!signedIn) return send(401, {}, { status: 401, code: "users/session-over" });
    return send(200, request.method === "POST" ? { "trainnet-position": "41" } : {}, { said: path });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const locks = new Map<string, Promise<unknown>>();
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  vi.stubGlobal("document", { cookie: "theme=x; trainnet_csrf=proof" });
  vi.stubGlobal("localStorage", storage);
  vi.stubGlobal("sessionStorage", { ...storage });
  vi.stubGlobal("navigator", {
    onLine: true,
    // As browsers do it: one holder at a time, for all tabs.
    locks: {
      request: async (name: string, run: () => Promise<unknown>) => {
        const before = locks.get(name) ?? Promise.resolve();
        const mine = before.then(run, run);
        locks.set(name, mine);
        return await mine;
      },
    },
  });
  const real = globalThis.fetch;
  vi.stubGlobal("fetch", (input: RequestInfo | URL, init?: RequestInit) =>
    real(typeof input === "string" && input.startsWith("/") ? base + input : input, init),
  );
  vi.resetModules();
});

afterEach(async () => {
  vi.unstubAllGlobals();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** A tab has modules of its own, and shares storage and locks with the others. */
async function tab() {
  vi.resetModules();
  return await import("@/api/transport");
}

const get = (path: string) => new Request(`${base}${path}`);
const post = (path: string, body = "{}") =>
  new Request(`${base}${path}`, { method: "POST", body, headers: { "content-type": "application/json" } });
const count = (path: string) => seen.filter((one) => one.path === path).length;

describe("a request", () => {
  it("proves where it comes from when it changes something, and only then", async () => {
    const { transport } = await tab();
    await transport(get("/v1/jobs"));
    await transport(post("/v1/jobs"));
    expect(seen.map((one) => one.csrf)).toEqual([undefined, "proof"]);
  });

  it("reads what the command before it wrote", async () => {
    const { transport } = await tab();
    await transport(get("/v1/jobs"));
    await transport(post("/v1/jobs"));
    await transport(get("/v1/jobs"));
    expect(seen.map((one) => one.position)).toEqual([undefined, undefined, "41"]);
  });

  it("forgets a position that the server has not come to", async () => {
    const { transport } = await tab();
    await transport(post("/v1/jobs"));
    answers.push((request) =>
      request.headers["trainnet-position"] === undefined
        ? undefined
        : [409, {}, { status: 409, code: "position/unknown" }],
    );
    expect((await transport(get("/v1/jobs"))).status).toBe(200);
    expect(seen.at(-1)?.position).toBeUndefined();
  });

  it("says that nobody answers, as a problem like any other", async () => {
    const { transport } = await tab();
    const { isProblemError, UNREACHABLE } = await import("@/api/problem");
    await new Promise((resolve) => {
      server.closeAllConnections();
      server.close(resolve);
    });
    const error: unknown = await transport(get("/v1/jobs")).catch((caught: unknown) => caught);
    expect(isProblemError(error) && error.code).toBe(UNREACHABLE);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
});

describe("what was asked before the app had started", () => {
  it("answers whoever asks for it first, and nobody after that", async () => {
    const early = (said: string) => Promise.resolve(Response.json({ said }));
    vi.stubGlobal("trainnetAsked", { "/v1/me": early("early"), "/v1/jobs?limit=2": early("other") });
    const { transport } = await tab();
    const asks = async (path: string) => ((await (await transport(get(path))).json()) as { said: string }).said;
    expect(await asks("/v1/me")).toBe("early");
    expect(await asks("/v1/me")).toBe("/v1/me");
    expect(await asks("/v1/jobs")).toBe("/v1/jobs");
    expect(seen.map((one) => one.path)).toEqual(["/v1/me", "/v1/jobs"]);
  });

  it("is renewed like any other where the session is over", async () => {
    signedIn = false;
    const over = { status: 401, code: "users/session-over" };
    vi.stubGlobal("trainnetAsked", { "/v1/me": Promise.resolve(Response.json(over, { status: 401 })) });
    const { transport } = await tab();
    expect((await transport(get("/v1/me"))).status).toBe(200);
    expect(count("/v1/web/session/refresh")).toBe(1);
    expect(count("/v1/me")).toBe(1);
  });
});

describe("a session that is over", () => {
  it("is renewed once, however many requests find it so, and each is sent again", async () => {
    signedIn = false;
    const { transport } = await tab();
    const all = await Promise.all(Array.from({ length: 12 }, (_, i) => transport(get(`/v1/jobs/${i}`))));
    expect(all.map((one) => one.status)).toEqual(Array(12).fill(200));
    expect(count("/v1/web/session/refresh")).toBe(1);
  });

  it("is renewed once for two tabs", async () => {
    signedIn = false;
    const one = await tab();
    const other = await tab();
    expect(one.transport).not.toBe(other.transport);
    const both = await Promise.all([one.transport(get("/v1/a")), other.transport(get("/v1/b"))]);
    expect(both.map((answer) => answer.status)).toEqual([200, 200]);
    expect(count("/v1/web/session/refresh")).toBe(1);
  });

  it("loses nothing of what was sent", async () => {
    signedIn = false;
    const { transport } = await tab();
    const sent = JSON.stringify({ label: "night runs" });
    expect((await transport(post("/v1/keys", sent))).status).toBe(200);
    const bodies = seen.filter((one) => one.path === "/v1/keys").map((one) => one.body);
    expect(bodies).toEqual([sent, sent]);
  });

  it("and cannot be renewed asks whoever sits there, and goes on when they have signed in", async () => {
    signedIn = false;
    renewable = false;
    const { transport, onSessionOver } = await tab();
    let asked = 0;
    onSessionOver(() => {
      asked += 1;
      signedIn = true;
      return Promise.resolve(true);
    });
    expect((await transport(post("/v1/keys"))).status).toBe(200);
    expect(asked).toBe(1);
  });

  it("asks them also where the cookies went with it", async () => {
    signedIn = false;
    vi.stubGlobal("document", { cookie: "" });
    const { transport, onSessionOver } = await tab();
    onSessionOver(() => {
      signedIn = true;
      return Promise.resolve(true);
    });
    expect((await transport(get("/v1/jobs"))).status).toBe(200);
    expect(count("/v1/web/session/refresh")).toBe(0);
  });

  it("stays over when they would rather not", async () => {
    signedIn = false;
    renewable = false;
    const { transport } = await tab();
    expect((await transport(get("/v1/jobs"))).status).toBe(401);
    expect(count("/v1/jobs")).toBe(1);
  });

  it("is not what a wrong password means", async () => {
    answers.push((request) =>
      request.url === "/v1/web/session"
        ? [401, {}, { status: 401, code: "users/wrong-credentials" }]
        : undefined,
    );
    const { transport } = await tab();
    expect((await transport(post("/v1/web/session"))).status).toBe(401);
    expect(count("/v1/web/session/refresh")).toBe(0);
  });

  it("is not looked for where nobody was signed in", async () => {
    signedIn = false;
    vi.stubGlobal("document", { cookie: "" });
    const { transport } = await tab();
    expect((await transport(get("/v1/me"))).status).toBe(401);
    expect(count("/v1/web/session/refresh")).toBe(0);
  });
});

describe("the cookie of the proof", () => {
  it("is found under the name that it has with TLS and without", async () => {
    const { csrfIn } = await import("@/api/cookies");
    expect(csrfIn("a=1; trainnet_csrf=plain")).toBe("plain");
    expect(csrfIn("trainnet_csrf=plain; __Host-trainnet_csrf=a=b")).toBe("a=b");
    expect(csrfIn("xtrainnet_csrf=1; trainnet_csrf=")).toBeUndefined();
    expect(csrfIn("")).toBeUndefined();
  });
});

describe("the key of an action", () => {
  it("stays while nobody knows whether it was done, and changes with what is asked", async () => {
    const { ActionKey, freshKey } = await import("@/api/idempotency");
    const key = new ActionKey();
    const first = key.for({ amount: "5.00" });
    expect(key.for({ amount: "5.00" })).toBe(first);
    const other = key.for({ amount: "6.00" });
    expect(other).not.toBe(first);
    key.settled();
    expect(key.for({ amount: "6.00" })).not.toBe(other);
    expect(new Set(Array.from({ length: 1_000 }, freshKey)).size).toBe(1_000);
  });
});

describe("the way back after signing in", () => {
  it("leads to pages of ours and to nobody else's", async () => {
    vi.stubGlobal("location", new URL("https://trainnet.example/sign-in"));
    const { returnPath } = await import("@/session/session");
    expect(returnPath("/jobs?status=done#x", "/home")).toBe("/jobs?status=done#x");
    const elsewhere = ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "", null];
    for (const wrong of elsewhere) expect(returnPath(wrong, "/home"), String(wrong)).toBe("/home");
  });
});
