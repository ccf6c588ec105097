// What the server finds in a file is said in words of both languages, with its figures.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import i18next from "i18next";
import { beforeAll, describe, expect, it } from "vitest";
import type { Finding } from "@/api/schema";
import en from "@/i18n/en/train.json";
import ru from "@/i18n/ru/train.json";
import { grouped, told } from "@/lines/train/findings";

const INSPECTION = join(import.meta.dirname, "../../../objects/src/inspect");

function found(code: string, message: string, rest: Partial<Finding> = {}): Finding {
  return { code, message, remedy: "", refuses: true, ...rest };
}

function say(finding: Finding, lng: string): string {
  const known = told(finding);
  if (known === undefined) throw new Error(`no words for ${finding.code}`);
  return i18next.t(`finding.${known.code}.what`, { ns: "train", lng, replace: known.values });
}

beforeAll(async () => {
  await i18next.init({ lng: "en", resources: { en: { train: en }, ru: { train: ru } }, interpolation: { escapeValue: false } });
});

describe("a finding", () => {
  it("is said with its figures in both languages", () => {
    const finding = found("row-fields", "", { line: 7, figures: { has: "3", expected: "2" } });
    expect(say(finding, "en")).toBe("the row has 3 cells, the header has 2.");
    expect(say(finding, "ru").replaceAll("\u00a0", " ")).toBe("ячеек в строке: 3, а в заголовке: 2.");
  });

  it("keeps names as they were written, also such as could mean something to a program", () => {
    const finding = found("header-repeated", "", { figures: { name: "{{x}} <b>" } });
    expect(say(finding, "en")).toBe("two columns are called “{{x}} <b>”.");
  });

  it("is left in the server's words where its code or its figures are not known here", () => {
    expect(told(found("row-fields", "The row has too many cells.", { figures: { has: "3" } }))).toBeUndefined();
    expect(told(found("a-new-code", "Something."))).toBeUndefined();
    expect(told(found("toString", "Something."))).toBeUndefined();
  });

  it("has words for every code that the server knows", () => {
    const sources = readdirSync(INSPECTION, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile() && file.name.endsWith(".rs") && !file.name.includes("test"))
      .map((file) => readFileSync(join(file.parentPath, file.name), "utf8").split("#[cfg(test)]")[0] ?? "");
    const codes = new Set<string>();
    for (const source of sources) {
      for (const [, code] of source.matchAll(/(?:refuse|warn|refused)\(\s*"([a-z-]+)"/g)) codes.add(code ?? "");
      for (const [, code] of source.matchAll(/Broken::\w+ \{ line \} => \(\s*"([a-z-]+)"/g)) codes.add(code ?? "");
    }
    expect(codes.size).toBeGreaterThan(25);
    expect([...codes].filter((code) => !(code in en.finding)).toSorted()).toEqual([]);
  });

  it("has a figure of the server for every place in its words", () => {
    const sources = readdirSync(INSPECTION, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
    const text = sources.map((file) => readFileSync(join(file.parentPath, file.name), "utf8")).join("\n");
    const given = new Set([...text.matchAll(/\.with\("([a-z]+)",/g)].map((match) => match[1]));
    const places = Object.values(en.finding).flatMap(({ what }) => [...what.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]));
    expect(places.length).toBeGreaterThan(5);
    expect(places.filter((place) => !given.has(place))).toEqual([]);
  });
});

describe("findings", () => {
  it("stand together by kind, what refuses first", () => {
    const groups = grouped([
      found("few-rows", "", { refuses: false }),
      found("row-fields", "", { line: 2 }),
      found("few-rows", "", { refuses: false }),
      found("row-fields", "", { line: 9 }),
    ]);
    expect(groups.map((it) => [it.code, it.findings.length])).toEqual([["row-fields", 2], ["few-rows", 2]]);
    expect(groups[0]?.findings.map((it) => it.line)).toEqual([2, 9]);
  });
});
