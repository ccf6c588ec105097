// A page that is fetched when somebody goes there, with its words; and whether one is on its way.

import { type ComponentType, type LazyExoticComponent, lazy } from "react";
import { patiently } from "@/api/patiently";
import { loadWords, type Namespace } from "@/i18n";

type PageModule = { default: ComponentType };
export type LazyPage = LazyExoticComponent<ComponentType>;

let loading = 0;
const listeners = new Set<() => void>();

function count(by: number): void {
  loading += by;
  for (const listener of listeners) listener();
}

export const isLoading = (): boolean => loading > 0;

export function onLoading(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** For a route's `lazy`: the page and the words of its slices come at the same time. */
export function page(load: () => Promise<PageModule>, ...words: Namespace[]): LazyPage {
  return lazy(async () => {
    count(1);
    try {
      const [module] = await Promise.all([patiently(load), loadWords(...words)]);
      return module;
    } finally {
      count(-1);
    }
  });
}
