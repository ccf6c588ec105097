// An account as its owner lives with it: proofs, keys, sessions, a lost password, and the end of it.

import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { close, PHONE, visit } from "./browser.mjs";
import { PASSWORD, World } from "./world.mjs";

const NEXT_PASSWORD = "battery 8 staple";
const LAST_PASSWORD = "stapler 9 horse";
const PROBE = "<img src=x onerror=alert(1)>";

let world;
before(async () => {
  world = await World.start();
});
after(async () => {
  await close();
  await world?.stop();
});

/** What an authenticator shows (RFC 6238). */
function digits(secret) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret.replace(/\s/g, "")].map((it) => letters.indexOf(it).toString(2).padStart(5, "0"));
  const bytes = bits.join("").match(/.{8}/g).map((it) => Number.parseInt(it, 2));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac("sha1", Buffer.from(bytes)).update(step).digest();
  const number = mac.readUInt32BE(mac.at(-1) & 15) & 0x7fff_ffff;
  return String(number % 1_000_000).padStart(6, "0");
}

const dialog = (visitor) => visitor.page.getByRole("dialog").last();
const within = (visitor) => ({
  field: (key) => dialog(visitor).getByLabel(visitor.t(key), { exact: true }),
  button: (key) => dialog(visitor).getByRole("button", { name: visitor.t(key), exact: true }),
});

/** Sets up a second factor on the page of security; says what the recovery codes are. */
async function setsUpFactor(visitor, password) {
  await visitor.go("/account/security");
  await visitor.button("account:factor.setUp").click();
  const { field, button } = within(visitor);
  await field("account:password.current").fill("wrong 0 password");
  await button("account:factor.goOn").click();
  await visitor.sees("problems:codes.users/wrong-password.way");
  await field("account:password.current").fill(password);
  await button("account:factor.goOn").click();
  await dialog(visitor).getByRole("img", { name: visitor.t("account:factor.qr") }).waitFor();
  await visitor.accessible("setting up a second factor");
  const secret = await dialog(visitor).locator("code").first().innerText();
  await field("account:factor.code").fill(digits(secret));
  await button("account:factor.turnOn").click();
  await visitor.sees("account:codes.title");
  await visitor.accessible("recovery codes");
  const codes = await dialog(visitor).locator("li").allInnerTexts();
  await dialog(visitor).getByLabel(visitor.t("account:codes.kept")).check();
  await button("account:codes.done").click();
  await visitor.sees("account:factor.on");
  return codes;
}

async function typesRecoveryCode(visitor, code) {
  await visitor.button("users:signIn.useRecoveryCode").click();
  await visitor.field("users:signIn.recoveryCode").fill(code);
  await world.turn();
  await visitor.button("users:signIn.submitCode").click();
}

test("a name and a role are changed, and the page shows it at once", async () => {
  const person = await world.person("profile@example.com");
  await visit(world, {}, async (visitor) => {
    await visitor.signIn(person);
    await visitor.go("/account");
    await visitor.field("account:profile.name").fill(PROBE);
    await visitor.button("account:profile.save").click();
    await visitor.sees("account:profile.saved");
    await visitor.page.getByRole("button", { name: PROBE }).first().waitFor();
    await visitor.button("account:provider.become").click();
    await visitor.accessible("becoming a provider");
    await dialog(visitor).getByLabel(visitor.t("account:provider.agree")).check();
    await within(visitor).button("account:provider.accept").click();
    await visitor.sees("account:provider.done");
    const me = await world.ask("GET", "/v1/me", { as: person });
    assert.equal(me.name, PROBE);
    assert.deepEqual(me.roles.toSorted(), ["customer", "provider"]);
  });
});

test("a key is shown once, works, and is refused when it was revoked (390 px, Russian)", async () => {
  const person = await world.person("keys@example.com", { language: "ru" });
  await visit(world, { language: "ru", viewport: PHONE }, async (visitor) => {
    await visitor.signIn(person);
    await visitor.go("/account/keys");
    await visitor.sees("account:keys.none");
    await visitor.button("account:keys.create").click();
    const { field, button } = within(visitor);
    await button("account:keys.create").click();
    await visitor.sees("account:keys.labelMissing");
    await visitor.accessible("a key without a name");
    await field("account:keys.label").fill(PROBE);
    await button("account:keys.create").click();
    await visitor.sees("account:keys.once");
    await visitor.fits("a new key");
    await visitor.accessible("a new key");
    const key = await dialog(visitor).locator("code").first().innerText();
    await button("account:keys.done").click();
    await visitor.reads(PROBE);
    const asks = () => fetch(`${world.url}/v1/me`, { headers: { authorization: `Bearer ${key}` } });
    assert.equal((await asks()).status, 200);
    await visitor.button("account:keys.revokeNamed", { label: PROBE }).click();
    await within(visitor).button("account:keys.revoke").click();
    await visitor.sees("account:keys.none");
    assert.equal((await asks()).status, 401);
    assert.doesNotMatch(await visitor.page.content(), new RegExp(key));
  });
});

test("a session that ends in the middle of a form loses nothing of it", async () => {
  const person = await world.person("middle@example.com");
  await visit(world, {}, async (visitor) => {
    await visitor.signIn(person);
    const codes = await setsUpFactor(visitor, PASSWORD);
    // The access token ends, as it does every quarter of an hour: nobody notices.
    await visitor.context.clearCookies({ name: "trainnet_access" });
    await visitor.page.getByRole("link", { name: visitor.t("account:tabs.keys") }).click();
    await visitor.button("account:keys.create").first().click();
    await within(visitor).field("account:keys.label").fill("what was typed");
    await visitor.context.clearCookies({ name: /^trainnet_(access|refresh)$/ });
    await within(visitor).button("account:keys.create").click();
    await visitor.sees("users:again.title");
    await visitor.accessible("signing in again");
    await visitor.proves(PASSWORD);
    await typesRecoveryCode(visitor, codes[0]);
    await visitor.sees("account:keys.once");
    await within(visitor).button("account:keys.done").click();
    await visitor.reads("what was typed");
  });
});

test("what one tab does about the session the other one hears", async () => {
  const person = await world.person("tabs@example.com");
  await visit(world, {}, async (visitor) => {
    await visitor.signIn(person);
    await visitor.go("/account");
    const other = await visitor.context.newPage();
    visitor.listen(other);
    await other.goto("/account/sessions");
    await other.getByText(visitor.t("account:sessions.current")).waitFor();
    await visitor.page.getByRole("button", { name: person.email }).first().click();
    await visitor.page.getByRole("menuitem", { name: visitor.t("ui:account.signOut") }).click();
    await visitor.sees("users:signIn.notice.signed-out");
    await other.waitForURL(/\/sign-in/);
    await other.close();
  });
});

test("a connection that is lost is told, and found again by itself", () =>
  visit(world, {}, async (visitor) => {
    await visitor.go("/");
    await visitor.sees("landing:models.title");
    await visitor.context.setOffline(true);
    await visitor.sees("ui:connection.offline");
    await visitor.accessible("a lost connection");
    // Whoever goes on meanwhile gets there when there is a connection again.
    await visitor.page.getByRole("link", { name: visitor.t("ui:door.signIn") }).click();
    await visitor.context.setOffline(false);
    await visitor.heading("users:signIn.title");
    await visitor.page.getByText(visitor.t("ui:connection.offline")).waitFor({ state: "detached" });
    // What a browser says of files that it could not fetch is no complaint about the page.
    visitor.complaints = visitor.complaints.filter((it) => !it.includes("ERR_INTERNET_DISCONNECTED"));
  }));

test("password and address are changed, the password is lost, and the account erased", async () => {
  const person = await world.wealthy("whole@example.com", "5.00");
  const moved = "moved@example.com";
  await visit(world, {}, async (visitor) => {
    await visitor.signIn(person);
    const codes = await setsUpFactor(visitor, PASSWORD);

    await visitor.page.getByLabel(visitor.t("account:password.current")).first().fill(PASSWORD);
    await visitor.field("account:password.next").fill(NEXT_PASSWORD);
    await visitor.button("account:password.change").click();
    await visitor.sees("account:password.changed");

    await visitor.field("account:email.new").fill(moved);
    await visitor.page.getByLabel(visitor.t("account:password.current")).last().fill(NEXT_PASSWORD);
    await visitor.button("account:email.change").click();
    await visitor.page.waitForURL("**/change-address");
    const { code } = await world.mail(moved);
    await visitor.field("account:email.code").fill(code === "000000" ? "111111" : "000000");
    await visitor.button("account:email.confirm").click();
    await visitor.page.getByText(visitor.t("problems:codes.users/wrong-code.title")).waitFor();
    await visitor.field("account:email.code").fill(code);
    await visitor.button("account:email.confirm").click();
    await visitor.page.waitForURL("**/account/security");

    await visitor.go("/account/sessions");
    await visitor.page.getByRole("button", { name: visitor.t("account:sessions.everywhere") }).click();
    await within(visitor).button("account:sessions.everywhere").click();
    await visitor.sees("users:signIn.notice.signed-out-everywhere");

    await visitor.page.getByRole("link", { name: visitor.t("users:signIn.forgotten") }).click();
    await visitor.heading("users:recover.title");
    await visitor.field("users:field.email").fill(moved);
    await visitor.button("users:recover.send").click();
    await visitor.heading("users:recover.choose");
    const { link } = await world.mail(moved, /new password|новый пароль/i);
    await visitor.page.goto(link);
    await visitor.field("users:field.newPassword").fill(LAST_PASSWORD);
    assert.doesNotMatch(visitor.page.url(), /#/, "what opens an account stays in no address");
    await visitor.button("users:recover.set").click();
    await visitor.sees("users:signIn.notice.password-changed");

    await visitor.field("users:field.email").fill(moved);
    await visitor.proves(LAST_PASSWORD);
    await typesRecoveryCode(visitor, codes[1]);
    await visitor.page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
    await visitor.go("/account/data");
    const coming = visitor.page.waitForEvent("download");
    await visitor.button("account:data.export").click();
    const exported = readFileSync(await (await coming).path(), "utf8");
    assert.equal(JSON.parse(exported).personal.email, moved);

    await visitor.button("account:data.erase").click();
    const { field, button } = within(visitor);
    await field("account:password.current").fill(LAST_PASSWORD);
    await field("account:factor.code").fill(codes[2]);
    await button("account:data.erase").click();
    await visitor.sees("account:data.sureMissing");
    await visitor.sees("account:data.giveUpMissing");
    await visitor.reads(/5[.,]00/);
    await visitor.accessible("erasing an account");
    await dialog(visitor).getByLabel(visitor.t("account:data.sure")).check();
    await dialog(visitor).getByLabel(visitor.t("account:data.giveUp")).check();
    await button("account:data.erase").click();
    await visitor.sees("users:signIn.notice.erased");
    await visitor.field("users:field.email").fill(moved);
    await visitor.proves(LAST_PASSWORD);
    await visitor.sees("problems:codes.users/wrong-credentials.title");
  });
});
