// What the tabs of one browser tell each other.

export type Told =
  | { type: "signed-in"; user: string }
  | { type: "signed-out" }
  | { type: "position"; position: number };

type Listener = (told: Told) => void;

const listeners = new Set<Listener>();
const channel =
  typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("trainnet");

channel?.addEventListener("message", (event: MessageEvent<Told>) => {
  for (const listener of listeners) listener(event.data);
});

/** Tells the other tabs; this one knows already. */
export function tell(told: Told): void {
  channel?.postMessage(told);
}

export function listen(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
