// Every refusal that the server knows has words, or is said to programs alone.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { GARBLED, ProblemError, problemOf, UNREACHABLE, unreachable } from "@/api/problem";
import en from "@/i18n/en/problems.json";
import ru from "@/i18n/ru/problems.json";
import { explain } from "@/ui/explain";

const ROOT = join(import.meta.dirname, "../..");

/** Said to machines, webhooks and faulty programs; people meet the general words instead. */
const FOR_PROGRAMS = new Set([
  "body/broken-off",
  "body/malformed",
  "body/not-json",
  "files/range",
  "idempotency-key/invalid",
  "kyc/useless",
  "method-not-allowed",
  "not-ready",
  "payments/signature-wrong",
  "position/invalid",
  "position/unknown",
  "servers/hardware",
  "servers/join-token-refused",
  "uploads/length-required",
  "work/files/not-brought",
  "work/lease/lost",
  "work/release/not-asked",
  "work/report/nonsense",
]);

function codesOfTheServer(): string[] {
  const codes = new Set<string>();
  for (const crate of ["api", "dispatch", "receipts"]) {
    const folder = join(ROOT, crate, "src");
    for (const file of readdirSync(folder, { withFileTypes: true, recursive: true })) {
      if (!file.name.endsWith(".rs")) continue;
      // What is said behind the door for OpenAI's clients is said to programs, in their own words.
      if (file.parentPath.includes("openai")) continue;
      const [text = ""] = readFileSync(join(file.parentPath, file.name), "utf8").split("#[cfg(test)]");
      for (const found of text.matchAll(/Kind::new\(\s*StatusCode::\w+,\s*"([^"]+)"/g)) {
        codes.add(found[1] ?? "");
      }
    }
  }
  return [...codes];
}

type Codes = Record<string, { title: string; way: string }>;
const worded = (codes: Codes, code: string) => codes[code];

function explained(error: unknown, words: typeof en | typeof ru = en) {
  const t = (key: string, values?: { count: number }) => {
    const code = /^codes\.(.+)\.(title|way)$/.exec(key);
    if (code?.[1] !== undefined) {
      return worded(words.codes, code[1])?.[code[2] as "title" | "way"] ?? `MISSING ${key}`;
    }
    return `${key} ${values?.count ?? ""}`;
  };
  return explain(error, { t: t as never, known: (code) => worded(words.codes, code) !== undefined });
}

describe("the words for refusals", () => {
  it("are there for every code of the server that a person may meet", () => {
    const codes = codesOfTheServer();
    expect(codes.length).toBeGreaterThan(80);
    const wordless = codes.filter((code) => !FOR_PROGRAMS.has(code) && !worded(en.codes, code));
    expect(wordless).toEqual([]);
  });

  it("are there for no code that the server does not know", () => {
    const ours = new Set([UNREACHABLE, GARBLED, "broken", "refused"]);
    const codes = new Set([...codesOfTheServer(), ...ours]);
    expect(Object.keys(en.codes).filter((code) => !codes.has(code))).toEqual([]);
    expect([...FOR_PROGRAMS].filter((code) => !codes.has(code))).toEqual([]);
  });

  it("never show a code, whatever comes", () => {
    for (const status of [0, 400, 401, 403, 404, 409, 422, 429, 500, 503]) {
      const said = explained(new ProblemError({ status, code: "something/of-tomorrow" }));
      expect(`${said.title} ${said.way}`).not.toMatch(/of-tomorrow|MISSING|undefined/);
      expect(said.title.length).toBeGreaterThan(5);
    }
    expect(explained(new TypeError("x is not a function")).title).toBe(en.codes.broken.title);
    expect(explained(undefined, ru).title).toBe(ru.codes.broken.title);
  });

  it("say how long to wait where somebody has to", () => {
    const locked = new ProblemError({ status: 423, code: "users/locked" }, 900);
    expect(explained(locked).way).toContain("inMinutes 15");
    const soon = new ProblemError({ status: 429, code: "too-many-requests" }, 12.2);
    expect(explained(soon).way).toContain("inSeconds 13");
    const atOnce = explained(new ProblemError({ status: 503, code: "unavailable" }, 1));
    expect(atOnce.way).not.toMatch(/inSeconds|inMinutes/);
  });

  it("name the request only where the fault is ours", () => {
    const ours = new ProblemError({ status: 500, code: "internal", request_id: "req_1" });
    expect(explained(ours).requestId).toBe("req_1");
    const theirs = new ProblemError({ status: 422, code: "body/invalid", request_id: "req_2" });
    expect(explained(theirs).requestId).toBeUndefined();
  });
});

describe("an answer that is no success", () => {
  it("is read as the problem that it says", async () => {
    const body = { type: "urn:x", title: "T", status: 422, code: "body/invalid", field: "email" };
    const response = new Response(JSON.stringify(body), { status: 422, headers: { "retry-after": "7" } });
    const problem = await problemOf(response);
    expect(problem).toMatchObject({ status: 422, code: "body/invalid", field: "email", retryAfterSeconds: 7 });
  });

  it("is garbled where a proxy answered instead", async () => {
    const problem = await problemOf(new Response("<h1>Bad gateway</h1>", { status: 502 }));
    expect(problem).toMatchObject({ status: 502, code: GARBLED, passes: true, outcomeUnknown: true });
  });

  it("leaves open whether it was done where no answer came at all", () => {
    expect(unreachable(new TypeError("fetch failed"))).toMatchObject({ code: UNREACHABLE, outcomeUnknown: true });
    expect(new ProblemError({ status: 409, code: "taken" }).outcomeUnknown).toBe(false);
  });
});
