// Makes the app's fonts from Inter as it is published: the characters that `fonts.css` asks them for,
// in the weights that the app uses, at little more than half of the bytes.
//   npm run fonts

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import subset from "subset-font";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const PUBLISHED = here("../node_modules/@fontsource-variable/inter");
const OURS = here("../src/styles/fonts");
const STYLES = readFileSync(here("../src/styles/fonts.css"), "utf8");
const FACE = /font-weight: (\d+) (\d+);\s*src: url\("\.\/fonts\/inter-(\w+)\.woff2"\)[^;]*;\s*unicode-range:([^;]*);/g;

const characters = (ranges) =>
  ranges.split(",").flatMap((range) => {
    const [first, last = first] = range.trim().slice(2).split("-").map((digits) => Number.parseInt(digits, 16));
    return Array.from({ length: last - first + 1 }, (_, index) => String.fromCodePoint(first + index));
  });

mkdirSync(OURS, { recursive: true });
for (const [, min, max, alphabet, ranges] of STYLES.matchAll(FACE)) {
  const published = readFileSync(join(PUBLISHED, `files/inter-${alphabet}-wght-normal.woff2`));
  const made = await subset(published, characters(ranges).join(""), {
    targetFormat: "woff2",
    variationAxes: { wght: { min: Number(min), max: Number(max) } },
  });
  writeFileSync(join(OURS, `inter-${alphabet}.woff2`), made);
  console.log(`${alphabet}: ${published.length} bytes as published, ${made.length} here`);
}
copyFileSync(join(PUBLISHED, "LICENSE"), join(OURS, "LICENSE"));
