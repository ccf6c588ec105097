// Sends one part of a file, and says how much of it has gone: `fetch` does not tell that.

import { CSRF_HEADER, csrf } from "@/api/cookies";
import { ProblemError, unreachable } from "@/api/problem";
import { sha256 } from "@/lines/payments/crypto";
import { toHex } from "@/lines/payments/chain";

export type PartSent = { onProgress: (bytes: number) => void; signal: AbortSignal };

/** Reading more than this to prove it again costs more than it brings. */
const PROVEN_BYTES_MAX = 64 * 1024 * 1024;

function problemIn(request: XMLHttpRequest): ProblemError {
  const retry = Number(request.getResponseHeader("retry-after") ?? Number.NaN);
  const after = Number.isFinite(retry) ? retry : undefined;
  try {
    const said = JSON.parse(request.responseText);
    if (typeof said?.code === "string") return new ProblemError({ ...said, status: request.status }, after);
  } catch {
    // What follows says as much as is known.
  }
  return new ProblemError({ status: request.status, code: "garbled" }, after);
}

export async function sendPart(
  upload: string,
  number: number,
  part: Blob,
  { onProgress, signal }: PartSent,
): Promise<void> {
  const digest =
    part.size <= PROVEN_BYTES_MAX ? toHex(await sha256(new Uint8Array(await part.arrayBuffer()))) : undefined;
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open("PUT", `/v1/uploads/${encodeURIComponent(upload)}/parts/${number}`);
    request.setRequestHeader("content-type", "application/octet-stream");
    const token = csrf();
    if (token !== undefined) request.setRequestHeader(CSRF_HEADER, token);
    if (digest !== undefined) request.setRequestHeader("x-part-sha256", digest);
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded));
    request.addEventListener("load", () => {
      if (request.status >= 200 && request.status < 300) resolve();
      else reject(problemIn(request));
    });
    request.addEventListener("error", () => reject(unreachable(undefined)));
    request.addEventListener("abort", () => reject(signal.reason));
    request.addEventListener("loadend", () => signal.removeEventListener("abort", abort));
    signal.addEventListener("abort", abort);
    request.send(part);
  });
}
