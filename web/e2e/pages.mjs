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

/** For somebody who is signed in and has done what there is to do. */
export const ofSomebody = ({ job, payment }) => [
  ["train", "/train"],
  ["jobs", "/jobs"],
  ["status", `/status/${job}`],
  ["models", "/models"],
  ["wallet", "/wallet"],
  ["payments", "/wallet?tab=payments"],
  ["payment", `/payments/${payment}`],
  ["receipt", `/receipts/${job}`],
  ["workers", "/workers"],
  ["account", "/account"],
  ["account-security", "/account/security"],
  ["account-sessions", "/account/sessions"],
  ["account-keys", "/account/keys"],
  ["account-data", "/account/data"],
];

/** For somebody who has done nothing yet: what is empty says what it is for. */
export const OF_NEWCOMERS = [
  ["none-jobs", "/jobs"],
  ["none-models", "/models"],
  ["none-wallet", "/wallet"],
  ["none-payments", "/wallet?tab=payments"],
  ["none-workers", "/workers"],
];

/** Somebody with money, a model, a receipt and a machine, and somebody who has just come. */
export async function cast(world, language) {
  const name = language === "ru" ? "Ада Лавлейс" : "Ada Lovelace";
  const sides = ["customer", "provider"];
  const more = { name, language, sides };
  const somebody = await world.wealthy(`ada-${language}@example.com`, "20.00", more);
  const job = await world.ordered(somebody, { rounds: 1000, early_stopping_rounds: 0 }, "2.00");
  await world.trained(somebody, job);
  await world.agent(somebody, `machine-of-ada-${language}`);
  const newcomer = await world.person(`new-${language}@example.com`, { language });
  return { somebody: { ...somebody, job }, newcomer };
}

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
