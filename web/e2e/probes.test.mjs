// Whatever people call themselves and what is theirs stays text on every page that shows it.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { close, PHONE, visit } from "./browser.mjs";
import { ofSomebody, settled } from "./pages.mjs";
import { TABLE, World } from "./world.mjs";

/** What would happen, if it were more than text, is told from what is in the page. */
const probe = (what) => `<img src=x onerror=alert('${what}')>`;
const LABELS = probe("column");

let world;
before(async () => {
  world = await World.start();
  await world.provider();
});
after(async () => {
  await close();
  await world?.stop();
});

/** The bundled table, whose labels and their column are probes. */
function table() {
  const [header, ...rows] = readFileSync(TABLE, "utf8").trimEnd().split("\n");
  const columns = header.split(",");
  const last = columns.length - 1;
  const named = [...columns.slice(0, last), LABELS].join(",");
  const labelled = rows.map((row) => {
    const cells = row.split(",");
    return [...cells.slice(0, last), probe(cells[last])].join(",");
  });
  return Buffer.from([named, ...labelled].join("\n"));
}

async function mischief() {
  const name = probe("name");
  const person = await world.wealthy("probe@example.com", "20.00", {
    name,
    sides: ["customer", "provider"],
  });
  await world.ask("POST", "/v1/keys", { as: person, body: { label: probe("key"), scopes: ["read"] } });
  await world.agent(person, probe("machine"));
  const dataset = await world.brings(person, `${probe("dataset")}.csv`, table());
  const body = { model_type: "tabular", dataset_id: dataset, pay_with: "wallet", label_column: LABELS };
  const { id } = await world.ask("POST", "/train", { as: person, body });
  await world.trained(person, id);
  return { ...person, job: id };
}

test("no name that somebody gives does anything on any page", async () => {
  const person = await mischief();
  await visit(world, { viewport: PHONE }, async (visitor) => {
    const woken = [];
    visitor.page.on("dialog", (dialog) => {
      woken.push(dialog.message());
      void dialog.dismiss();
    });
    await visitor.signIn(person);
    const shown = new Set();
    const inert = async (name) => {
      await settled(visitor.page);
      const text = await visitor.page.evaluate(() => document.body.innerText);
      for (const [, what] of text.matchAll(/<img src=x onerror=alert\('(\w+)'\)>/g)) shown.add(what);
      const alive = await visitor.page.locator('img[src="x"], [onerror], script:not([src])').count();
      assert.equal(alive, 0, name);
      await visitor.fits(name);
    };
    for (const [name, path] of ofSomebody(person)) {
      await visitor.go(path);
      await inert(name);
    }
    await visitor.go("/train");
    await visitor.page.getByText(visitor.t("train:data.source.earlier")).click();
    await visitor.page.getByText(probe("dataset")).first().click();
    await visitor.page.getByText(probe("malignant")).first().waitFor();
    await inert("a dataset");
    for (const what of ["name", "key", "machine", "dataset", "column", "malignant", "benign"]) {
      assert.ok(shown.has(what), `nobody was shown the ${what}: ${[...shown].join(", ")}`);
    }
    assert.deepEqual(woken, []);
  });
});
