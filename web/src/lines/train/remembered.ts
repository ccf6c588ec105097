// The upload that is under way, so that it can be gone on with after a reload.

export type Remembered = { upload: string; name: string; bytes: number; print: string };

const keyOf = (user: string) => `trainnet.upload.${user}`;

export function readRemembered(kept: string | null): Remembered | undefined {
  try {
    const said = JSON.parse(kept ?? "null");
    const fits =
      typeof said?.upload === "string" &&
      typeof said.name === "string" &&
      typeof said.print === "string" &&
      Number.isSafeInteger(said.bytes);
    return fits ? { upload: said.upload, name: said.name, bytes: said.bytes, print: said.print } : undefined;
  } catch {
    return undefined;
  }
}

export function remembered(user: string): Remembered | undefined {
  try {
    return readRemembered(localStorage.getItem(keyOf(user)));
  } catch {
    return undefined;
  }
}

/** A name and an identity, and none of what is in the file. */
export function remember(user: string, upload: Remembered | undefined): void {
  try {
    if (upload === undefined) localStorage.removeItem(keyOf(user));
    else localStorage.setItem(keyOf(user), JSON.stringify(upload));
  } catch {
    // Then it cannot be gone on with after a reload.
  }
}
