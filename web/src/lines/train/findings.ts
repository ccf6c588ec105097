// What was found in a dataset, in the reader's words: the code says which, the message which figures.

import type { Finding } from "@/api/schema";
import type train from "@/i18n/en/train.json";

export type FindingCode = keyof (typeof train)["finding"];

type Values = Record<string, string>;

export type Told = { code: FindingCode; values: Values };

/** Where a message of the server carries figures or names, how to take them out of it. */
const FIGURES: Partial<Record<FindingCode, [RegExp, readonly string[]]>> = {
  "row-fields": [/^The row has (\d+) cells, the header has (\d+)\.$/, ["has", "expected"]],
  "header-empty": [/^Column (\d+) has no name\.$/, ["number"]],
  "header-repeated": [/^Two columns are called "(.*)"\.$/s, ["name"]],
  "few-rows": [/^There are only (\d+) rows\.$/, ["rows"]],
  "encoding-broken": [/^Here are bytes that are no (\S+);/, ["encoding"]],
  "image-too-large": [/ has (\d+) × (\d+) pixels\.$/, ["width", "height"]],
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

/** Nothing, where the server knows of something that this page has no words for. */
export function told(finding: Finding): Told | undefined {
  if (!isKnown(finding.code)) return undefined;
  const figures = FIGURES[finding.code];
  if (figures === undefined) return { code: finding.code, values: {} };
  const [pattern, names] = figures;
  const found = pattern.exec(finding.message);
  if (found === null) return undefined;
  return {
    code: finding.code,
    values: Object.fromEntries(names.map((name, index) => [name, found[index + 1] ?? ""])),
  };
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
