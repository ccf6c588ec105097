// The real program in a folder of its own, with a private database, a stand-in for Stripe, mail that
// stays here, and agents that train: all of it on this machine alone, and gone with the test.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const ROOT = resolve(import.meta.dirname, "../..");
const PROGRAM = process.env.TRAINNET_PROGRAM ?? join(ROOT, "target/debug/trainnet");
const PROOFS = process.env.TRAINNET_PROOFS ?? join(ROOT, "target/debug/proofs");
const PYTHON = process.env.TRAINNET_TRAINER_PYTHON ?? join(ROOT, ".trainnet/trainer/bin/python");
const LINES_KEPT = 400;
const MINUTE = 61_000;
const SIGN_INS_MAX = 5;
/** Measurements of tumours; `trainer/examples` says whose. */
export const TABLE = join(ROOT, "trainer/examples/breast-cancer.csv");
export const PASSWORD = "correct horse 7 battery";

/** Asks until there is an answer, for a bounded time. */
export async function until(what, ask, seconds = 30) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false && answer !== null) return answer;
    if (Date.now() > end) throw new Error(`it never came to pass that ${what}`);
    await new Promise((wake) => setTimeout(wake, 100));
  }
}

/** Nothing of whoever runs the tests but what programs cannot do without. */
function surroundings(folder, more) {
  const kept = ["PATH", "HOME", "LANG", "TMPDIR", "USER", "LD_LIBRARY_PATH"];
  const own = kept.filter((name) => process.env[name] !== undefined);
  return {
    ...Object.fromEntries(own.map((name) => [name, process.env[name]])),
    TRAINNET_DATA_DIR: join(folder, "data"),
    TRAINNET_LISTEN: "127.0.0.1:0",
    TRAINNET_REQUESTS_PER_MINUTE: "100000",
    TRAINNET_TRAINER: join(ROOT, "trainer"),
    TRAINNET_TRAINER_PYTHON: PYTHON,
    TRAINNET_AGENT_CHECKPOINT_SECONDS: "2",
    OMP_NUM_THREADS: "1",
    ...more,
  };
}

export class World {
  #folder;
  #program;
  #said = [];
  #agents = [];
  #signIns = [];
  #people = 0;

  /** Starts the program, and returns when it answers. */
  static async start(settings = {}) {
    const world = new World();
    world.#folder = mkdtempSync(join(tmpdir(), "trainnet-e2e-"));
    // The database's own account has to get in.
    chmodSync(world.#folder, 0o755);
    try {
      await world.#run(settings);
    } catch (error) {
      await world.stop();
      throw new Error(`${error.message}\n${world.#said.join("\n")}`);
    }
    return world;
  }

  async #run(settings) {
    this.#program = spawn(PROGRAM, ["up", "--no-tour"], {
      env: surroundings(this.#folder, settings),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const failed = new Promise((_, reject) => {
      this.#program.once("error", reject);
      this.#program.once("exit", (code) => reject(new Error(`the program ended with ${code}`)));
    });
    failed.catch(() => undefined);
    const listen = (stream) =>
      createInterface({ input: stream }).on("line", (line) => {
        this.#said.push(line);
        if (this.#said.length > LINES_KEPT) this.#said.shift();
      });
    listen(this.#program.stdout);
    listen(this.#program.stderr);
    const found = (pattern) => this.#said.map((line) => pattern.exec(line)?.[1]).find(Boolean);
    const ready = until("the program is up", () => found(/^(Ctrl-C) ends it/), 120);
    await Promise.race([ready, failed]);
    this.url = found(/^The web app: (http:\S+)\/$/);
    this.simulator = found(/stand-in for Stripe answers at (http:\S+)\.$/);
    assert.ok(this.url !== undefined && this.simulator !== undefined, this.#said.join("\n"));
  }

  /** Ends everything that was started, and takes the folder away. */
  async stop() {
    for (const agent of this.#agents) await agent.kill();
    const program = this.#program;
    if (program !== undefined && program.exitCode === null && program.signalCode === null) {
      const ended = once(program, "exit");
      program.kill("SIGINT");
      await ended;
    }
    // A trainer whose agent was killed may still be writing.
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 500 });
  }

  /**
   * Asks the API as a program does, as somebody or nobody. Everybody has an address of their own on
   * this machine: so few may sign in from one in a minute, and the browser needs those.
   */
  async ask(method, path, { body, as, from = as?.from, key } = {}) {
    const headers = { "user-agent": "e2e" };
    if (body !== undefined) headers["content-type"] = "application/json";
    if (as !== undefined) headers.authorization = `Bearer ${as.token}`;
    if (key !== undefined) headers["idempotency-key"] = key;
    // Whoever reads sees at least what they did themselves.
    if (method === "GET" && as?.position) headers["trainnet-position"] = as.position;
    const asked = request(this.url + path, { method, headers, localAddress: from });
    asked.end(body === undefined ? undefined : JSON.stringify(body));
    const [answer] = await once(asked, "response");
    let text = "";
    for await (const chunk of answer.setEncoding("utf8")) text += chunk;
    if (as !== undefined) as.position = answer.headers["trainnet-position"] ?? as.position;
    const went = answer.statusCode >= 200 && answer.statusCode < 300;
    assert.ok(went, `${method} ${path}: ${answer.statusCode} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }

  /** Waits until a browser may sign in once more: five times a minute from one address. */
  async turn() {
    const recent = () => this.#signIns.filter((at) => at > Date.now() - MINUTE);
    await until("a browser may sign in", () => recent().length < SIGN_INS_MAX, 90);
    this.#signIns = [...recent(), Date.now()];
  }

  /** The newest mail to somebody, once it has come: its link and its code. */
  async mail(email, subject = /./) {
    const read = async (path) => (await fetch(this.url + path)).text();
    const path = await until(`a mail came for ${email}`, async () => {
      const lines = (await read("/dev/outbox")).split("<li>").slice(1);
      const line = lines.find((it) => it.includes(email) && subject.test(it));
      return line && /href="([^"]+)"/.exec(line)[1];
    });
    const text = await read(path);
    const link = /class="open" href="([^"]+)"/.exec(text)?.[1].replaceAll("&amp;", "&");
    const words = text.replace(/<a [^]*?<\/a>/g, "");
    return { path, text, link, code: /(?<!\w)[0-9]{6}(?!\w)/.exec(words)?.[0] };
  }

  /** Somebody who has registered and confirmed, without a browser. */
  async person(email, more = {}) {
    const from = `127.0.${(this.#people += 1)}.1`;
    await this.ask("POST", "/v1/users", { from, body: { email, password: PASSWORD, ...more } });
    const { code } = await this.mail(email);
    await this.ask("POST", "/v1/users/confirm", { from, body: { email, code } });
    const body = { email, password: PASSWORD };
    const session = await this.ask("POST", "/v1/sessions", { from, body });
    return { email, password: PASSWORD, token: session.access_token, user: session.user, from };
  }

  /** Brings a small file as a dataset, in one request; says which it is once it can be used. */
  async brings(person, name, bytes) {
    const headers = {
      "user-agent": "e2e",
      authorization: `Bearer ${person.token}`,
      "content-type": "text/csv",
      "content-length": bytes.length,
    };
    const path = `/v1/datasets?name=${encodeURIComponent(name)}`;
    const asked = request(this.url + path, { method: "POST", headers, localAddress: person.from });
    asked.end(bytes);
    const [answer] = await once(asked, "response");
    let text = "";
    for await (const chunk of answer.setEncoding("utf8")) text += chunk;
    assert.ok(answer.statusCode < 300, text);
    const { dataset } = JSON.parse(text);
    await until("the dataset is looked into", async () => {
      const found = await this.ask("GET", `/v1/datasets/${dataset}`, { as: person });
      return found.standing === "usable";
    });
    return dataset;
  }

  /** Somebody with so much in the wallet, paid on the simulator's page without a browser. */
  async wealthy(email, amount, more) {
    const person = await this.person(email, more);
    const body = { amount: { amount, currency: "USD" } };
    const asked = { as: person, body };
    const { payment, checkout_url: checkout } = await this.ask("POST", "/v1/wallet/top-ups", asked);
    await fetch(`${checkout}/pay`, { method: "POST", redirect: "manual" });
    await until("the payment came", async () => {
      const found = await this.ask("GET", `/v1/payments/${payment}`, { as: person });
      return found.status === "paid";
    });
    person.payment = payment;
    return person;
  }

  /** Makes somebody's statement longer by so many lines of the log; returns when they are to be seen. */
  async lengthens(person, lines) {
    const run = promisify(execFile);
    const env = surroundings(this.#folder, {});
    const { stdout } = await run(PROGRAM, ["database", "url"], { env });
    const asked = ["--database", stdout.trim(), "--user", person.user, "--lines", String(lines)];
    await run(PROOFS, ["statement", ...asked], { env });
    const { position } = await this.ask("GET", "/v1/log/head");
    person.position = String(position);
    const seen = () => this.ask("GET", "/v1/wallet", { as: person }).catch(() => undefined);
    await until("the lines are to be seen", seen, 120);
  }

  /** Orders without a browser, for pages that are about what follows; says which job it is. */
  async ordered(person, hyperparams = {}, budget = "5.00") {
    const dataset = await this.brings(person, "breast-cancer.csv", readFileSync(TABLE));
    const body = {
      model_type: "tabular",
      dataset_id: dataset,
      pay_with: "wallet",
      hyperparams,
      budget: { amount: budget, currency: "USD" },
    };
    const { id } = await this.ask("POST", "/train", { as: person, body, key: `order-${dataset}` });
    return id;
  }

  /** Until the job is done. */
  async trained(person, job) {
    await until("the model is trained", async () => {
      const found = await this.ask("GET", `/v1/jobs/${job}`, { as: person });
      assert.notEqual(found.status, "error", JSON.stringify(found));
      return found.status === "done";
    }, 300);
  }

  /** A machine of this provider, whose agent works until it is killed. */
  async agent(provider, name = "machine") {
    const body = {};
    const { token } = await this.ask("POST", "/v1/machines/tokens", { body, as: provider });
    const folder = join(this.#folder, name);
    mkdirSync(folder);
    const env = surroundings(this.#folder, { TRAINNET_AGENT_DIR: folder });
    const log = openSync(join(folder, "agent.log"), "a");
    const run = (args, more) =>
      spawn(PROGRAM, ["agent", ...args], {
        env: { ...env, ...more },
        stdio: ["ignore", log, log],
      });
    const joining = run(["join", "--name", name, "--server", this.url], {
      TRAINNET_JOIN_TOKEN: token,
    });
    const [code] = await once(joining, "exit");
    const said = () => readFileSync(join(folder, "agent.log"), "utf8");
    assert.equal(code, 0, said());
    const agent = new Agent(run(["run"], {}), said);
    this.#agents.push(agent);
    return agent;
  }

  /** A provider with a machine that works. */
  async provider(email = "provider@example.com") {
    const provider = await this.person(email, { sides: ["provider"] });
    const agent = await this.agent(provider);
    return { ...provider, agent };
  }
}

class Agent {
  #child;

  constructor(child, said) {
    this.#child = child;
    this.said = said;
  }

  /** As when its power goes: nothing is said, and nothing is tidied up. */
  async kill() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }
}
