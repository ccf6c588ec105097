// Every page, for everybody: in both languages, on a phone and on a laptop, light and dark.

import { after, before, test } from "node:test";
import { close, LAPTOP, PHONE, visit } from "./browser.mjs";
import { ofDevelopment, PRIVATE, PUBLIC, settled } from "./pages.mjs";
import { World } from "./world.mjs";

let world;
const people = {};
before(async () => {
  world = await World.start();
  for (const language of ["en", "ru"]) {
    const name = "Ada Lovelace";
    const person = await world.person(`ada-${language}@example.com`, { name, language });
    await visit(world, { language }, async (visitor) => {
      await visitor.signIn(person);
      people[language] = { ...person, session: await visitor.context.storageState() };
    });
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
  test(`strangers' pages keep nobody out and stick out nowhere (${called})`, () => walk(PUBLIC, {}));
  test(`pages behind the door do so as well (${called})`, () =>
    walk(PRIVATE, { session: people[look.language].session }));
  test(`and so do those of development (${called})`, async () =>
    walk(await ofDevelopment(world, people[look.language]), {}));
}
