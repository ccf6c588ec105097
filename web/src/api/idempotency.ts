// Keys by which the server does once what somebody asked for once, however often it was sent.

/** Random enough, and also there where a page came without TLS and `randomUUID` is missing. */
export function freshKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The key of one action of a person. It stays the same while nobody knows whether the action was
 * done; what was answered, or asks for something else, is another action with another key.
 */
export class ActionKey {
  #key: string | undefined;
  #asked: string | undefined;

  for(asked: unknown): string {
    const text = JSON.stringify(asked) ?? "";
    if (this.#key === undefined || this.#asked !== text) {
      this.#key = freshKey();
      this.#asked = text;
    }
    return this.#key;
  }

  settled(): void {
    this.#key = undefined;
    this.#asked = undefined;
  }
}
