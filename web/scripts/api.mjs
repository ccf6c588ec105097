// Writes src/api/schema.ts from the server's own description of its API, or says that it is stale.
//   npm run api -- FILE|URL      npm run api:check -- FILE|URL

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [command, ...rest] = process.argv.slice(2);
const source = rest[0] ?? "http://127.0.0.1:8080/openapi.json";
const target = here("../src/api/schema.ts");
const tools = here("../api-types");

if (command !== "write" && command !== "check") throw new Error("write or check");
if (!existsSync(join(tools, "node_modules"))) {
  execFileSync("npm", ["ci", "--silent"], { cwd: tools, stdio: "inherit" });
}

const described = source.startsWith("http")
  ? await (await fetch(source)).text()
  : readFileSync(source, "utf8");
const folder = mkdtempSync(join(tmpdir(), "trainnet-api-"));
try {
  const file = join(folder, "openapi.json");
  const made = join(folder, "schema.ts");
  writeFileSync(file, described);
  execFileSync(
    process.execPath,
    [join(tools, "node_modules/openapi-typescript/bin/cli.js"), file, "-o", made, "--root-types", "--root-types-no-schema-prefix", "--alphabetize"],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  const fresh = readFileSync(made, "utf8");
  if (command === "write") {
    writeFileSync(target, fresh);
  } else if (!existsSync(target) || readFileSync(target, "utf8") !== fresh) {
    console.error("web/src/api/schema.ts is not what the API is now: run `npm run api -- FILE`.");
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}
