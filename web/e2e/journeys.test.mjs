// What people come for: data becomes a model, and every cent of it is explained.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { close, LAPTOP, PHONE, visit } from "./browser.mjs";
import { PASSWORD, TABLE, until, World } from "./world.mjs";

/**
 * Long enough to be watched; what is saved every two seconds can be lost in between. Slow learning
 * keeps every tree large, so that it takes seconds on a fast machine too.
 */
const LONG = { rounds: 1000, depth: 8, learning_rate: 0.001, early_stopping_rounds: 0 };
const TRAINED_WITHIN = 300_000;

let world;
let provider;
before(async () => {
  world = await World.start();
  provider = await world.provider();
});
after(async () => {
  await close();
  await world?.stop();
});

/** Makes an account on the pages, and comes in by the code of its mail. */
async function registers(visitor, email) {
  await visitor.go("/sign-up");
  await visitor.field("users:field.email").fill(email);
  await visitor.field("users:field.password").fill(PASSWORD);
  await visitor.button("users:signUp.submit").click();
  const { code } = await world.mail(email);
  await visitor.field("users:confirm.code").fill(code);
  await world.turn();
  await visitor.button("users:confirm.submit").click();
  await visitor.page.waitForURL((url) => !url.pathname.startsWith("/confirm"));
}

/** A button by how its name begins: some say an amount behind it. */
function opening(visitor, key) {
  const name = visitor.t(key).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return visitor.page.getByRole("button", { name: new RegExp(`^${name}`) });
}

async function uploads(visitor, file) {
  await visitor.go("/train");
  await visitor.heading("train:title");
  await visitor.page.locator("input[type=file]").setInputFiles(file);
}

/** Brings a table and orders a training on it; says which job it is once it is paid for. */
async function orders(visitor, { budget = "2.00" } = {}) {
  await uploads(visitor, TABLE);
  await visitor.field("train:budget.label").fill(budget);
}

/** Pays on the simulator's page, as it is shown in the reader's language. */
async function pays(visitor) {
  await visitor.page.waitForURL((url) => url.href.startsWith(world.simulator));
  await visitor.fits("the checkout");
  const name = visitor.language === "ru" ? "Оплатить" : "Pay";
  await visitor.page.getByRole("button", { name, exact: true }).click();
  await visitor.page.waitForURL((url) => url.href.startsWith(`${world.url}/payments/`));
}

async function reads(visitor, key, timeout = TRAINED_WITHIN) {
  const text = visitor.page.getByText(visitor.t(key)).filter({ visible: true }).first();
  await text.waitFor({ timeout });
}

for (const [language, viewport] of [["en", LAPTOP], ["en", PHONE], ["ru", LAPTOP]]) {
  test(`from a table to a model and its receipt (${language}, ${viewport.width} px)`, () =>
    visit(world, { language, viewport }, async (visitor) => {
      await registers(visitor, `path-${language}-${viewport.width}@example.com`);
      await orders(visitor);
      await visitor.fits("an order");
      await opening(visitor, "train:pay.card").click();
      await pays(visitor);
      await reads(visitor, "payments:one.paid", 30_000);
      await visitor.fits("a payment");
      await visitor.page.getByRole("link", { name: visitor.t("payments:one.toJob") }).click();
      await visitor.page.waitForURL("**/status/job_*");
      const job = visitor.page.url().split("/").at(-1);
      await reads(visitor, "jobs:now.done");
      await visitor.fits("a job");
      const [download] = await Promise.all([
        visitor.page.waitForEvent("download"),
        visitor.button("jobs:action.download").click(),
      ]);
      const archive = readFileSync(await download.path());
      assert.deepEqual([...archive.subarray(0, 2)], [0x50, 0x4b], "it is a ZIP");
      await visitor.go(`/receipts/${job}`);
      await visitor.button("payments:proof.verify").click();
      await visitor.page.locator("[data-verdict]").waitFor();
      const verdict = await visitor.page.locator("[data-verdict]").getAttribute("data-verdict");
      assert.equal(verdict, "holds");
      await visitor.fits("a receipt");
    }));
}

test("a training is paid for from the wallet, and every line of the statement is explained", async () => {
  const person = await world.wealthy("wallet@example.com", "20.00");
  await visit(world, {}, async (visitor) => {
    await visitor.signIn(person);
    await orders(visitor);
    await visitor.page.getByLabel(visitor.t("train:pay.byWallet")).check({ force: true });
    await opening(visitor, "train:pay.wallet").click();
    await visitor.page.waitForURL("**/status/job_*");
    await reads(visitor, "jobs:now.done");
    await visitor.go("/wallet");
    await reads(visitor, "payments:event.job-funded", 15_000);
    // What the page shows is what the API says.
    const { balances } = await world.ask("GET", "/v1/wallet", { as: person });
    const [{ available }] = balances;
    const shown = available.amount.replace(/(\.\d\d)0+$/, "$1");
    await visitor.reads(shown);
    const line = visitor.page.getByText(visitor.t("payments:event.job-funded")).first();
    await line.click();
    await visitor.button("payments:explain.verify").click();
    await reads(visitor, "payments:explain.holds", 15_000);
  });
});

test("a table with a broken line is refused by its number, in words", () =>
  visit(world, { language: "ru" }, async (visitor) => {
    await registers(visitor, "broken@example.com");
    const lines = readFileSync(TABLE, "utf8").trimEnd().split("\n");
    lines[41] = lines[41].split(",").slice(0, 7).join(",");
    const file = { name: "broken.csv", mimeType: "text/csv", buffer: Buffer.from(lines.join("\n")) };
    await uploads(visitor, file);
    await reads(visitor, "train:findings.refused", 30_000);
    await visitor.sees("train:findings.line", { line: 42 });
    const remedy = visitor.t("train:finding.row-fields.remedy");
    await visitor.reads(remedy);
    assert.equal(await opening(visitor, "train:pay.card").count(), 0);
  }));

test("a payment that was left is gone on with, where it was left", () =>
  visit(world, { viewport: PHONE }, async (visitor) => {
    await registers(visitor, "left@example.com");
    await orders(visitor);
    await opening(visitor, "train:pay.card").click();
    await visitor.page.waitForURL((url) => url.href.startsWith(world.simulator));
    await visitor.page.getByRole("button", { name: "Leave without paying" }).click();
    await visitor.page.waitForURL(`${world.url}/payments/*`);
    await visitor.sees("payments:one.open");
    await opening(visitor, "payments:one.pay").click();
    await pays(visitor);
    await reads(visitor, "payments:one.paid", 30_000);
    await visitor.page.getByRole("link", { name: visitor.t("payments:one.toJob") }).click();
    await reads(visitor, "jobs:now.done");
  }));

test("whose machine dies in the middle is told so, and that it goes on and costs nothing more", async () => {
  const person = await world.wealthy("killed@example.com", "20.00");
  const job = await world.ordered(person, LONG);
  await visit(world, {}, async (visitor) => {
    await visitor.signIn(person);
    await visitor.go(`/status/${job}`);
    await reads(visitor, "jobs:now.running", 60_000);
    await until("something is saved", async () => {
      const { progress } = await world.ask("GET", `/v1/jobs/${job}`, { as: person });
      return progress.step > 0;
    }, 60);
    await provider.agent.kill();
    // The page says what the server knows: for twenty seconds it may have been a short break.
    await reads(visitor, "jobs:now.returned", 60_000);
    await visitor.sees("jobs:interrupted.machine-lost");
    await visitor.sees("jobs:goesOn");
    const before = await world.ask("GET", `/v1/jobs/${job}`, { as: person });
    assert.equal(before.status, "queued");
    provider.agent = await world.agent(provider, "another-machine");
    await reads(visitor, "jobs:now.done");
    const done = await world.ask("GET", `/v1/jobs/${job}`, { as: person });
    assert.equal(done.progress.interruptions, 1);
    assert.equal(done.progress.starts, 2);
    await visitor.go(`/receipts/${job}`);
    await visitor.button("payments:proof.verify").click();
    const verdict = await visitor.page.locator("[data-verdict]").getAttribute("data-verdict");
    assert.equal(verdict, "holds");
  });
});
