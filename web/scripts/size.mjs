// Weighs what a browser fetches before a route can be used, compressed, and fails above the limit.
//   npm run build && npm run size

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const LIMIT = 200_000;
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const dist = here("../dist");
const manifest = JSON.parse(readFileSync(join(dist, ".vite/manifest.json"), "utf8"));

const weights = new Map();
function weight(file) {
  if (!weights.has(file)) weights.set(file, gzipSync(readFileSync(join(dist, file)), { level: 9 }).length);
  return weights.get(file);
}

/** What comes with a module: itself and whatever it imports, but not what it may fetch later. */
function files(name, found = new Set()) {
  const chunk = manifest[name];
  if (chunk === undefined) throw new Error(`no such module: ${name}`);
  if (found.has(chunk.file)) return found;
  found.add(chunk.file);
  for (const inner of chunk.imports ?? []) files(inner, found);
  return found;
}

const entry = Object.keys(manifest).find((name) => manifest[name].isEntry);
const languages = ["en", "ru"];
const words = (namespace) =>
  languages.map((language) => `src/i18n/${language}/${namespace}.json`).filter((name) => name in manifest);

/** The routes, as the slices write them: a module and the words that come with it. */
const ROUTE = /page\(\s*\(\)\s*=>\s*import\("([^"]+)"\)((?:\s*,\s*"[\w-]+")*)/g;
const LAYOUTS = [];
const routes = [];
for (const file of readdirSync(here("../src"), { recursive: true, withFileTypes: true })) {
  if (!/\.tsx?$/.test(file.name)) continue;
  const path = join(file.parentPath, file.name);
  for (const [, module, extra] of readFileSync(path, "utf8").matchAll(ROUTE)) {
    const at = module.startsWith("@/") ? here(`../src/${module.slice(2)}`) : join(file.parentPath, module);
    const name = `${at.slice(here("..").length)}.tsx`;
    routes.push({ name, words: [...extra.matchAll(/"([\w-]+)"/g)].map(([, word]) => word), folder: file.parentPath });
  }
}
for (const { name } of routes) if (name.endsWith("Layout.tsx")) LAYOUTS.push(name);

const shell = "src/shell/AppShell.tsx";
const rows = [];
for (const route of routes) {
  const parts = new Set(files(entry));
  const behindDoor = !["Landing", "SignIn", "SignUp", "Confirm", "Recover"].some((page) => route.name.endsWith(`/${page}.tsx`));
  if (behindDoor) files(shell, parts);
  for (const layout of LAYOUTS) {
    if (route.name.startsWith(layout.slice(0, layout.lastIndexOf("/") + 1))) files(layout, parts);
  }
  files(route.name, parts);
  // Of two languages a browser fetches one: the heavier counts.
  const texts = ["ui", "problems", ...route.words].map((namespace) =>
    Math.max(...words(namespace).map((name) => weight(manifest[name].file))),
  );
  const scripts = [...parts].reduce((sum, file) => sum + weight(file), 0);
  rows.push({ route: route.name.replace(/^src\//, ""), bytes: scripts + texts.reduce((sum, one) => sum + one, 0) });
}
const boot = readdirSync(join(dist, "assets")).find((file) => file.startsWith("boot-"));
const first = weight(`assets/${boot}`);

let failed = false;
for (const { route, bytes } of rows.toSorted((a, b) => b.bytes - a.bytes)) {
  const over = bytes + first > LIMIT;
  failed ||= over;
  console.log(`${((bytes + first) / 1_000).toFixed(1).padStart(7)} kB  ${route}${over ? "  TOO HEAVY" : ""}`);
}
const css = Object.values(manifest).flatMap((chunk) => chunk.css ?? []);
for (const file of new Set(css)) console.log(`${(weight(file) / 1_000).toFixed(1).padStart(7)} kB  ${file}`);
for (const file of readdirSync(join(dist, "assets"))) {
  if (file.endsWith(".woff2")) console.log(`${(statSync(join(dist, "assets", file)).size / 1_000).toFixed(1).padStart(7)} kB  assets/${file}`);
}
if (failed) {
  console.error(`A route is heavier than ${LIMIT / 1_000} kB.`);
  process.exitCode = 1;
}
