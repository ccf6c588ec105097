// What stands on the pages, in the language of the test: tests find things as people do.

import { readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "../src/i18n");
const read = new Map();

function slice(language, name) {
  const file = join(FOLDER, language, `${name}.json`);
  if (!read.has(file)) read.set(file, JSON.parse(readFileSync(file, "utf8")));
  return read.get(file);
}

/** `words("ru")("users:signUp.submit")`; what is put in stands behind. */
export function words(language) {
  return (key, values = {}) => {
    const [name, path] = key.split(":");
    const text = path.split(".").reduce((at, part) => at?.[part], slice(language, name));
    if (typeof text !== "string") throw new Error(`${language} has no words for ${key}`);
    return text.replace(/\{\{(\w+)\}\}/g, (_, value) => String(values[value]));
  };
}
