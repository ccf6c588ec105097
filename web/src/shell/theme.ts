// Light or dark: as the system has it, unless somebody chose. `src/boot.js` applies it before paint.

export type Theme = "light" | "dark" | "system";

const KEY = "trainnet.theme";
type Listener = () => void;
const listeners = new Set<Listener>();

function told(): void {
  for (const listener of listeners) listener();
}

export function theme(): Theme {
  const chosen = document.documentElement.dataset.theme;
  return chosen === "light" || chosen === "dark" ? chosen : "system";
}

function apply(chosen: Theme): void {
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
  told();
}

export function setTheme(chosen: Theme): void {
  try {
    if (chosen === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, chosen);
  } catch {
    // Then it holds for this page.
  }
  apply(chosen);
}

/** Called when the colours are others, by choice, in another tab, or because the sun went down. */
export function onTheme(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

if (typeof window !== "undefined") {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", told);
  window.addEventListener("storage", (event) => {
    if (event.key !== KEY) return;
    apply(event.newValue === "light" || event.newValue === "dark" ? event.newValue : "system");
  });
}
