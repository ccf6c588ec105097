// How the app is built, and how it is served while it is written.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin, Rolldown } from "vite";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const LANGUAGES = ["en", "ru"];
/** Where strangers come in, and what is shown there; elsewhere somebody is signed in. */
const FIRST: Record<string, [module: string, words: string]> = {
  "/": ["src/pages/Landing.tsx", "landing"],
  "/sign-in": ["src/lines/users/SignIn.tsx", "users"],
  "/sign-up": ["src/lines/users/SignUp.tsx", "users"],
  "/confirm": ["src/lines/users/Confirm.tsx", "users"],
  "/recover": ["src/lines/users/Recover.tsx", "users"],
};
const NOTHING = { always: { en: [], ru: [] }, pages: {}, door: { en: [], ru: [] } };

type Bundle = Rolldown.OutputBundle;

/** The file of a module with all that it imports, but for what every page has already. */
function filesOf(bundle: Bundle, module: string): string[] {
  const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
  const own = chunks.find((chunk) => chunk.facadeModuleId === here(`./${module}`));
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

function first(bundle: Bundle) {
  const words = (language: string, name: string) =>
    filesOf(bundle, `src/i18n/${language}/${name}.json`);
  const font = (alphabet: string) => {
    const files = Object.keys(bundle).filter((name) => name.includes(`inter-${alphabet}-wght`));
    return files.map((name) => `/${name}`);
  };
  const each = (files: (language: string) => string[]) =>
    Object.fromEntries(LANGUAGES.map((language) => [language, files(language)]));
  const fonts = (language: string) =>
    language === "ru" ? [...font("latin"), ...font("cyrillic")] : font("latin");
  return {
    always: each((language) => [
      ...words(language, "ui"),
      ...words(language, "problems"),
      ...fonts(language),
    ]),
    pages: Object.fromEntries(
      Object.entries(FIRST).map(([path, [module, name]]) => [
        path,
        each((language) => [...filesOf(bundle, module), ...words(language, name)]),
      ]),
    ),
    door: each(() => filesOf(bundle, "src/shell/AppShell.tsx")),
  };
}

/**
 * Puts the script that sets the theme before the first paint into the page as a file of its own:
 * the policy of the server allows no script inside the page, and a module would come too late. It
 * also begins to fetch what the page at this address needs.
 */
function bootScript(): Plugin {
  const source = (files: object) =>
    readFileSync(here("./src/boot.js"), "utf8").replace("__FIRST__", JSON.stringify(files));
  let src = "/boot.js";
  return {
    name: "trainnet-boot",
    generateBundle(_, bundle) {
      const text = source(first(bundle));
      const digest = createHash("sha256").update(text).digest("hex").slice(0, 10);
      this.emitFile({ type: "asset", fileName: `assets/boot-${digest}.js`, source: text });
      src = `/assets/boot-${digest}.js`;
    },
    configureServer(server) {
      server.middlewares.use("/boot.js", (_, response) => {
        response.setHeader("content-type", "text/javascript");
        response.end(source(NOTHING));
      });
    },
    transformIndexHtml: {
      order: "post",
      handler: () => [{ tag: "script", attrs: { src }, injectTo: "head-prepend" }],
    },
  };
}

/** What every page needs; what only some need stays with them. */
const EVERYWHERE = new RegExp(
  [
    "node_modules/(react|react-dom|scheduler|react-router|i18next|react-i18next|void-elements",
    "|html-parse-stringify|use-sync-external-store|clsx|openapi-fetch",
    "|@tanstack/(query-core|react-query)|lucide-react/dist/esm/[^/]+\\.(m?js|ts))/",
    "|vite/(preload-helper|modulepreload)",
    "|src/(api/(?!schema|live|hooks|idempotency)|i18n/index|lines/[^/]+\\.ts|lines/[^/]+/index",
    "|session/(session|Door|SessionKeeper)|shell/(?!AppShell|AccountMenu|LanguageMenu|ThemeMenu|Preferences)",
    "|pages/NotFound|routes",
    "|ui/(Button|EmptyState|ErrorState|LazyMenu|Page|Skeleton|Toasts|cx|explain|toast|useExplain))",
  ].join(""),
);

/** As `api/src/web/policy.rs` says it, so that what was built is looked at as it will be served. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
  "font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const server = process.env.TRAINNET_SERVER ?? "http://127.0.0.1:8080";
const wantsPage = (accept: string | undefined) => accept?.includes("text/html") ?? false;

/** The server's paths; a page of ours may lie at the same one, as `/train` does. */
const proxied = Object.fromEntries(
  [
    "/v1",
    "/openapi.json",
    "/docs",
    "/dev",
    "/files",
    "/tasks",
    "/train",
    "/models/.*/download",
    "/healthz",
    "/.well-known",
  ].map((path) => [
    path.includes("*") ? `^${path}` : path,
    {
      target: server,
      ws: path === "/v1",
      bypass: (request: { headers: { accept?: string }; url?: string }) =>
        path === "/train" && wantsPage(request.headers.accept) ? request.url : undefined,
    },
  ]),
);

export default defineConfig({
  plugins: [react(), tailwindcss(), bootScript()],
  resolve: {
    alias: {
      "@": here("./src"),
      // It writes style elements into the page, which the server's policy refuses; the page is kept
      // from scrolling behind a dialog by `src/ui/stayPut.ts`.
      "react-remove-scroll": here("./src/ui/unlocked.tsx"),
    },
  },
  server: { host: "127.0.0.1", port: 5170, proxy: proxied },
  preview: { host: "127.0.0.1", port: 5171, proxy: proxied, headers: { "content-security-policy": POLICY } },
  build: {
    target: "es2022",
    cssTarget: ["chrome123", "safari17.5", "firefox128"],
    manifest: true,
    // A file inside the style sheet would need `data:` in the policy.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // What every page needs comes in one piece: thirty small ones take longer than their bytes.
        codeSplitting: { groups: [{ name: "app", test: EVERYWHERE }] },
      },
    },
  },
  test: { include: ["tests/**/*.test.ts", "tests/**/*.test.tsx"], environment: "node" },
});
