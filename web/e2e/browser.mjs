// A real browser, as somebody has it: a language, a width, light or dark. It hears every complaint.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { words } from "./words.mjs";

export const LAPTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Ignored by git. */
export const SHOTS = join(import.meta.dirname, "../shots");

let running;
let failures = 0;

/** One for all tests of a file; whoever runs as root has no sandbox to give it. */
async function browser() {
  running ??= chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
  return running;
}

export async function close() {
  const launched = await running;
  running = undefined;
  await launched?.close();
}

/** Somebody at a page of this world. */
export class Visitor {
  complaints = [];

  static async come(world, { language = "en", viewport = LAPTOP, theme = "light", session } = {}) {
    const visitor = new Visitor();
    visitor.world = world;
    visitor.language = language;
    visitor.t = words(language);
    visitor.context = await (await browser()).newContext({
      baseURL: world.url,
      viewport,
      locale: language === "ru" ? "ru-RU" : "en-US",
      timezoneId: "Europe/Berlin",
      colorScheme: theme,
      isMobile: viewport.width < 600,
      hasTouch: viewport.width < 600,
      acceptDownloads: true,
      storageState: session,
    });
    visitor.context.setDefaultTimeout(15_000);
    visitor.page = await visitor.context.newPage();
    visitor.listen(visitor.page);
    return visitor;
  }

  listen(page) {
    page.on("pageerror", (error) => this.complaints.push(`${page.url()}: ${error.stack}`));
    page.on("console", (message) => {
      const text = message.text();
      // That something was refused is told by the page itself; the rest is about the page.
      if (message.type() !== "error" || text.startsWith("Failed to load resource")) return;
      this.complaints.push(`${page.url()}: ${text}`);
    });
  }

  async go(path) {
    await this.page.goto(path);
  }

  /** What is typed behind a label. */
  field(key) {
    return this.page.getByLabel(this.t(key), { exact: true });
  }

  button(key, values) {
    return this.page.getByRole("button", { name: this.t(key, values), exact: true });
  }

  async sees(key, values) {
    await this.reads(this.t(key, values));
  }

  /** A text that is there to be read, and not only in the page. */
  async reads(text) {
    await this.page.getByText(text).filter({ visible: true }).first().waitFor();
  }

  async signIn({ email, password }) {
    await this.go("/sign-in");
    await this.field("users:field.email").fill(email);
    await this.proves(password);
    await this.page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
  }

  /** Types a password where one is asked for, when it is this machine's turn. */
  async proves(password) {
    await this.field("users:field.password").fill(password);
    await this.world.turn();
    await this.button("users:signIn.submit").click();
  }

  async heading(key) {
    await this.page.getByRole("heading", { name: this.t(key), level: 1 }).waitFor();
  }

  /** Everything that a machine can find wrong for people who see, hear or move otherwise. */
  async accessible(what) {
    // Whatever moves in has to have arrived: half of a fade has half of the contrast.
    await this.page.evaluate(() =>
      Promise.all(
        document
          .getAnimations()
          // What turns until something comes never arrives.
          .filter((it) => it.effect?.getComputedTiming().iterations !== Infinity)
          .map((it) => it.finished.catch(() => undefined)),
      ),
    );
    // The page's policy lets nothing be written into it, so it is evaluated beside the page.
    await this.page.evaluate(AXE);
    const found = await this.page.evaluate(
      (tags) => globalThis.axe.run(document, { runOnly: { type: "tag", values: tags } }),
      WCAG,
    );
    const told = found.violations.map((it) => {
      const places = it.nodes.map((node) => `    ${node.target.join(" ")}: ${node.failureSummary}`);
      return `  ${it.id}: ${it.help}\n${places.join("\n")}`;
    });
    assert.equal(told.length, 0, `${what} at ${this.page.url()}:\n${told.join("\n")}`);
  }

  /** Nothing sticks out at the side. */
  async fits(what) {
    const [scroll, width] = await this.page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.documentElement.clientWidth,
    ]);
    assert.ok(scroll <= width, `${what} is ${scroll} px wide in ${width} px`);
  }

  /** No proof of who somebody is lies where a script could read it. */
  async keepsNoToken() {
    const kept = await this.page.evaluate(() =>
      JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage }) + document.cookie,
    );
    assert.doesNotMatch(kept, /tnr_|eyJ|trainnet_access|trainnet_refresh/);
  }

  async leave() {
    await this.keepsNoToken();
    await this.context.close();
    assert.deepEqual(this.complaints, []);
  }

  /** What was to be seen when something went wrong, beside the screenshots. */
  async failed(error) {
    mkdirSync(SHOTS, { recursive: true });
    const file = join(SHOTS, `failed-${this.language}-${process.pid}-${(failures += 1)}.png`);
    const shot = this.page.screenshot({ path: file, fullPage: true });
    await shot.catch(() => undefined);
    const complaints = this.complaints.join("\n");
    const where = `at ${this.page.url()}, to be seen in ${file}`;
    await this.context.close();
    return new Error(`${error.message}\n${where}\n${complaints}`, { cause: error });
  }
}

/** Somebody comes, does something and leaves; nothing may have been complained about. */
export async function visit(world, options, doing) {
  const visitor = await Visitor.come(world, options);
  try {
    await doing(visitor);
  } catch (error) {
    throw await visitor.failed(error);
  }
  await visitor.leave();
}
