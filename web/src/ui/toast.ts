// Short words about what was just done; callable from anywhere.

export type Toast = { id: number; tone: "good" | "bad" | "plain"; text: string };

type Listener = () => void;

const SHOWN_MS = 6_000;
const MOST = 3;

let toasts: readonly Toast[] = [];
let next = 1;
const listeners = new Set<Listener>();

function become(now: readonly Toast[]): void {
  toasts = now;
  for (const listener of listeners) listener();
}

export function dismiss(id: number): void {
  become(toasts.filter((toast) => toast.id !== id));
}

/** What went wrong stays until it is dismissed; the rest goes by itself. */
export function toast(text: string, tone: Toast["tone"] = "good"): void {
  const id = next;
  next += 1;
  become([...toasts.slice(-(MOST - 1)), { id, tone, text }]);
  if (tone !== "bad") setTimeout(() => dismiss(id), SHOWN_MS);
}

export const shownToasts = (): readonly Toast[] => toasts;

export function onToasts(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
