// How the app is built, and how it is served while it is written.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { first, NOTHING_FIRST } from "./build/first.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

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
        response.end(source(NOTHING_FIRST));
      });
    },
    transformIndexHtml: {
      order: "post",
      handler: (html) => ({
        // The frame that stands in the page is painted before the app has come, however slow it is.
        html: html.replaceAll(/<(script type="module"|link rel="modulepreload")/g, '<$1 fetchpriority="low"'),
        tags: [{ tag: "script", attrs: { src }, injectTo: "head-prepend" }],
      }),
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

/** What most pages are made of; what only opens, draws or sorts comes when that is wanted. */
const KIT = /src\/(ui\/(?!Menu|Dialog|Chart|Table|Tabs|Tooltip)|api\/(hooks|idempotency))|lucide-react\/dist\/esm\/icons/;

/** What is typed into and held to rules. */
const FORMS = /node_modules\/(zod|react-hook-form|@hookform)\/|src\/lines\/users\/(Entrance|SignInForm|schemas)/;

/** Small things that several pages of a slice share, and other slices besides. */
const SHARED = /src\/lines\/\w+\/(names|queries|use\w+Words|JobStatus|PaymentStatus)\.tsx?$/;

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
        codeSplitting: {
          groups: [
            { name: "app", test: EVERYWHERE, priority: 2 },
            { name: "kit", test: KIT, minShareCount: 2, priority: 1 },
            { name: "forms", test: FORMS, minShareCount: 2 },
            { name: "shared", test: SHARED, minShareCount: 2 },
          ],
        },
      },
    },
  },
  test: { include: ["tests/**/*.test.ts", "tests/**/*.test.tsx"], environment: "node" },
});
