// SHA-256 and Ed25519: the browser's own where it has them, and a small audited library elsewhere.

const subtle = (): SubtleCrypto | undefined => globalThis.crypto?.subtle;

/** Where a page came without TLS, the browser keeps its own cryptography to itself. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const own = subtle();
  if (own !== undefined) return new Uint8Array(await own.digest("SHA-256", bytes));
  const { sha256 } = await import("@noble/hashes/sha2.js");
  return new Uint8Array(sha256(bytes));
}

async function byBrowser(
  key: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
): Promise<boolean | undefined> {
  const own = subtle();
  if (own === undefined) return undefined;
  let imported: CryptoKey;
  try {
    imported = await own.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    // It does not know Ed25519, or the key is none: the library finds out which.
    return undefined;
  }
  return await own.verify({ name: "Ed25519" }, imported, signature, message);
}

/** Without the browser's cryptography; also a way to hold one against the other. */
export async function byLibrary(
  key: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const [ed25519, { sha512 }] = await Promise.all([
    import("@noble/ed25519"),
    import("@noble/hashes/sha2.js"),
  ]);
  ed25519.hashes.sha512 = sha512;
  try {
    return ed25519.verify(signature, message, key, { zip215: false });
  } catch {
    return false;
  }
}

export async function signedBy(
  key: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  if (key.length !== 32 || signature.length !== 64) return false;
  return (await byBrowser(key, message, signature)) ?? (await byLibrary(key, message, signature));
}
