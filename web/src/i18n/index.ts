// The words of the app in two languages; each slice's words come with its pages.

import i18next, { type BackendModule } from "i18next";
import { initReactI18next } from "react-i18next";
import { patiently } from "@/api/patiently";

export const LANGUAGES = ["en", "ru"] as const;
export type Language = (typeof LANGUAGES)[number];
export type Namespace = "ui" | "problems" | (string & {});

const KEY = "trainnet.language";
const files = import.meta.glob<Record<string, unknown>>("./*/*.json", { import: "default" });

const backend: BackendModule = {
  type: "backend",
  init: () => {},
  read: (language, namespace, done) => {
    const file = files[`./${language}/${namespace}.json`];
    if (file === undefined) {
      done(new Error(`no words: ${language}/${namespace}`), false);
      return;
    }
    patiently(file).then(
      (words) => done(null, words),
      (error: unknown) => done(error as Error, false),
    );
  },
};

const isLanguage = (text: string): text is Language => text === "en" || text === "ru";

/** `src/boot.js` has looked already which it should be. */
function first(): Language {
  const said = document.documentElement.lang;
  return isLanguage(said) ? said : "en";
}

let started: Promise<unknown> | undefined;

export async function startTexts(): Promise<void> {
  started ??= i18next
    .use(backend)
    .use(initReactI18next)
    .init({
      lng: first(),
      fallbackLng: false,
      supportedLngs: LANGUAGES,
      ns: ["ui", "problems"],
      defaultNS: "ui",
      interpolation: { escapeValue: false },
      react: { useSuspense: true },
    });
  await started;
}

export const language = (): Language => (isLanguage(i18next.language) ? i18next.language : "en");

export async function setLanguage(chosen: Language): Promise<void> {
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // Then it holds for this page.
  }
  await i18next.changeLanguage(chosen);
  document.documentElement.lang = chosen;
}

/** Whether somebody chose on this device; if not, the account's language may decide. */
export function languageChosen(): boolean {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return false;
  }
}

export async function loadWords(...namespaces: Namespace[]): Promise<void> {
  await startTexts();
  await i18next.loadNamespaces(namespaces);
  const missing = namespaces.find((namespace) => !i18next.hasLoadedNamespace(namespace));
  // A page of keys helps nobody.
  if (missing !== undefined) throw new TypeError("importing a module of words failed");
}

if (typeof window !== "undefined") {
  window.addEventListener("storage", (event) => {
    if (event.key === KEY && event.newValue !== null && isLanguage(event.newValue)) {
      void setLanguage(event.newValue);
    }
  });
}
