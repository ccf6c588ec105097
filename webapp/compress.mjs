// Lays a compressed copy beside every built file that gets smaller by it, once for all requests.
//   node webapp/compress.mjs web/dist

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const WORTHWHILE = /\.(css|html|js|json|map|svg|txt|wasm|webmanifest)$/;

function* filesIn(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith(".")) continue;
    if (entry.isDirectory()) yield* filesIn(path);
    else if (WORTHWHILE.test(entry.name)) yield path;
  }
}

const folder = process.argv[2];
if (folder === undefined) throw new Error("name the folder");
let [plain, packed] = [0, 0];
for (const path of filesIn(folder)) {
  const bytes = readFileSync(path);
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  const brotli = brotliCompressSync(bytes, { params });
  const gzip = gzipSync(bytes, { level: 9 });
  if (brotli.length < bytes.length) writeFileSync(`${path}.br`, brotli);
  if (gzip.length < bytes.length) writeFileSync(`${path}.gz`, gzip);
  plain += bytes.length;
  packed += Math.min(brotli.length, bytes.length);
}
console.log(`    ${plain} bytes, ${packed} compressed`);
