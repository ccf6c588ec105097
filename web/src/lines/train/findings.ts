// What was found in a dataset, in the reader's words, with the figures and names that go into them.

import type { Finding } from "@/api/schema";
import type train from "@/i18n/en/train.json";

export type FindingCode = keyof (typeof train)["finding"];

type Values = Record<string, string>;

export type Told = { code: FindingCode; values: Values };

/** The figures and names that words have places for. */
const FIGURES: Partial<Record<FindingCode, readonly string[]>> = {
  "row-fields": ["has", "expected"],
  "header-empty": ["number"],
  "header-repeated": ["name"],
  "few-rows": ["rows"],
  "encoding-broken": ["encoding"],
  "image-too-large": ["width", "height"],
};

const CODES: Record<FindingCode, true> = {
  "encoding-unknown": true,
  "encoding-broken": true,
  binary: true,
  "row-fields": true,
  "quote-broken": true,
  "quote-unclosed": true,
  "line-too-long": true,
  "too-many-columns": true,
  "header-missing": true,
  "header-empty": true,
  "header-repeated": true,
  "one-column": true,
  empty: true,
  "no-rows": true,
  "one-class": true,
  "label-unknown": true,
  "few-rows": true,
  "zip-broken": true,
  "zip-too-many": true,
  "zip-bomb": true,
  "path-traversal": true,
  symlink: true,
  encrypted: true,
  "not-an-image": true,
  "image-without-class": true,
  "image-too-large": true,
  "image-unreadable": true,
  "no-images": true,
  "too-many-classes": true,
  "archive-bomb": true,
  "archive-broken": true,
  "no-batches": true,
  "batch-broken": true,
};

const isKnown = (code: string): code is FindingCode => Object.hasOwn(CODES, code);

/** Nothing, where the server found something that this page has no words or no figures for. */
export function told(finding: Finding): Told | undefined {
  if (!isKnown(finding.code)) return undefined;
  const values: Values = {};
  for (const name of FIGURES[finding.code] ?? []) {
    const figure = finding.figures?.[name];
    // What was looked into long ago carries none.
    if (figure === undefined) return undefined;
    values[name] = figure;
  }
  return { code: finding.code, values };
}

export type Group = { code: string; refuses: boolean; findings: Finding[] };

/** Those of a kind together, what refuses first, each kind in the order in which it was found. */
export function grouped(findings: readonly Finding[]): Group[] {
  const groups = new Map<string, Group>();
  for (const finding of findings) {
    const known = groups.get(finding.code);
    if (known === undefined) {
      groups.set(finding.code, { code: finding.code, refuses: finding.refuses, findings: [finding] });
    } else known.findings.push(finding);
  }
  return [...groups.values()].toSorted((a, b) => Number(b.refuses) - Number(a.refuses));
}
