// Every page is accessible and fits: in both languages, on a phone and on a laptop, light and dark.

import { after, before, test } from "node:test";
import { close, LAPTOP, PHONE, visit } from "./browser.mjs";
import { cast, OF_NEWCOMERS, ofDevelopment, ofSomebody, PUBLIC, settled } from "./pages.mjs";
import { World } from "./world.mjs";

let world;
const people = {};
before(async () => {
  world = await World.start();
  await world.provider();
  for (const language of ["en", "ru"]) {
    people[language] = await cast(world, language);
    for (const person of Object.values(people[language])) {
      await visit(world, { language }, async (visitor) => {
        await visitor.signIn(person);
        person.session = await visitor.context.storageState();
      });
    }
  }
});
after(async () => {
  await close();
  await world?.stop();
});

const looks = [
  { language: "en", viewport: LAPTOP, theme: "light" },
  { language: "en", viewport: PHONE, theme: "dark" },
  { language: "ru", viewport: PHONE, theme: "light" },
  { language: "ru", viewport: LAPTOP, theme: "dark" },
];

for (const look of looks) {
  const called = `${look.language}, ${look.viewport.width} px, ${look.theme}`;
  const walk = (pages, options) =>
    visit(world, { ...look, ...options }, async (visitor) => {
      for (const [name, path] of pages) {
        await visitor.go(path);
        await settled(visitor.page);
        await visitor.fits(name);
        await visitor.accessible(name);
      }
    });
  const { language } = look;
  test(`what everybody sees (${called})`, () => walk(PUBLIC, {}));
  test(`what somebody sees who has done everything (${called})`, () => {
    const { session, ...somebody } = people[language].somebody;
    return walk(ofSomebody(somebody), { session });
  });
  test(`what somebody sees who has just come (${called})`, () =>
    walk(OF_NEWCOMERS, { session: people[language].newcomer.session }));
  test(`what somebody sees who develops (${called})`, async () =>
    walk(await ofDevelopment(world, people[language].somebody), {}));
}
