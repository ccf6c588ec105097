// Writes a picture of every page in both languages, at both widths, light and dark, into `shots`.
//   cargo xtask screenshots

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { close, LAPTOP, PHONE, SHOTS, visit } from "./browser.mjs";
import { cast, OF_NEWCOMERS, ofDevelopment, ofSomebody, PUBLIC, settled } from "./pages.mjs";
import { World } from "./world.mjs";

const world = await World.start();
let taken = 0;
try {
  rmSync(SHOTS, { recursive: true, force: true });
  mkdirSync(SHOTS, { recursive: true });
  await world.provider();
  for (const language of ["en", "ru"]) {
    const { somebody, newcomer } = await cast(world, language);
    const development = await ofDevelopment(world, somebody);
    for (const person of [somebody, newcomer]) {
      await visit(world, { language }, async (visitor) => {
        await visitor.signIn(person);
        person.session = await visitor.context.storageState();
      });
    }
    for (const viewport of [LAPTOP, PHONE]) {
      for (const theme of ["light", "dark"]) {
        const shoot = (pages, more) =>
          visit(world, { language, viewport, theme, ...more }, async ({ page }) => {
            for (const [name, path] of pages) {
              await page.goto(path);
              await settled(page);
              const file = `${name}-${language}-${viewport.width}-${theme}.png`;
              await page.screenshot({ path: join(SHOTS, file), fullPage: true });
              taken += 1;
            }
          });
        await shoot([...PUBLIC, ...development], {});
        await shoot(ofSomebody(somebody), { session: somebody.session });
        await shoot(OF_NEWCOMERS, { session: newcomer.session });
      }
    }
  }
  console.log(`    ${taken} pictures are in ${SHOTS}`);
} finally {
  await close();
  await world.stop();
}
