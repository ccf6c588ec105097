// How the app is built, and how it is served while it is written.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * Puts the script that sets the theme before the first paint into the page as a file of its own:
 * the policy of the server allows no script inside the page, and a module would come too late.
 */
function bootScript(): Plugin {
  const source = () => readFileSync(here("./src/boot.js"), "utf8");
  let building = false;
  return {
    name: "trainnet-boot",
    configResolved(config) {
      building = config.command === "build";
    },
    buildStart() {
      if (!building) return;
      this.emitFile({ type: "asset", name: "boot.js", source: source() });
    },
    configureServer(server) {
      server.middlewares.use("/boot.js", (_, response) => {
        response.setHeader("content-type", "text/javascript");
        response.end(source());
      });
    },
    transformIndexHtml: {
      order: "post",
      handler(_, { bundle }) {
        const made = Object.values(bundle ?? {}).find(
          (file) => file.type === "asset" && file.names.includes("boot.js"),
        );
        const src = made === undefined ? "/boot.js" : `/${made.fileName}`;
        return [{ tag: "script", attrs: { src }, injectTo: "head-prepend" }];
      },
    },
  };
}

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
  },
  test: { include: ["tests/**/*.test.ts", "tests/**/*.test.tsx"], environment: "node" },
});
