// Somebody comes for the first time: an account, its mail, and the first page behind the door.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { close, LAPTOP, PHONE, visit } from "./browser.mjs";
import { PASSWORD, World } from "./world.mjs";

let world;
before(async () => {
  world = await World.start();
});
after(async () => {
  await close();
  await world?.stop();
});

async function registers(visitor, email) {
  await visitor.go("/sign-up");
  await visitor.field("users:field.email").fill(email);
  await visitor.field("users:field.password").fill(PASSWORD);
  await visitor.button("users:signUp.submit").click();
  await visitor.heading("users:confirm.title");
}

for (const [language, viewport] of [["en", LAPTOP], ["ru", PHONE]]) {
  test(`a mail's link confirms and a password signs in (${language}, ${viewport.width} px)`, () =>
    visit(world, { language, viewport }, async (visitor) => {
      const email = `link-${language}@example.com`;
      await registers(visitor, email);
      // As somebody does it who develops here: the outbox, the mail, its link.
      await world.mail(email);
      await visitor.go("/dev/outbox");
      await visitor.fits("the outbox");
      await visitor.page.getByRole("link").filter({ hasText: email }).click();
      await visitor.fits("a mail");
      await visitor.page.locator("a.open").click();
      await visitor.page.waitForURL("**/sign-in");
      await visitor.sees("users:signIn.notice.confirmed");
      await visitor.signIn({ email, password: PASSWORD });
      const cookies = await visitor.context.cookies();
      const hidden = cookies.filter((it) => it.httpOnly).map((it) => it.name).sort();
      assert.deepEqual(hidden, ["trainnet_access", "trainnet_refresh"]);
      assert.ok(cookies.every((it) => it.sameSite === "Strict"));
      // Whoever comes back is still known.
      await visitor.go("/account");
      await visitor.page.reload();
      await visitor.heading("account:title");
      await visitor.reads(email);
      await visitor.fits("the account");
    }));
}

test("a mail's six digits confirm, and whoever typed a password just now is signed in", () =>
  visit(world, {}, async (visitor) => {
    const email = "code@example.com";
    await registers(visitor, email);
    const { code } = await world.mail(email);
    await visitor.field("users:confirm.code").fill(code);
    await world.turn();
    await visitor.button("users:confirm.submit").click();
    await visitor.page.waitForURL((url) => !url.pathname.startsWith("/confirm"));
    await visitor.go("/account");
    await visitor.reads(email);
  }));

test("a session that was ended elsewhere asks to sign in again, and goes on where it was", async () => {
  const person = await world.person("ended@example.com");
  await visit(world, {}, async (visitor) => {
    await visitor.signIn(person);
    await visitor.go("/account");
    await visitor.heading("account:title");
    await world.ask("DELETE", "/v1/sessions", { as: person });
    await visitor.page.getByRole("link", { name: visitor.t("account:tabs.sessions") }).click();
    await visitor.proves(person.password);
    await visitor.page.getByRole("heading", { name: visitor.t("account:sessions.title") }).waitFor();
    assert.match(visitor.page.url(), /\/account\/sessions$/);
  });
});
