// Has Lighthouse judge the built app as the program serves it, on a telephone and on a laptop.
//   cargo xtask lighthouse [--runs N] [--language en|ru] [--page NAME] [--form phone|laptop]

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { launch } from "chrome-launcher";
import lighthouse, { desktopConfig, generateReport } from "lighthouse";
import { PASSWORD, World } from "../e2e/world.mjs";
import { arrives } from "./session.mjs";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "3" },
    language: { type: "string", default: "en" },
    page: { type: "string", multiple: true },
    form: { type: "string", multiple: true },
  },
});
const RUNS = Number(values.runs);
const SCORE_MIN = 95;
const CATEGORIES = ["performance", "accessibility"];
/** Ignored by git. */
const REPORTS = join(import.meta.dirname, "reports");

/** For a stranger, or for somebody with money, a dataset and an order. */
const PAGES = [
  ["landing", "/", false],
  ["sign-in", "/sign-in", false],
  ["train", "/train", true],
  ["wallet", "/wallet", true],
].filter(([name]) => values.page === undefined || values.page.includes(name));

/** A telephone on a slow network, which is what Lighthouse takes for granted; and a laptop. */
const FORMS = [
  ["phone", undefined],
  ["laptop", desktopConfig],
].filter(([name]) => values.form === undefined || values.form.includes(name));

const FIGURES = [
  ["first", "first-contentful-paint"],
  ["largest", "largest-contentful-paint"],
  ["blocked", "total-blocking-time"],
  ["moved", "cumulative-layout-shift"],
  ["visible", "speed-index"],
];

/** What Lighthouse itself says of such a run is to run it again. */
const TRIES_MAX = 3;

async function judged(url, session, config, tries = 1) {
  const chrome = await launch({
    chromePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    chromeFlags: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", `--lang=${values.language}`],
    logLevel: "error",
  });
  try {
    if (session !== undefined) await arrives(chrome.port, session);
    // Under another name it would be another browser, to which no session belongs.
    const flags = { port: chrome.port, onlyCategories: CATEGORIES, logLevel: "error", emulatedUserAgent: false };
    const { lhr } = await lighthouse(url, flags, config);
    if (lhr.runtimeError !== undefined) {
      if (tries === TRIES_MAX) throw new Error(`${url}: ${lhr.runtimeError.message}`);
      return await judged(url, session, config, tries + 1);
    }
    if (lhr.finalDisplayedUrl !== url) throw new Error(`${url} led to ${lhr.finalDisplayedUrl}`);
    return lhr;
  } finally {
    await chrome.kill();
  }
}

const score = (lhr, category) => Math.round((lhr.categories[category].score ?? 0) * 100);

/** The one in the middle, as a machine is now slower and now faster. */
function middle(reports) {
  const sorted = reports.toSorted((a, b) => score(a, "performance") - score(b, "performance"));
  return sorted[Math.floor(sorted.length / 2)];
}

/** What a page lost points by. */
function complaints(lhr, category) {
  const weighed = lhr.categories[category].auditRefs.filter(({ weight }) => weight > 0);
  const audits = weighed.map(({ id }) => lhr.audits[id]).filter((audit) => audit.score !== null && audit.score < 0.9);
  return audits.map((audit) => `      ${audit.title}${audit.displayValue === undefined ? "" : `: ${audit.displayValue}`}`);
}

function row(cells) {
  const [page, form, ...rest] = cells;
  return `    ${page.padEnd(9)} ${form.padEnd(7)} ${rest.map((cell) => String(cell).padStart(13)).join(" ")}`;
}

async function somebody(world) {
  const person = await world.wealthy("ada@example.com", "20.00", { name: "Ada Lovelace", language: values.language });
  await world.ordered(person, {}, "2.00");
  return person;
}

const world = await World.start();
const failures = [];
try {
  const person = PAGES.some(([, , signedIn]) => signedIn) ? await somebody(world) : undefined;
  mkdirSync(REPORTS, { recursive: true });
  console.log(row(["page", "form", ...CATEGORIES, ...FIGURES.map(([name]) => name)]));
  for (const [name, path, signedIn] of PAGES) {
    for (const [form, config] of FORMS) {
      const session = signedIn ? { url: world.url, email: person.email, password: PASSWORD } : undefined;
      const reports = [];
      for (let run = 0; run < RUNS; run += 1) {
        if (session !== undefined) await world.turn();
        reports.push(await judged(world.url + path, session, config));
      }
      const report = middle(reports);
      const scores = CATEGORIES.map((category) => Math.min(...(category === "performance" ? [report] : reports).map((it) => score(it, category))));
      const figures = FIGURES.map(([, id]) => report.audits[id].displayValue);
      console.log(row([name, form, ...scores, ...figures]));
      writeFileSync(join(REPORTS, `${name}-${form}.html`), generateReport(report, "html"));
      writeFileSync(join(REPORTS, `${name}-${form}.json`), generateReport(report, "json"));
      for (const [at, category] of CATEGORIES.entries()) {
        if (scores[at] >= SCORE_MIN) continue;
        failures.push(`${name} on a ${form}: ${category} is ${scores[at]}, ${SCORE_MIN} is asked for`);
        failures.push(...complaints(report, category));
      }
    }
  }
} finally {
  await world.stop();
}
console.log(`    the middle of ${RUNS} runs each; the reports are in ${REPORTS}`);
if (failures.length > 0) {
  for (const failure of failures) console.error(failure);
  process.exitCode = 1;
}
