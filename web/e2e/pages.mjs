// Every page that there is, for whoever looks at all of them: what it is called, where it lies, and
// for whom.

/** For everybody. */
export const PUBLIC = [
  ["landing", "/"],
  ["sign-in", "/sign-in"],
  ["sign-up", "/sign-up"],
  ["confirm", "/confirm"],
  ["recover", "/recover"],
  ["not-found", "/there/is/nothing"],
];

/** For somebody who is signed in. */
export const PRIVATE = [
  ["account", "/account"],
  ["account-security", "/account/security"],
  ["account-sessions", "/account/sessions"],
  ["account-keys", "/account/keys"],
  ["account-data", "/account/data"],
];

/** Pages of development, which speak one language or that of the browser. */
export async function ofDevelopment(world, person) {
  const { path } = await world.mail(person.email);
  const amount = { amount: "25.00", currency: "USD" };
  const asked = { as: person, body: { amount } };
  const { checkout_url: checkout } = await world.ask("POST", "/v1/wallet/top-ups", asked);
  return [
    ["outbox", "/dev/outbox"],
    ["mail", path],
    ["checkout", checkout],
  ];
}

/** Until nothing is on its way any more, and no skeleton stands where something will. */
export async function settled(page) {
  await page.waitForLoadState("load");
  // Every page has one, and has it last of all: behind the door it is asked first who is there.
  await page.locator("h1").first().waitFor();
  await page.waitForFunction(() => document.querySelector("[aria-busy='true']") === null);
  await page.evaluate(() => document.fonts.ready);
}
