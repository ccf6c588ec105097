// The one cookie that a script may read: it proves that a request was made by a page of ours.

export const CSRF_HEADER = "Trainnet-Csrf";
const NAMES = ["__Host-trainnet_csrf", "trainnet_csrf"];

export function csrfIn(cookies: string): string | undefined {
  const pairs = new Map<string, string>();
  for (const part of cookies.split(";")) {
    const at = part.indexOf("=");
    if (at > 0) pairs.set(part.slice(0, at).trim(), part.slice(at + 1).trim());
  }
  for (const name of NAMES) {
    const value = pairs.get(name);
    if (value) return value;
  }
  return undefined;
}

export const csrf = (): string | undefined =>
  typeof document === "undefined" ? undefined : csrfIn(document.cookie);
