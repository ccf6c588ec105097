// Holds the words to the code: none missing in a language, none unused, none written into a page.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync } from "oxc-parser";
import { describe, expect, it } from "vitest";

const SOURCE = join(import.meta.dirname, "../src");
const LANGUAGES = ["en", "ru"] as const;
const PLURAL = /_(zero|one|two|few|many|other)$/;
/** What is the same in every language: the name of the place, and names that nobody translates. */
const NAMES = /^(TrainNet|English|Русский|[\s\d\p{P}\p{S}]*)$/u;
/** Attributes of which people read or hear the value. */
const READ = new Set(["title", "label", "alt", "placeholder", "aria-label", "description", "hint", "text", "error"]);

type Node = { type: string; start: number; end: number; [key: string]: unknown };
type Words = { [key: string]: string | Words };

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string";

function walk(node: Node, see: (node: Node) => void): void {
  see(node);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, see);
  }
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((file) => file.isFile() && /\.tsx?$/.test(file.name) && !file.name.endsWith(".d.ts"))
    .map((file) => join(file.parentPath, file.name))
    .filter((file) => !file.endsWith("api/schema.ts"));
}

function flat(words: Words, before = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(words)) {
    const path = before === "" ? key : `${before}.${key}`;
    if (typeof value === "string") found.set(path, value);
    else for (const [inner, text] of flat(value, path)) found.set(inner, text);
  }
  return found;
}

const namespaces = readdirSync(join(SOURCE, "i18n/en")).map((file) => file.replace(/\.json$/, ""));

function words(language: string, namespace: string): Map<string, string> {
  const file = join(SOURCE, "i18n", language, `${namespace}.json`);
  return flat(JSON.parse(readFileSync(file, "utf8")) as Words);
}

const family = (key: string) => key.replace(PLURAL, "");
const places = (text: string) => [...text.matchAll(/\{\{\s*(\w+)/g)].map((found) => found[1]).toSorted();

function literal(node: unknown): string | undefined {
  return isNode(node) && node.type === "Literal" && typeof node.value === "string" ? node.value : undefined;
}

/** A key as it stands in the code, or the beginning of a computed one with a star behind it. */
function keysOf(argument: unknown): string[] {
  if (!isNode(argument)) return [];
  if (argument.type === "TSAsExpression") return keysOf(argument.expression);
  if (argument.type === "ConditionalExpression") {
    return [...keysOf(argument.consequent), ...keysOf(argument.alternate)];
  }
  const text = literal(argument);
  if (text !== undefined) return [text];
  if (argument.type !== "TemplateLiteral") return [];
  const quasis = argument.quasis as { value: { cooked: string } }[];
  return [quasis.map((part) => part.value.cooked).join("*")];
}

const matches = (pattern: string, key: string) =>
  new RegExp(`^${pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")).join(".+")}$`).test(key);

type Use = { file: string; key: string; namespaces: string[] };

function read(file: string): { uses: Use[]; literals: string[] } {
  const text = readFileSync(file, "utf8");
  const { program, errors } = parseSync(file, text);
  expect(errors, file).toEqual([]);
  const uses: Use[] = [];
  const literals: string[] = [];
  const said = new Set<string>();
  walk(program as unknown as Node, (node) => {
    if (node.type === "CallExpression" && isNode(node.callee)) {
      const called = node.callee.name;
      const [first] = node.arguments as unknown[];
      if (called === "useTranslation") {
        if (first === undefined) said.add("ui");
        else if (isNode(first) && first.type === "ArrayExpression") {
          for (const one of first.elements as unknown[]) said.add(literal(one) ?? "");
        } else said.add(literal(first) ?? "");
      }
      if (called === "t") for (const key of keysOf(first)) uses.push({ file, key, namespaces: [] });
    }
    // A key may be handed on: `text: "nav.account"` is shown by whoever draws the navigation.
    if (node.type === "Property" && isNode(node.key) && node.key.name === "text") {
      const key = literal(node.value);
      if (key !== undefined && /^\w+(\.\w+)+$/.test(key)) uses.push({ file, key, namespaces: ["ui"] });
    }
    if (node.type === "JSXText" && !NAMES.test(String(node.value).trim())) literals.push(String(node.value).trim());
    if (node.type === "JSXAttribute" && isNode(node.name) && READ.has(String(node.name.name))) {
      const value = literal(node.value);
      if (value !== undefined && !NAMES.test(value)) literals.push(value);
    }
  });
  for (const use of uses) if (use.namespaces.length === 0) use.namespaces = [...said];
  return { uses, literals };
}

const files = sources(SOURCE).map((file) => ({ file, ...read(file) }));

/** `explain.ts` is handed its `t` by others. */
const HANDED: Record<string, string[]> = { "explain.ts": ["problems"] };

const uses: Use[] = files.flatMap((one) =>
  one.uses.map((use) => {
    const handed = HANDED[one.file.split("/").at(-1) ?? ""];
    return handed === undefined ? use : { ...use, namespaces: handed };
  }),
);

function resolve(use: Use): { namespace: string; key: string }[] {
  const at = use.key.indexOf(":");
  if (at > 0) return [{ namespace: use.key.slice(0, at), key: use.key.slice(at + 1) }];
  return use.namespaces.map((namespace) => ({ namespace, key: use.key }));
}

describe.each(namespaces)("the words of %s", (namespace) => {
  const [en, ru] = [words("en", namespace), words("ru", namespace)];

  it("are the same in both languages", () => {
    const families = (of: Map<string, string>) => [...new Set([...of.keys()].map(family))].toSorted();
    expect(families(ru)).toEqual(families(en));
  });

  it.each(LANGUAGES)("have every plural form of %s and no other", (language) => {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    const own = language === "en" ? en : ru;
    const counted = [...own.keys()].filter((key) => PLURAL.test(key)).map(family);
    for (const key of new Set(counted)) {
      const there = [...own.keys()].filter((one) => family(one) === key).map((one) => PLURAL.exec(one)?.[1]);
      expect(there.toSorted(), key).toEqual([...forms].toSorted());
    }
  });

  it("fill in the same things in both languages", () => {
    for (const [key, text] of en) {
      const other = ru.get(key) ?? ru.get(`${family(key)}_other`) ?? "";
      expect(places(other), key).toEqual(places(text));
    }
  });

  it("say something, and differ between the languages", () => {
    for (const [key, text] of [...en, ...ru]) expect(text.trim(), key).not.toBe("");
    const copied = [...en].filter(([key, text]) => ru.get(key) === text && /[a-z]{4}/i.test(text));
    // Names, and forms that are nothing but what is filled in.
    expect(copied.filter(([, text]) => !/^(\{\{\w+\}\}|API|DistilBERT)/.test(text))).toEqual([]);
  });

  it("are Russian where they should be", () => {
    for (const [key, text] of ru) {
      const bare = text.replace(/\{\{\w+\}\}/g, "");
      if (/[a-z]{4}/i.test(bare)) expect(bare, key).toMatch(/[а-яё]|^API$/i);
    }
    for (const [key, text] of en) expect(text, key).not.toMatch(/[а-яё]/i);
  });

  it("are all used", () => {
    const patterns = uses.flatMap(resolve).filter((use) => use.namespace === namespace);
    const unused = [...new Set([...en.keys()].map(family))].filter(
      (key) => !patterns.some((use) => matches(use.key, key)),
    );
    expect(unused).toEqual([]);
  });
});

describe("the code", () => {
  it("uses no word that is missing", () => {
    const all = new Map(namespaces.map((one) => [one, [...words("en", one).keys()].map(family)]));
    const missing = uses.filter(
      (use) => !resolve(use).some(({ namespace, key }) => all.get(namespace)?.some((one) => matches(key, one))),
    );
    expect(missing.map((use) => `${use.file}: ${use.key}`)).toEqual([]);
  });

  it("has no text in its pages", () => {
    const found = files.flatMap(({ file, literals }) => literals.map((text) => `${file}: ${text}`));
    expect(found).toEqual([]);
  });

  it("would be caught if it had", () => {
    const wrong = "<p title=\"Hello there\">Good morning {name}</p>";
    const seen: string[] = [];
    walk(parseSync("wrong.tsx", `export const a = ${wrong};`).program as unknown as Node, (node) => {
      if (node.type === "JSXText" && !NAMES.test(String(node.value).trim())) seen.push("text");
      if (node.type === "JSXAttribute" && literal(node.value) === "Hello there") seen.push("attribute");
    });
    expect(seen.toSorted()).toEqual(["attribute", "text"]);
  });
});
