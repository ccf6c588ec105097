// What the page at an address needs first, for `src/boot.js` to begin to fetch before the app starts.

import { fileURLToPath } from "node:url";
import type { Rolldown } from "vite";

type Bundle = Rolldown.OutputBundle;

type Need = {
  /** Its own module; what every page needs comes anyway. */
  module: string;
  words: string[];
  /** What it asks the server for at once, as it asks for it. */
  asks?: string[];
};

const LANGUAGES = ["en", "ru"];

/** Where strangers come in. */
const PUBLIC: Record<string, Need> = {
  "/": { module: "src/pages/Landing.tsx", words: ["landing"], asks: ["/v1/cards"] },
  "/sign-in": { module: "src/lines/users/SignIn.tsx", words: ["users"] },
  "/sign-up": { module: "src/lines/users/SignUp.tsx", words: ["users"] },
  "/confirm": { module: "src/lines/users/Confirm.tsx", words: ["users"] },
  "/recover": { module: "src/lines/users/Recover.tsx", words: ["users"] },
};

/** Where somebody is signed in. */
const BEHIND: Record<string, Need> = {
  "/train": { module: "src/lines/train/Train.tsx", words: ["train"], asks: ["/v1/cards"] },
  "/jobs": { module: "src/lines/jobs/Jobs.tsx", words: ["jobs", "train"] },
  "/models": { module: "src/lines/models/Models.tsx", words: ["models", "jobs", "train"] },
  "/wallet": {
    module: "src/lines/payments/Wallet.tsx",
    words: ["payments"],
    asks: ["/v1/wallet", "/v1/wallet/statement?limit=200"],
  },
  "/workers": { module: "src/lines/servers/Workers.tsx", words: ["servers", "train"] },
};

const SHELL = "src/shell/AppShell.tsx";

const absolute = (module: string) => fileURLToPath(new URL(`../${module}`, import.meta.url));

/** The file of a module with all that it imports, but for what every page has already. */
function filesOf(bundle: Bundle, module: string): string[] {
  const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
  const own = chunks.find((chunk) => chunk.facadeModuleId === absolute(module));
  if (own === undefined) throw new Error(`nothing was built of ${module}`);
  const had = new Set<string>();
  const gather = (name: string, into: Set<string>) => {
    const chunk = bundle[name];
    if (chunk?.type !== "chunk" || into.has(name) || had.has(name)) return;
    into.add(name);
    for (const inner of chunk.imports) gather(inner, into);
  };
  for (const chunk of chunks) if (chunk.isEntry) gather(chunk.fileName, had);
  const found = new Set<string>();
  gather(own.fileName, found);
  return [...found].map((name) => `/${name}`);
}

const each = (files: (language: string) => string[]) =>
  Object.fromEntries(LANGUAGES.map((language) => [language, [...new Set(files(language))]]));

export function first(bundle: Bundle) {
  const words = (language: string, name: string) => filesOf(bundle, `src/i18n/${language}/${name}.json`);
  const font = (alphabet: string) => {
    const files = Object.keys(bundle).filter((name) => name.includes(`inter-${alphabet}-`));
    return files.map((name) => `/${name}`);
  };
  const fonts = (language: string) =>
    language === "ru" ? [...font("latin"), ...font("cyrillic")] : font("latin");
  const pages = (needs: Record<string, Need>, behind: boolean) =>
    Object.entries(needs).map(([path, { module, words: named, asks = [] }]) => [
      path,
      {
        behind,
        asks,
        files: each((language) => [
          ...(behind ? filesOf(bundle, SHELL) : []),
          ...filesOf(bundle, module),
          ...named.flatMap((name) => words(language, name)),
        ]),
      },
    ]);
  return {
    always: each((language) => [
      ...words(language, "ui"),
      ...words(language, "problems"),
      ...fonts(language),
    ]),
    pages: Object.fromEntries([...pages(PUBLIC, false), ...pages(BEHIND, true)]),
    door: { behind: true, asks: [], files: each(() => filesOf(bundle, SHELL)) },
  };
}

/** While it is written, everything comes when it is asked for. */
export const NOTHING_FIRST = {
  always: { en: [], ru: [] },
  pages: Object.fromEntries(
    Object.keys(PUBLIC).map((path) => [path, { behind: false, asks: [], files: { en: [], ru: [] } }]),
  ),
  door: { behind: true, asks: [], files: { en: [], ru: [] } },
};
